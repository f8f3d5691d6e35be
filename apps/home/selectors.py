"""What each role's landing page reads. Everything is read through the rooms' own `visible_to`; each list is short."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import ApiKey, Membership, User
from apps.cases.models import Case
from apps.core import formatting
from apps.core.actor import Actor
from apps.core.formatting import Tone
from apps.feedback.models import Response, Source
from apps.initiatives.models import Initiative, KpiLink
from apps.intake.models import ImportJob
from apps.kpis.models import Kpi, Observation, ValueModel
from apps.notifications.models import Mail
from apps.returns.models import ReturnState, Snapshot
from apps.returns.selectors import standings

OVER = ("stopped", "done")
UNDERWAY = ("approved", "running", "live", "tracking")
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a card: what, where it leads, and why it is here."""

    text: str
    url: str = ""
    why: str = ""
    tone: Tone = "neutral"


@dataclass(frozen=True, slots=True)
class Card:
    """One question of a landing page with its rows; `count` may be larger than what is shown."""

    key: str
    title: str
    lines: Sequence[Line]
    count: int
    nothing: str
    more_url: str = ""
    tone: Tone = "attention"


def _card(
    key: str, title: str, lines: Sequence[Line], nothing: str, more_url: str = "", count: int | None = None
) -> Card:
    return Card(key, title, lines[:SHOWN], len(lines) if count is None else count, nothing, more_url)


# --- CX manager -----------------------------------------------------------------------------------------------------------


def attention(actor: Actor, now: dt.datetime) -> list[Card]:
    """What works and what should be looked at: a fixed number of queries over the initiatives in work, and the cases."""
    rows = list(Initiative.objects.visible_to(actor).filter(stage__in=UNDERWAY).select_related("owner"))
    standing = standings(actor=actor, initiatives=rows)
    stale, flat, over = [], [], []
    for row in rows:
        found = standing[row.pk]
        snapshot = found.snapshot
        if snapshot is None:
            stale.append(Line(row.name, row.get_absolute_url(), _("never computed")))
        elif found.is_stale:
            why = _("inputs changed since %(day)s") % {"day": formatting.instant(snapshot.computed_at)}
            stale.append(Line(row.name, row.get_absolute_url(), why))
        if found.error:
            stale.append(Line(row.name, row.get_absolute_url(), _("the last computation failed"), "bad"))
        if snapshot is not None and snapshot.verdict in {"none_found", "negative"}:
            why = _("no effect found") if snapshot.verdict == "none_found" else _("it makes things worse")
            flat.append(
                Line(row.name, row.get_absolute_url(), f"{why}, {_('grade')} {snapshot.grade}", "bad")
            )
        if snapshot is not None and _is_over_budget(row, snapshot):
            why = _("%(spent)s spent of %(budget)s") % {
                "spent": formatting.money(snapshot.invested, row.currency, short=True),
                "budget": formatting.money(row.budget, row.currency, short=True),
            }
            over.append(Line(row.name, row.get_absolute_url(), why, "bad"))
    initiatives = reverse("initiatives:list")
    return [
        _card(
            "negative", _("No return found"), flat, _("No initiative in work is without effect."), initiatives
        ),
        _card("over", _("Cost over budget"), over, _("Every initiative is within its budget."), initiatives),
        _card("stale", _("Return out of date"), stale, _("Every return is up to date."), initiatives),
        _unlinked(actor),
        _without_transformation(actor),
        _review_due(actor, now),
        *_cases(actor, now),
    ]


def _is_over_budget(row: Initiative, snapshot: Snapshot) -> bool:
    """Spent more than planned; amounts of two currencies are not compared."""
    if row.budget is None or snapshot.currency != row.currency:
        return False
    return bool(snapshot.invested > row.budget)


def _unlinked(actor: Actor) -> Card:
    linked = KpiLink.objects.visible_to(actor).filter(value_model__isnull=False).values("initiative_id")
    rows = Initiative.objects.visible_to(actor).filter(stage__in=UNDERWAY).exclude(pk__in=linked)
    rows = rows.exclude(investment_class="analysis").order_by("name")
    lines = [Line(row.name, row.get_absolute_url(), _("no KPI with a value in money")) for row in rows[:50]]
    return _card(
        "unlinked",
        _("Cannot earn a return as it stands"),
        lines,
        _("Every initiative moves a KPI that pays."),
    )


