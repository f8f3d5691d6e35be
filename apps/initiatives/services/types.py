from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict
from apps.initiatives.models import InvestmentClass, InvestmentType
from apps.initiatives.services._shared import valid

LOOP_CLOSING = "loop-closing"
# R 0.04 (ten), 0.07, 0.08, and the eleven of 0.18.
SHIPPED: dict[InvestmentClass, dict[str, str]] = {
    InvestmentClass.ENTICEMENT: {
        "crm": "CRM",
        "loyalty-programs": "Loyalty programs",
        "references": "References",
        "engagement-programs": "Engagement programs",
        "content-marketing": "Content and digital marketing",
        "alliances": "Alliances",
        "advertising": "Advertising",
        "campaigns": "Campaigns",
        "deals": "Deals",
        LOOP_CLOSING: "One-by-one loop closing",
    },
    InvestmentClass.REACTIVE: {
        "expediting": "Expediting",
        "escalation": "Escalation",
        "returns": "Returns of goods",
        "remedial-service": "Remedial customer service",
    },
    InvestmentClass.ANALYSIS: {
        "voice-of-the-customer": "Voice of the customer",
        "journey-maps": "Journey maps",
        "touchpoint-analysis": "Touchpoint analysis",
    },
    InvestmentClass.PEOPLE: {
        "hiring": "Hiring",
        "development": "Development",
        "recognition": "Recognition",
        "compensation": "Compensation",
        "employee-engagement": "Employee engagement",
        "accountability": "Accountability",
        "root-cause-analysis": "Root-cause analysis (six sigma, lean)",
        "organisational-learning": "Organisational learning",
        "change-management": "Change management",
        "systems-thinking": "Systems thinking",
        "streamlining": "Streamlining",
    },
}


@transaction.atomic
def investment_types_ship(*, actor: Actor, now: dt.datetime) -> int:
    """Add the shipped types that are not there yet (by key); returns how many. What people renamed stays."""
    policy.require(actor, "initiatives.type.edit")
    known = set(InvestmentType.objects.values_list("key", flat=True))
    rows = [
        InvestmentType(investment_class=group, key=key, name=name)
        for group, types in SHIPPED.items()
        for key, name in types.items()
        if key not in known
    ]
    made = InvestmentType.objects.bulk_create(rows, ignore_conflicts=True)
    if made:
        audit.record(
            actor=actor,
            action="initiatives.types.shipped",
            now=now,
            changes={"keys": [row.key for row in made]},
        )
    return len(made)


@transaction.atomic
def investment_type_save(
    *,
    actor: Actor,
    now: dt.datetime,
    key: str,
    name: str,
    investment_class: str,
    is_active: bool = True,
    investment_type: InvestmentType | None = None,
) -> InvestmentType:
    """Add a type, or rename, switch off or on the one given. Its class stays as long as initiatives use it."""
    policy.require(actor, "initiatives.type.edit")
    row = investment_type and InvestmentType.objects.visible_to(actor).locked().the(pk=investment_type.pk)
    before = {"name": row.name, "is_active": row.is_active} if row else {}
    if row is None:
        row = InvestmentType(key=key.strip().lower(), investment_class=investment_class)
        if InvestmentType.objects.filter(key=row.key).exists():
            raise Conflict(_("The key “%(key)s” is taken; choose another.") % {"key": row.key}, field="key")
    row.name, row.is_active = name.strip(), is_active
    valid(row)
    row.save()
    audit.record(
        actor=actor,
        action="initiatives.type.saved",
        obj=row,
        now=now,
        changes=audit.diff(before, {"name": row.name, "is_active": row.is_active}),
    )
    return row
