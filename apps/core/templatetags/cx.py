"""The template tags of the design system; every template may use them without loading.

`templates/components/README.md` shows each with a snippet, `/styleguide/` (in debug) shows them drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeData, SafeString

from apps.core import formatting, judge, panels
from apps.core.charts import Chart
from apps.core.components import Action, Crumb, HistoryEntry, Item, Progress, Tab, TimelineEntry
from apps.core.figures import GRADES, Figure, Trend
from apps.core.formatting import Numeric, Tone
from apps.core.states import tone_of

register = template.Library()

register.filter("number", formatting.number)
register.filter("percent", formatting.percent)
register.filter("money", formatting.money)
register.filter("instant", lambda at: formatting.instant(at) if at else formatting.NO_VALUE)
register.filter("span", lambda length: formatting.span(length) if length is not None else formatting.NO_VALUE)


@register.filter
def money_short(amount: Numeric | None, currency: str) -> str:
    """`{{ amount|money_short:"EUR" }}`: 1.23 M EUR."""
    return formatting.money(amount, currency, short=True)


@register.filter
def initials(name: str) -> str:
    """Up to two first letters of a name, for the avatar."""
    words = [word for word in str(name).replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


@register.filter
def undo_url(message: Any) -> str:
    """The address behind a message's Undo button: `extra_tags="undo:/cases/…/reopen/"`, same site only."""
    for tag in str(getattr(message, "extra_tags", "") or "").split():
        if tag.startswith("undo:/") and not tag.startswith("undo://"):
            return tag.removeprefix("undo:")
    return ""


@register.filter
def field_of(record: Any, name: str) -> Any:
    """The attribute `name` of a record, or its entry when it is a mapping."""
    return record.get(name, "") if isinstance(record, dict) else getattr(record, name, "")


@register.filter
def css_of(bound_column: Any) -> str:
    """The class of a table column's cells; django-tables2's own columns have none."""
    return getattr(bound_column.column, "css", "")


@register.filter
def breadth(cell: Any) -> str:
    """The class of a cell of running text, which needs room; drawn cells keep to themselves."""
    return "cx-wide" if not isinstance(cell, SafeData) and len(str(cell)) > 40 else ""


@register.filter
def name_breadth(cell: Any) -> str:
    """The class of the cell that names a row: a long name needs room, a number does not."""
    return "cx-wide" if len(strip_tags(str(cell)).strip()) > 14 else ""


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """A drawing of the sprite; with `label` it speaks, without it is decoration."""
    role = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    href = f"{static('vendor/tabler-icons/sprite.svg')}#{name}"
    return format_html(
        '<svg class="cx-icon {}" {} focusable="false"><use href="{}"></use></svg>', css, role, href
    )


@register.simple_tag(takes_context=True)
def due(context: Context, at: datetime | None, tip: bool = True, soon_hours: float = 4) -> SafeString:
    """ "due in 3 h" with the exact instant on hover and focus (`tip=False` in tables: title only)."""
    if at is None:
        return SafeString(formatting.NO_VALUE)
    text, tone = formatting.due(at, _now(context), soon=timedelta(hours=soon_hours))
    mark = {"bad": "clock-exclamation", "attention": "clock-hour-4"}.get(tone, "")
    return _time(at, text, f"cx-due cx-tone-{tone}", tip, icon(mark) if mark else SafeString(""))


@register.simple_tag(takes_context=True)
def since(context: Context, at: datetime | None, tip: bool = True) -> SafeString:
    """ "3 h ago" with the exact instant on hover and focus."""
    if at is None:
        return SafeString(formatting.NO_VALUE)
    return _time(at, formatting.since(at, _now(context)), "", tip)


@register.simple_tag
def when(at: datetime | date | None) -> SafeString:
    """The exact instant in the reader's zone, machine-readable too."""
    if at is None:
        return SafeString(formatting.NO_VALUE)
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), formatting.instant(at))


@register.inclusion_tag("components/grade.html")
def grade(letter: str, tip: bool = True) -> dict[str, Any]:
    """Evidence grade A to E as a badge with its meaning."""
    return {"letter": letter, "meaning": GRADES.get(letter, ""), "tip": tip}


@register.inclusion_tag("components/state.html")
def state(code: str, label: str = "", tone: Tone | str = "") -> dict[str, Any]:
    """A state as a badge: `{% state case.state case.get_state_display %}`; the tone follows the code."""
    return {"label": label or code, "tone": tone or tone_of(code)}


@register.inclusion_tag("components/trend.html")
def trend(change: Trend) -> dict[str, Any]:
    """An arrow, a signed number and what it is compared with; never colour alone."""
    return {"trend": change}


@register.inclusion_tag("components/figure.html")
def figure(given: Figure | None = None, **parts: Any) -> dict[str, Any]:
    """A number in a sentence or a cell, with range, grade, period and as-of: `{% figure fig %}`."""
    short = bool(parts.pop("short", False))
    return {"figure": given or Figure(**{"label": "", **parts}), "short": short}


