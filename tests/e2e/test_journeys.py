"""Three people's first ten minutes in the browser, each step judged by what stands on the screen."""

from __future__ import annotations

import csv
import os
import re
import signal
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PATIENCE
from tests.e2e.steps import amount, column, outcome, stop_at, tile

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@contextmanager
def busy(site, name):
    """A worker that is busy with something else meanwhile, so that what waits for it can be seen waiting."""
    group = os.getpgid(site.stand.child(name).pid)
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


def test_manager_adds_a_cost_and_sees_the_return_move(site, sign_in):
    page = sign_in("manager")
    stop_at(page, "What needs attention")
    expect(page.get_by_role("heading", name=re.compile("^No return found"))).to_be_visible()
    page.get_by_role("link", name="Initiatives", exact=True).first.click()
    stop_at(page, "Initiatives")
    page.get_by_role("link", name="Right first time at the counter").click()
    stop_at(page, "Right first time at the counter")
    invested, net_value = amount(page, "Invested so far"), amount(page, "Net present value")
    assert invested > 0
    assert tile(page, "Returned so far").locator(".cx-stat-range").inner_text()

    page.get_by_role("link", name="Costs", exact=True).click()
    page.get_by_role("link", name="Add a cost").click()
    page.get_by_label("What for").fill("Signs above each counter")
    page.get_by_label("Amount").fill("12000")
    page.get_by_label("Rhythm").select_option("once")
    page.get_by_label("From", exact=True).fill("2026-03-02")
    stop_at(page, "Add a cost")
    with busy(site, "worker0"), busy(site, "worker-jobs0"):
        page.get_by_role("button", name="Save").click()
        expect(
            page.get_by_role("row", name=re.compile("Signs above each counter.*12,000.00 EUR")).first
        ).to_be_visible()
        page.get_by_role("link", name="Overview", exact=True).click()
        expect(tile(page, "Invested so far").first).to_contain_text("inputs changed")
        assert amount(page, "Invested so far") == invested
        page.get_by_role("button", name="Recompute").click()
        progress = page.locator(".cx-progress")
        expect(progress.get_by_role("progressbar")).to_be_visible()
        stop_at(page, "Right first time at the counter")
    expect(progress).to_contain_text("0 failed")
    expect(progress.get_by_role("progressbar")).to_have_count(0)
    page.get_by_role("link", name="Show the return").click()
    expect(tile(page, "Invested so far").first).not_to_contain_text("inputs changed")
    assert amount(page, "Invested so far") == invested + 12_000
    assert amount(page, "Net present value") < net_value

    page.get_by_role("link", name="Open the arithmetic").click()
    stop_at(page, "The arithmetic: Right first time at the counter")
    assert amount(page, "Invested so far") == invested + 12_000
    main = page.locator("main")
    expect(main.get_by_role("columnheader", name="Formula").first).to_be_visible()
    expect(main).to_contain_text(
        re.compile(r"Signs above each counter: 12000(\.00)? EUR, once on 2026-03-02")
    )
    expect(main).to_contain_text("A simple before/after comparison would have claimed")
    facts = page.locator("dl").filter(has_text="Digest of all inputs")
    expect(facts).to_contain_text(re.compile(r"Engine version\s*\d+\.\d+"))
    expect(facts.locator("code")).to_have_text(re.compile("^[0-9a-f]{64}$"))


