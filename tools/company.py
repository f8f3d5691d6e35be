"""A small company for a stand: people with API keys, units, a source and a rule, made by the product's own verbs."""

from __future__ import annotations

import json
from typing import Any

from tools.stand import Stand

SCRIPT = """
import json
from django.utils import timezone
from apps.accounts.actors import actor_for
from apps.accounts.models import Membership, Unit, User
from apps.accounts.services import apikey_create, organisation_setup
from apps.cases.services import rule_save
from apps.core.actor import Actor, Role
from apps.feedback.models import Source
now = timezone.now()
organisation_setup(
    actor=Actor.system("stand"), now=now, name="Stand", currency="EUR", time_zone="Europe/Berlin",
    admin_email="administrator@example.org", admin_name="Administrator", admin_password=None,
)
company = Unit.objects.order_by("pk").first()
Unit.objects.add_child(company, {"key": "north", "name": "North"})
keys = {}
for role in ("analyst", "cx_manager", "team_lead", "frontline"):
    user = User.objects.create_user(f"{role}@example.org", name=role)
    Membership.objects.create(user=user, role=Role(role), unit=company)
    _, keys[role] = apikey_create(actor=actor_for(user), now=now, name="stand", scopes=["read", "intake", "cases", "program"])
Source.objects.create(key="survey", name="Survey", kind="survey", score_kind="stars", scale_min=1, scale_max=5, unit=company)
rule_save(
    actor=Actor.system("stand"), now=now, name="Low scores", unit=company, score_at_most=2,
    first_contact_hours=24, resolution_hours=120,
)
print(json.dumps(keys))
"""


def found_company(stand: Stand) -> dict[str, str]:
    """Make the company; the API keys by role."""
    said = stand.manage("shell", "-v0", "-c", SCRIPT)
    keys: Any = json.loads(said.strip().splitlines()[-1])
    return dict(keys)


def feedback(number: int, *, score: int = 1) -> dict[str, Any]:
    """One response of customer `number`, as a webhook delivers it."""
    return {
        "source": "survey",
        "external_id": f"r{number}",
        "responded_at": "2026-03-02T09:00:00Z",
        "score": score,
        "verbatim": f"I waited {number} minutes, and nobody helped.\nNot even later. 😕",
        "customer": {"system": "crm", "id": f"c{number}", "email": f"c{number}@example.org"},
    }


def feedback_file(rows: int) -> bytes:
    """A feedback file of `rows` rows, every third with a low score, each of its own customer."""
    lines = ["external_id,customer_key,answered_at,score,verbatim"]
    lines += [
        f'f{number},k{number},2026-03-02 09:{number % 60:02d},{1 if number % 3 == 0 else 5},"row {number}, as said"'
        for number in range(rows)
    ]
    return "\n".join(lines).encode()
