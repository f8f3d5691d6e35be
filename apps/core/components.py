"""The plain data that the shared components draw: a view builds these, a template tag renders them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from django.utils.translation import gettext as _

from apps.core import formatting
from apps.core.formatting import Text as Text
from apps.core.formatting import Tone


@dataclass(frozen=True)
class Crumb:
    """A step of the breadcrumbs; without `url` it is the present page."""

    label: Text
    url: str = ""


@dataclass(frozen=True)
class Action:
    """A thing to do from a page: a link, or with `method="post"` a form with one button.

    With `denied` (the policy's reason) it is shown as not possible, and says why.
    """

    label: Text
    url: str
    icon: str = ""
    method: Literal["get", "post"] = "get"
    primary: bool = False
    danger: bool = False
    denied: Text = ""
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tab:
    """A view of an object with an address of its own."""

    label: Text
    url: str
    active: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Item:
    """A row of a definition list; `url` makes the value a link, `hint` explains the term."""

    term: Text
    value: object
    url: str = ""
    hint: Text = ""


@dataclass(frozen=True)
class TimelineEntry:
    """Something that happened: when, what, who, in which words."""

    at: datetime
    title: Text
    who: Text = ""
    text: Text = ""
    icon: str = "circle-dot"
    tone: Tone = "neutral"
    url: str = ""
    meta: Text = ""


@dataclass(frozen=True)
class Change:
    """One field before and after."""

    label: Text
    before: object = ""
    after: object = ""


@dataclass(frozen=True)
class HistoryEntry:
    """A row of the history tab, from the audit log."""

    at: datetime
    who: Text
    what: Text
    changes: Sequence[Change] = ()
    reason: Text = ""


@dataclass(frozen=True)
class Progress:
    """A long job as people see it; `poll_url` answers the same fragment, `cancel_url` takes a POST.

    `done` and `total` count the same thing (`noun`); without `total` the bar only says that work goes on.
    """

    id: str
    title: Text
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    done: int = 0
    total: int | None = None
    noun: Text = ""
    started_at: datetime | None = None
    now: datetime | None = None
    poll_url: str = ""
    cancel_url: str = ""
    outcome: Text = ""
    outcome_url: str = ""
    outcome_label: Text = ""
    error: Text = ""

    @property
    def is_over(self) -> bool:
        """Whether polling may stop."""
        return self.state in {"done", "failed", "cancelled"}

    @property
    def left(self) -> timedelta | None:
        """The time left at the pace so far; None until a tenth of a second's work allows an honest guess."""
        if self.is_over or not (self.total and self.done and self.started_at and self.now):
            return None
        gone = self.now - self.started_at
        return gone / self.done * (self.total - self.done) if gone.total_seconds() >= 0.1 else None

    @property
    def left_text(self) -> str:
        """ "about 3 min left", or an empty text."""
        if self.left is None:
            return ""
        if self.left < timedelta(seconds=60):
            return _("less than a minute left")
        return _("about %(span)s left") % {"span": formatting.span(self.left)}

    @property
    def tone(self) -> Tone:
        """The tone of the state badge."""
        tones: dict[str, Tone] = {"done": "ok", "failed": "bad", "cancelled": "muted", "running": "info"}
        return tones.get(self.state, "neutral")

    @property
    def state_label(self) -> str:
        """The state in words."""
        return {
            "waiting": _("Waiting"),
            "running": _("Running"),
            "done": _("Done"),
            "failed": _("Failed"),
            "cancelled": _("Cancelled"),
        }[self.state]
