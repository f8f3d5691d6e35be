"""The design system in a real browser: within the content policy, accessible, by keyboard, and on a small screen."""

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.core_ui.urls"),
]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def chrome():
    from playwright.sync_api import sync_playwright

    from tests.conftest import chromium

    # Playwright's loop runs in this thread, where Django would refuse the ORM.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chrome, live_server, cast, settings):
    """Opens a path signed in; the page collects what the browser complains about in `complaints`."""
    name = settings.SESSION_COOKIE_NAME
    cookie = cast.client("analyst").cookies[name].value
    contexts = []

    def opener(path, *, width=1280, scheme="light", javascript=True):
        context = chrome.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=javascript
        )
        context.add_cookies([{"name": name, "value": cookie, "url": live_server.url}])
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on(
            "console",
            lambda line: page.complaints.append(line.text) if line.type in {"error", "warning"} else None,
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(live_server.url + path)
        if javascript:
            page.wait_for_load_state("networkidle")
        return page

    yield opener
    for context in contexts:
        context.close()


def violations(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (item["id"], [node["target"] for node in item["nodes"]])
        for item in found
        if item["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 320])
@pytest.mark.parametrize("path", ["/styleguide/", "/styleguide/list/"])
def test_pages_are_clean_accessible_and_as_wide_as_the_screen(open_page, path, width, scheme):
    page = open_page(path, width=width, scheme=scheme)
    assert page.complaints == []
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_chart_is_drawn_and_drawn_again_in_the_other_colours(open_page):
    page = open_page("/styleguide/")
    charts = page.locator(".cx-chart")
    assert charts.count() == page.locator(".cx-chart-canvas svg").count() > 4
    before = page.locator(".cx-chart-canvas svg").first.inner_html()
    page.evaluate("document.querySelector('[data-theme-toggle]').click()")
    assert page.locator(".cx-chart-canvas svg").first.inner_html() != before
    assert page.complaints == []


def test_a_chart_explains_a_point_without_html(open_page):
    page = open_page("/styleguide/")
    chart = page.locator(".cx-chart-canvas").first
    chart.scroll_into_view_if_needed()
    before = chart.locator("svg text").count()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function(
        "n => document.querySelectorAll('.cx-chart-canvas svg')[0].querySelectorAll('text').length > n",
        arg=before,
    )
    assert chart.locator("div div").count() <= 1  # the library's own box; a tooltip of HTML would be another
    assert page.complaints == []


def test_the_chosen_colours_stay_on_the_next_page(open_page):
    page = open_page("/styleguide/")
    page.locator(".cx-user > summary").click()
    page.locator("[data-theme-toggle]").click()
    page.goto(page.url + "list/")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_the_keyboard_reaches_search_help_and_back(open_page):
    page = open_page("/styleguide/list/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "id_q"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#help").is_hidden()


def test_a_tip_opens_on_focus_and_escape_closes_it(open_page):
    page = open_page("/styleguide/")
    tip = page.locator(".cx-tip-help").first
    tip.focus()
    assert tip.locator("[role=tooltip]").is_visible()
    page.keyboard.press("Escape")
    assert tip.locator("[role=tooltip]").is_hidden()


def test_typing_filters_the_list_and_the_address_stays_short(open_page):
    page = open_page("/styleguide/list/")
    page.locator("#id_q").fill("ana")
    page.wait_for_url("**/styleguide/list/?q=ana")
    page.wait_for_function("document.querySelectorAll('#list tbody tr').length === 4")
    assert page.evaluate("document.activeElement.id") == "id_q"
    page.locator("thead a", has_text="Goodwill").click()
    page.wait_for_selector("th[aria-sort]:has-text('Goodwill')")
    assert "q=ana&sort=goodwill" in page.url
    page.locator("#id_q").fill("")
    page.wait_for_url("**/styleguide/list/?sort=goodwill")
    page.go_back()
    page.wait_for_url("**q=ana**")
    page.locator("#list tbody tr").nth(3).wait_for()
    assert page.locator("#list tbody tr").count() == 4
    assert page.complaints == []


def test_selected_rows_bring_up_the_bulk_bar(open_page):
    page = open_page("/styleguide/list/")
    assert page.locator("[data-bulk-bar]").is_hidden()
    page.locator("[data-select-all]").check()
    assert "8 selected" in page.locator("[data-bulk-bar]").inner_text()
    page.locator("[data-bulk-bar] button").click()
    page.wait_for_selector(".cx-message-success")
    assert "0, 1, 2" in page.locator(".cx-message-success").inner_text()


def test_a_failed_form_keeps_what_was_typed_and_takes_the_focus(open_page):
    page = open_page("/styleguide/")
    page.evaluate(
        "document.querySelectorAll('[required]').forEach((field) => field.removeAttribute('required'))"
    )
    page.locator("#id_text").fill("The parcel was wet.")
    page.locator("#sample-form button[type=submit]").click()
    page.wait_for_selector(".cx-errors")
    assert page.evaluate("document.activeElement.className") == "cx-errors"
    assert page.locator("#id_text").input_value() == "The parcel was wet."
    page.locator(".cx-errors a").first.click()
    assert page.evaluate("document.activeElement.id") == "id_title"


def test_a_draft_survives_leaving_the_page(open_page):
    page = open_page("/styleguide/")
    page.locator("#id_text").fill("Half a thought")
    page.goto(page.url + "list/")
    page.go_back()
    page.reload()
    assert page.locator("#id_text").input_value() == "Half a thought"


def test_a_draft_outlives_a_refusal_and_goes_once_it_arrived(open_page):
    page = open_page("/styleguide/")
    kept = "Object.keys(sessionStorage).filter((key) => key.startsWith('cx-draft:')).length"
    # A copy without hx-post is a plain form: htmx does not know it.
    plain = "form => { form.removeAttribute('hx-post'); form.replaceWith(form.cloneNode(true)); }"
    page.locator("#sample-form").evaluate(plain)
    page.locator("#id_title").fill("A title")
    assert page.evaluate(kept) == 1
    page.locator("#sample-form").evaluate("form => { form.action = '/nowhere/'; }")
    page.locator("#sample-form button[type=submit]").click()
    page.locator("body.cx-refused").wait_for()
    assert page.evaluate(kept) == 1
    page.goto(page.url.replace("/nowhere/", "/styleguide/"))
    assert page.locator("#id_title").input_value() == "A title"
    page.locator("#sample-form").evaluate(plain)
    page.locator("#sample-form button[type=submit]").click()
    page.wait_for_load_state()
    assert page.evaluate(kept) == 0


def test_a_refusal_of_htmx_shows_its_reason(open_page):
    page = open_page("/styleguide/")
    page.locator("#id_title").fill("A title")
    page.evaluate("document.getElementById('sample-form').setAttribute('hx-post', '/nowhere/')")
    page.evaluate("htmx.process(document.body)")
    page.locator("#sample-form button[type=submit]").click()
    page.locator("#messages .cx-message-error").wait_for()
    assert "moved or been removed" in page.locator("#messages").inner_text()
    assert page.locator("#id_title").input_value() == "A title"


def test_everything_works_without_javascript(open_page):
    page = open_page("/styleguide/list/", javascript=False)
    page.locator("#id_q").fill("ana")
    page.locator("#filters button[type=submit]").click()
    assert page.locator("#list tbody tr").count() == 4
    page.locator("[name=ids]").first.check()
    page.locator("[data-bulk-bar] button").click()
    assert page.locator(".cx-message-success").count() == 1


def test_on_a_phone_the_navigation_is_at_the_thumb_and_rows_are_cards(open_page):
    page = open_page("/styleguide/list/", width=360)
    box = page.locator(".cx-nav").bounding_box()
    assert box["y"] + box["height"] == pytest.approx(800, abs=1)
    assert page.locator("#list tbody tr").first.evaluate("row => getComputedStyle(row).display") == "grid"


def test_targets_are_at_least_24_pixels(open_page):
    page = open_page("/styleguide/list/", width=360)
    small = page.evaluate(
        """[...document.querySelectorAll('a.btn, button, summary, .cx-icon-button, .cx-chip, select, input:not([type=hidden])')]
           .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
           .filter(([, box]) => box.width && (box.height < 20 || box.width < 20)).map(([html]) => html)"""
    )
    assert small == []