def test_frontline_closes_a_case_and_the_figures_of_others_move(sign_in):
    lead, executive = sign_in("lead"), sign_in("executive")
    stop_at(lead, "My team")
    stop_at(executive, "Portfolio")
    open_of_team, open_of_all = amount(lead, "Open"), amount(executive, "Open cases")
    cost = amount(executive, "Cost of closing loops")

    page = sign_in("frontline", width=360)
    stop_at(page, "My work")
    first = page.locator(".work-item").first
    expect(first).to_contain_text("overdue")
    subject = first.locator(".work-title").inner_text()
    first.locator(".work-link").click()
    stop_at(page, subject)
    expect(page.locator("#said blockquote, #said .cx-faint").first).to_be_visible()
    before = page.locator(".cx-card").filter(has=page.get_by_role("heading", name="What happened before"))
    assert before.locator("li").count() > 0

    if page.get_by_role("heading", name=re.compile("^Next: Log")).count() == 0:
        page.get_by_role("link", name="Log a contact").click()
    page.get_by_label("Yes, we spoke or they answered").check()
    page.get_by_label("What was said").fill("Wants the bill corrected by Friday.")
    page.get_by_label("Minutes").fill("15")
    assert page.complaints == []
    page.get_by_role("button", name=re.compile("Log")).click()
    expect(page.locator("#messages", has_text="The contact is logged.")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Wants the bill corrected by Friday.")

    page.get_by_label("What went wrong").fill("The old tariff stayed in the system")
    department = page.get_by_label("Where it originated")
    department.select_option(index=1)
    origin = department.locator("option:checked").inner_text()
    page.get_by_label("What was done").fill("Corrected the bill and sent it again.")
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator("#messages", has_text="Resolved.")).to_be_visible()
    stop_at(page, subject)
    expect(page.locator("main")).to_contain_text(origin)

    page.get_by_label("Confirmed: it is solved").check()
    page.get_by_role("button", name=re.compile("^Close")).click()
    expect(page.locator("#messages", has_text="The case is closed.")).to_be_visible()
    stop_at(page, subject)
    expect(page.locator("main")).to_contain_text("Confirmed")

    lead.reload()
    executive.reload()
    assert amount(lead, "Open") == open_of_team - 1
    assert amount(executive, "Open cases") == open_of_all - 1
    minute = re.search(r"minutes × ([\d.]+)", tile(executive, "Cost of closing loops").inner_text())
    assert minute
    assert float(amount(executive, "Cost of closing loops") - cost) == pytest.approx(15 * float(minute[1]))


ROWS = [
    ["e2e-1", "2026-03-02T10:00:00Z", "2", "I waited forty minutes at the counter", "ann@example.test"],
    ["e2e-2", "2026-03-02T11:00:00Z", "9", "Quick and kind", "bob@example.test"],
    ["e2e-3", "2026-03-03T09:30:00Z", "7", "Fine", "cleo@example.test"],
    ["e2e-4", "not a day", "8", "When was this?", "dan@example.test"],
    ["e2e-3", "2026-03-03T09:30:00Z", "7", "Fine", "cleo@example.test"],
]


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def analyst(request, sign_in):
    page = sign_in("analyst", javascript=request.param)
    page.has_script = request.param
    return page


@pytest.fixture
def visits(tmp_path, analyst):
    """Feedback of five rows: one is without a date, one stands there twice."""
    name = "visits" if analyst.has_script else "plain-visits"
    path = tmp_path / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Ref", "When answered", "Mark", "Their words", "Mail"])
        rows.writerows([f"{name}-{row[0]}", *row[1:]] for row in ROWS)
    return path


def settled(page, words):
    """Wait until the import's sentence says this; without JavaScript a person presses reload."""
    sentence = page.locator(".cx-sentence, .cx-lead, header").filter(has_text=words).first
    if page.has_script:
        expect(sentence).to_be_visible()
        return
    for _turn in range(60):
        if page.locator("main").get_by_text(words).count():
            return
        page.reload()
    raise AssertionError(page.locator("main").inner_text())


def upload(page, path):
    page.get_by_role("link", name="Imports", exact=True).first.click()
    page.get_by_role("link", name=re.compile("Import a file")).first.click()
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_label("What it holds").select_option("feedback")
    page.get_by_role("button", name="Upload and look").click()
    expect(page.locator("h1")).to_have_text("What do the columns mean?")


def look(page, heading):
    """axe needs scripts; without them the words must do."""
    if page.has_script:
        stop_at(page, heading)
    else:
        expect(page.locator("h1")).to_contain_text(heading)