def _without_transformation(actor: Actor) -> Card:
    rows = Initiative.objects.visible_to(actor).filter(investment_class="analysis", transformation="")
    rows = rows.exclude(stage__in=OVER).order_by("name")
    why = _("an analysis pays only by the change it starts")
    lines = [Line(row.name, row.get_absolute_url(), why) for row in rows[:50]]
    return _card(
        "analysis",
        _("Analysis without a transformation"),
        lines,
        _("Every analysis names the change it is to start."),
    )


def _review_due(actor: Actor, now: dt.datetime) -> Card:
    rows = Initiative.objects.visible_to(actor).filter(review_on__lte=now.date()).exclude(stage__in=OVER)
    lines = [
        Line(row.name, row.get_absolute_url(), _("due %(day)s") % {"day": formatting.instant(row.review_on)})
        for row in rows.order_by("review_on")[:50]
        if row.review_on
    ]
    return _card("review", _("Review of what stays is due"), lines, _("No review is due."))


def _cases(actor: Actor, now: dt.datetime) -> list[Card]:
    counts = Case.objects.visible_to(actor).aggregate(
        overdue=Count("pk", filter=Q(next_due_at__lte=now)),
        nowhere=Count("pk", filter=Q(state__in=["resolved", "closed"], department__isnull=True)),
    )
    listing = reverse("cases:list")
    late, nowhere = counts["overdue"], counts["nowhere"]
    late_line = Line(
        ngettext("%(count)s case is overdue", "%(count)s cases are overdue", late)
        % {"count": formatting.number(late)},
        f"{listing}?due=breached",
    )
    nowhere_line = Line(
        ngettext(
            "%(count)s case names no originating department",
            "%(count)s cases name no originating department",
            nowhere,
        )
        % {"count": formatting.number(nowhere)},
        f"{listing}?department_missing=true",
        _("its cost is charged to nobody"),
    )
    return [
        _card("overdue", _("Customers wait too long"), [late_line] if late else [], _("No case is overdue."), count=late),
        _card(
            "nowhere", _("Cases without an origin"), [nowhere_line] if nowhere else [],
            _("Every solved case names where it originated."), count=nowhere,
        ),
    ]  # fmt: skip


# --- finance --------------------------------------------------------------------------------------------------------------


def to_sign(actor: Actor) -> list[Card]:
    """Value models that wait for finance, with how many initiatives rest on each; and what rests on none."""
    waiting = list(
        ValueModel.objects.visible_to(actor)
        .current()
        .filter(signed_at__isnull=True)
        .select_related("kpi", "author")
        .order_by("-id")[:50]
    )
    uses = dict(
        KpiLink.objects.visible_to(actor)
        .filter(value_model__in=waiting)
        .values_list("value_model_id")
        .annotate(Count("initiative_id", distinct=True))
    )
    lines = [
        Line(
            f"{row.name} ({row.kpi})",
            row.get_absolute_url(),
            _("%(amount)s per KPI unit, used by %(count)s initiatives")
            % {"amount": formatting.money(row.amount, row.currency), "count": uses.get(row.pk, 0)},
        )
        for row in waiting
    ]
    revenue = [
        Line(f"{row.name} ({row.kpi})", row.get_absolute_url(), _("counts revenue; margin is what stays"))
        for row in ValueModel.objects.visible_to(actor)
        .current()
        .filter(basis="revenue")
        .select_related("kpi")[:50]
    ]
    weak = [
        Line(
            str(state.initiative),
            state.initiative.get_absolute_url(),
            _("%(amount)s returned, grade %(grade)s")
            % {
                "amount": formatting.money(state.current.returned_mid, state.current.currency, short=True),
                "grade": state.current.grade,
            },
        )
        for state in ReturnState.objects.visible_to(actor)
        .filter(current__grade__in=["D", "E"], current__returned_mid__gt=0)
        .select_related("initiative", "current")
        .defer("current__inputs", "current__result")
        .order_by("-current__returned_mid")[:50]
        if state.current is not None
    ]
    return [
        _card("sign", _("Value models waiting for your signature"), lines, _("Every value model is signed.")),
        _card("weak", _("Large amounts on weak evidence"), weak, _("No amount rests on grade D or E.")),
        _card(
            "revenue",
            _("Valued by revenue instead of margin"),
            revenue,
            _("All value models count margin or cost."),
        ),
    ]


# --- analyst --------------------------------------------------------------------------------------------------------------


def coverage(actor: Actor, now: dt.datetime) -> list[Card]:
    """Imports, how fresh each source and KPI is: what the analyses can rest on."""
    return [_imports(actor), _sources(actor, now), _kpis(actor, now)]


