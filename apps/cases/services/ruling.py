"""Rules that open cases: kept in an order, edited with a version, deleted without losing the cases they opened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.audit import services as audit
from apps.cases.models import CaseRule, Trigger
from apps.core.actor import Actor
from apps.core.errors import Denied, Invalid, check_version
from apps.feedback.models import Source

FIELDS = (
    "name", "position", "is_active", "trigger", "unit", "score_at_most", "words", "minimum_value", "event_kinds",
    "priority", "first_contact_hours", "resolution_hours",
)  # fmt: skip


@transaction.atomic
def rule_save(
    *, actor: Actor, now: dt.datetime, rule: CaseRule | None = None, version: int | None = None,
    sources: Sequence[Source] | None = None, **values: Any,
) -> CaseRule:  # fmt: skip
    """Make a rule (without `rule`) or change one. `values`: any of FIELDS; `sources` None leaves them as they are."""
    unknown = set(values) - set(FIELDS)
    if unknown:
        raise Invalid(fields={name: [_("This cannot be changed here.")] for name in sorted(unknown)})
    if rule is None:
        row = CaseRule()
        before: dict[str, Any] = {}
        if "unit" not in values:
            raise Invalid(fields={"unit": [_("Choose the unit it is for.")]})
    else:
        row = CaseRule.objects.visible_to(actor).locked().the(pk=rule.pk)
        policy.require(actor, "cases.rule.edit", row)
        check_version(version, row.version)
        before = {name: getattr(row, name) for name in values}
    unit: Unit = values["unit"] if "unit" in values else row.unit  # noqa: SIM401 - a new rule has none to fall back on
    if not policy.can(actor, "cases.rule.edit", unit):
        raise Denied(_("You may make rules for your own units only."))
    policy.require(actor, "cases.rule.edit", unit)
    for name, value in values.items():
        setattr(row, name, value)
    row.words = _tidy(row.words)
    row.event_kinds = _tidy(row.event_kinds)
    _check(row)
    changes = audit.diff(before, {name: getattr(row, name) for name in values})
    if rule is not None:
        row.version += 1
    row.save()
    if sources is not None:
        had = {source.pk for source in row.sources.all()}
        row.sources.set(sources)
        if had != {source.pk for source in sources}:
            changes["sources"] = [None, ", ".join(sorted(str(source) for source in sources))]
    action = "cases.rule.edited" if rule else "cases.rule.created"
    audit.record(actor=actor, action=action, obj=row, now=now, changes=changes)
    return row


@transaction.atomic
def rule_delete(*, actor: Actor, now: dt.datetime, rule: CaseRule, version: int | None = None) -> None:
    """Remove a rule; cases it opened stay, without a rule."""
    row = CaseRule.objects.visible_to(actor).locked().the(pk=rule.pk)
    policy.require(actor, "cases.rule.edit", row)
    check_version(version, row.version)
    audit.record(actor=actor, action="cases.rule.deleted", obj=row, now=now, changes={"name": [row.name, ""]})
    row.delete()


def _tidy(words: Any) -> list[str]:
    if not isinstance(words, (list, tuple)):
        raise Invalid(fields={"words": [_("A list of words is needed.")]})
    seen: dict[str, None] = {}
    for word in words:
        text = " ".join(str(word).split())[:80]
        if text:
            seen[text] = None
    return list(seen)[:200]


def _check(row: CaseRule) -> None:
    try:
        row.clean_fields(exclude=["unit"])
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from None
    if row.resolution_hours < row.first_contact_hours:
        raise Invalid(
            fields={"resolution_hours": [_("A case cannot be due to be resolved before its first contact.")]}
        )
    if row.trigger == Trigger.EVENT and (row.score_at_most is not None):
        raise Invalid(fields={"score_at_most": [_("An operational event has no score.")]})
    if row.trigger == Trigger.FEEDBACK and row.event_kinds:
        raise Invalid(fields={"event_kinds": [_("An answer has no event kind.")]})