@register.inclusion_tag("components/stat.html")
def stat(given: Figure) -> dict[str, Any]:
    """A figure as a tile."""
    return {"figure": given}


@register.inclusion_tag("components/tip.html")
def help_tip(text: str) -> dict[str, Any]:
    """A small question mark that explains, by mouse, touch and keyboard."""
    return {"text": text}


@register.inclusion_tag("components/empty.html")
def empty_state(
    title: str, text: str = "", action_url: str = "", action_label: str = "", icon_name: str = "inbox"
) -> dict[str, Any]:
    """What stands where nothing is yet, and what to do about it."""
    return {
        "title": title,
        "text": text,
        "action_url": action_url,
        "action_label": action_label,
        "icon_name": icon_name,
    }


@register.inclusion_tag("components/progress.html")
def progress(job: Progress) -> dict[str, Any]:
    """A long job: bar, counts, time left, cancel; polls itself until it is over."""
    return {"job": job}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[Tab], label: str = "") -> dict[str, Any]:
    """Views of one object, each with its own address."""
    return {"tabs": items, "label": label}


@register.inclusion_tag("components/crumbs.html")
def crumbs(items: Sequence[Crumb]) -> dict[str, Any]:
    """Breadcrumbs of a detail page."""
    return {"crumbs": items}


@register.inclusion_tag("components/actions.html")
def actions(items: Sequence[Action]) -> dict[str, Any]:
    """Buttons for what can be done here; what may not be done says why."""
    return {"actions": items}


@register.inclusion_tag("components/definitions.html")
def definitions(items: Sequence[Item]) -> dict[str, Any]:
    """Terms and values."""
    return {"items": items}


@register.inclusion_tag("components/timeline.html")
def timeline(entries: Sequence[TimelineEntry]) -> dict[str, Any]:
    """What happened, newest first."""
    return {"entries": entries}


@register.inclusion_tag("components/history.html")
def history(entries: Sequence[HistoryEntry]) -> dict[str, Any]:
    """Who changed what, before and after."""
    return {"entries": entries}


@register.inclusion_tag("components/chart.html")
def chart(given: Chart) -> dict[str, Any]:
    """A picture with its summary and its table twin."""
    return {"chart": given, "table": given.table(), "data_id": f"{given.id}-data"}


@register.inclusion_tag("components/forms/body.html")
def form_fields(form: Any) -> dict[str, Any]:
    """The inside of a `<form>`: error summary, first fields, the rest folded, hidden fields."""
    return {"form": form, **split_fields(form)}


@register.inclusion_tag("components/forms/buttons.html")
def form_buttons(label: str, cancel_url: str = "", danger: bool = False) -> dict[str, Any]:
    """Save and cancel at the end of a form."""
    return {"label": label, "cancel_url": cancel_url, "danger": danger}


@register.simple_tag(takes_context=True)
def may(context: Context, action: str, obj: Any = None) -> judge.Answer:
    """`{% may "cases.case.assign" case as allowed %}{% if allowed %}…{% else %}{{ allowed.reason }}{% endif %}`"""
    return judge.can(context["request"].actor, action, obj)


@register.simple_tag(takes_context=True, name="panels")
def panels_tag(context: Context, page: str, slot: str, obj: Any) -> SafeString:
    """What rooms above put into this slot of the page, for those who may see it."""
    request = context["request"]
    allowed = (p for p in panels.panels_for(page, slot) if judge.can(request.actor, p.action, obj))
    # Rendered templates are safe already; a panel that returns bare text is escaped.
    return format_html_join("", "{}", ((panel.render(request, obj),) for panel in allowed))


def split_fields(form: Any) -> dict[str, Any]:
    """The visible fields of a form as `first` and `rest`; `rest` is opened when something in it needs attention.

    A form names its few first fields in `first_fields`; without it all are first.
    """
    visible = list(form.visible_fields())
    names = getattr(form, "first_fields", None)
    if not names:
        return {"first": visible, "rest": [], "rest_open": False}
    first = [field for field in visible if field.name in names]
    rest = [field for field in visible if field.name not in names]
    return {"first": first, "rest": rest, "rest_open": any(field.errors for field in rest)}


def _now(context: Context) -> datetime:
    given = context.get("now")
    return given if isinstance(given, datetime) else timezone.now()


def _time(at: datetime, text: str, css: str, tip: bool, mark: SafeString | str = "") -> SafeString:
    exact = formatting.instant(at)
    if not tip:
        return format_html(
            '<time class="{}" datetime="{}" title="{}">{}{}</time>', css, at.isoformat(), exact, mark, text
        )
    return format_html(
        '<span class="cx-tip" tabindex="0"><time class="{}" datetime="{}">{}{}</time>'
        '<span class="cx-tip-text" role="tooltip">{}</span></span>',
        css,
        at.isoformat(),
        mark,
        text,
        exact,
    )