def test_analyst_imports_a_file_again_and_takes_it_back(analyst, visits):
    page = analyst
    name = visits.stem
    look(page, "Data")
    upload(page, visits)
    look(page, "What do the columns mean?")
    for column_name, field in [
        ("Ref", "external_id"), ("When answered", "answered_at"), ("Mark", "score"), ("Their words", "verbatim"),
        ("Mail", "email"),
    ]:  # fmt: skip
        column(page, column_name).select_option(field)
    page.get_by_label("Lowest score").fill("0")
    page.get_by_label("Highest score").fill("10")
    page.get_by_label("The same for every row").fill(f"source = {name}")
    page.get_by_label("Save this mapping as").fill(f"Monthly {name}")
    page.get_by_role("button", name="Check all rows").click()

    settled(page, "would be rejected. Nothing is written yet.")
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_visible()
    assert outcome(page) == {"rows": 5, "added": 3, "changed": 0, "skipped": 0, "rejected": 2}
    look(page, visits.name)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all with reasons").click()
    rejects = download.value.path().read_text(encoding="utf-8-sig")
    assert "not a day" in rejects
    assert "The same key stands on line 4." in rejects
    assert len(rejects.strip().splitlines()) == 3

    address = page.url
    page.get_by_role("button", name="Import", exact=True).click()
    page.goto("/")
    page.goto(address)
    settled(page, "3 rows were added")
    look(page, visits.name)
    page.locator("main").get_by_role("link", name="Feedback", exact=True).click()
    look(page, "Feedback")
    expect(page.locator("main")).to_contain_text("3 results")
    page.get_by_role("link", name=re.compile("I waited forty minutes")).first.click()
    expect(page.locator("main")).to_contain_text("I waited forty minutes at the counter")

    upload(page, visits)
    page.get_by_label("Saved mapping").select_option(label=f"Monthly {name}")
    page.get_by_role("button", name="Apply").click()
    expect(column(page, "Their words")).to_have_value("verbatim")
    page.get_by_role("button", name="Check all rows").click()
    settled(page, "would be rejected. Nothing is written yet.")
    assert outcome(page) == {"rows": 5, "added": 0, "changed": 0, "skipped": 3, "rejected": 2}
    page.get_by_role("button", name="Import", exact=True).click()
    settled(page, "Nothing changed: 3 rows were there already")

    page.goto(address)
    page.get_by_role("link", name="Undo", exact=True).click()
    look(page, "Undo this import?")
    page.get_by_role("button", name="Undo the import").click()
    settled(page, "Undone: nothing of it is left.")
    page.goto(f"/feedback/?source={name}")
    expect(page.locator("main")).not_to_contain_text("I waited forty minutes")


def test_two_people_edit_one_case_and_the_second_keeps_the_text(sign_in):
    page = sign_in("frontline")
    address = page.locator(".work-link").first.get_attribute("href")
    page.goto(f"{address}contact/")
    other = page.context.new_page()
    other.goto(f"{address}contact/")
    other.get_by_label("No, it was an attempt").check()
    other.get_by_label("What was said").fill("Rang twice, nobody there.")
    other.get_by_role("button", name=re.compile("Log")).click()
    expect(other.locator("#messages", has_text="The contact is logged.")).to_be_visible()

    page.get_by_label("Yes, we spoke or they answered").check()
    page.get_by_label("What was said").fill("She called back: the parcel has arrived.")
    page.get_by_role("button", name=re.compile("Log")).click()
    conflict = page.get_by_role("alert").filter(has_text="What happened meanwhile")
    expect(conflict).to_contain_text("Rang twice, nobody there.")
    expect(page.get_by_label("What was said")).to_have_value("She called back: the parcel has arrived.")
    page.complaints.clear()  # the browser reports the answer 409 itself
    stop_at(page, "Log a contact")
    page.get_by_role("button", name=re.compile("Log")).click()
    expect(page.locator("#messages", has_text="The contact is logged.")).to_be_visible()
    for words in ("Rang twice, nobody there.", "She called back: the parcel has arrived."):
        expect(page.locator("main")).to_contain_text(words)


FOCUS = """() => {
  const here = document.activeElement;
  const style = getComputedStyle(here), box = here.getBoundingClientRect();
  const around = here.closest('.work-item, .cx-search') || here;
  const ring = [style, getComputedStyle(around)].some((s) => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0)
    || s.boxShadow !== 'none');
  return {words: (here.innerText || here.name || '').trim(), name: here.name || '', href: here.getAttribute('href') || '',
          class: here.className, visible: box.width > 0 && box.bottom > 0 && box.top < innerHeight, ring};
}"""


def tab_to(page, wanted):
    """Press Tab until the focus is on what is wanted; every stop on the way must be seen."""
    for _turn in range(60):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["visible"], focus
        assert focus["ring"], focus
        if wanted(focus):
            return
    raise AssertionError("sixty stops and not there")


def test_keyboard_alone_signs_in_and_opens_the_first_case(site, chrome):
    context = chrome.new_context(viewport={"width": 1440, "height": 800}, base_url=site.url)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto("/sign-in/")
    if page.evaluate("document.activeElement.name") != "login":
        tab_to(page, lambda focus: focus["name"] == "login")
    page.keyboard.type(site.people["frontline"]["email"])
    tab_to(page, lambda focus: focus["name"] == "password")
    page.keyboard.type(site.people["frontline"]["password"])
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("My work")
    subject = page.locator(".work-title").first.inner_text()
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)["href"].startswith("#")  # straight to the content
    page.keyboard.press("Enter")
    tab_to(page, lambda focus: focus["class"] == "work-link")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(subject)
    context.close()