def _imports(actor: Actor) -> Card:
    tones: dict[str, Tone] = {"failed": "bad", "done": "ok", "running": "info"}
    rows = list(ImportJob.objects.visible_to(actor).whole().order_by("-id")[:SHOWN])
    lines = [
        Line(
            row.filename or str(row.get_kind_display()),
            row.get_absolute_url(),
            _("%(state)s: %(added)s added, %(changed)s changed, %(rejected)s rejected")
            % {
                "state": row.get_state_display(),
                "added": formatting.number(row.added),
                "changed": formatting.number(row.changed),
                "rejected": formatting.number(row.rejected),
            },
            tones.get(row.state, "neutral"),
        )
        for row in rows
    ]
    return _card(
        "imports", _("Latest imports"), lines, _("Nothing was imported yet."), reverse("intake:list")
    )


def _sources(actor: Actor, now: dt.datetime) -> Card:
    recent = dict(
        Response.objects.visible_to(actor)
        .filter(responded_at__gt=now - dt.timedelta(days=30), responded_at__lte=now)
        .order_by()
        .values_list("source_id")
        .annotate(Count("pk"))
    )
    lines = [
        Line(
            str(source),
            f"{reverse('feedback:list')}?source={source.key}",
            _("%(count)s answers in the last 30 days")
            % {"count": formatting.number(recent.get(source.pk, 0))},
            "neutral" if recent.get(source.pk) else "attention",
        )
        for source in Source.objects.visible_to(actor).filter(is_active=True)[:100]
    ]
    lines.sort(key=lambda line: line.tone == "neutral")
    more = reverse("feedback:sources")
    return _card("sources", _("Feedback by source"), lines, _("No source is set up yet."), more)


def _kpis(actor: Actor, now: dt.datetime) -> Card:
    newest = dict(
        Observation.objects.visible_to(actor).order_by().values_list("kpi_id").annotate(Max("period"))
    )
    old = now.date() - dt.timedelta(days=45)
    lines = []
    for kpi in Kpi.objects.visible_to(actor).filter(is_active=True):
        last = newest.get(kpi.pk)
        if last is None:
            lines.append(Line(str(kpi), kpi.get_absolute_url(), _("no value yet"), "attention"))
        elif last < old:
            why = _("last value of %(day)s") % {"day": formatting.instant(last)}
            lines.append(Line(str(kpi), kpi.get_absolute_url(), why, "attention"))
    return _card(
        "kpis", _("KPIs without fresh values"), lines, _("Every KPI has fresh values."), reverse("kpis:list")
    )


# --- administrator ----------------------------------------------------------------------------------------------------------


def administration(actor: Actor, now: dt.datetime) -> list[Card]:
    """Who can do what: people without a role or never signed in, keys about to end, mails that were not delivered."""
    people = User.objects.visible_to(actor).filter(is_active=True)
    roles = Membership.objects.visible_to(actor).values("user_id")
    without = [
        Line(str(user), reverse("accounts:person", args=[user.uid]), _("no role: sees nothing"))
        for user in people.exclude(pk__in=roles)[:50]
    ]
    never = [
        Line(str(user), reverse("accounts:person", args=[user.uid]), _("never signed in"))
        for user in people.filter(last_login__isnull=True)[:50]
    ]
    soon = now + dt.timedelta(days=14)
    keys = [
        Line(str(key), reverse("accounts:keys"), _("%(owner)s, ends %(day)s") % {"owner": key.owner, "day": formatting.instant(key.expires_at)})
        for key in ApiKey.objects.visible_to(actor)
        .filter(revoked_at__isnull=True, expires_at__lte=soon, expires_at__gt=now)
        .select_related("owner")[:50]
        if key.expires_at
    ]  # fmt: skip
    failed = [
        Line(mail.to, reverse("notifications:mail"), mail.last_error[:120] or mail.subject, "bad")
        for mail in Mail.objects.visible_to(actor).filter(state=Mail.State.FAILED).order_by("-pk")[:50]
    ]
    people_url = reverse("accounts:people")
    return [
        _card("without", _("People without a role"), without, _("Everybody has a role."), people_url),
        _card("never", _("Invited, never signed in"), never, _("Everybody has signed in."), people_url),
        _card("keys", _("API keys that end within two weeks"), keys, _("No key is about to end.")),
        _card("mail", _("Mail that could not be delivered"), failed, _("All mail was delivered or kept.")),
    ]
