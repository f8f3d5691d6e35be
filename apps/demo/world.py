"""Units, people, journeys and rules of the demo organisation, all through the rooms' own verbs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from apps.accounts import services as accounts
from apps.accounts.models import Department, Organisation, Unit, User
from apps.core.actor import Actor, Role
from apps.demo.plan import REGIONS

PASSWORD = "demo-demo-demo"  # noqa: S105 - printed at start; the demo runs on this machine only
# role -> (name, e-mail, unit key)
PEOPLE: dict[Role, tuple[str, str, str]] = {
    Role.FRONTLINE: ("Finn Frontline", "frontline@demo.example", "north"),
    Role.TEAM_LEAD: ("Tessa Lead", "lead@demo.example", "north"),
    Role.CX_MANAGER: ("Carla Manager", "manager@demo.example", "company"),
    Role.ANALYST: ("Arda Analyst", "analyst@demo.example", "company"),
    Role.FINANCE: ("Fritz Finance", "finance@demo.example", "company"),
    Role.EXECUTIVE: ("Elena Executive", "executive@demo.example", "company"),
    Role.ADMINISTRATOR: ("Ada Admin", "admin@demo.example", "company"),
}
DEPARTMENTS = {"network": "Network", "billing": "Billing", "logistics": "Logistics", "field-service": "Field service",
               "sales": "Sales", "stores": "Stores", "it": "IT"}  # fmt: skip


@dataclass
class World:
    """What the other parts of the builder need by name."""

    company: Organisation
    units: dict[str, Unit]
    people: dict[str, User]
    departments: dict[str, Department]
    staff: dict[str, list[User]]

    @property
    def stores(self) -> dict[str, Unit]:
        """The forty stores by key."""
        return {key: unit for key, unit in self.units.items() if "-" in key}


def build_world(*, actor: Actor, now: dt.datetime) -> World:
    """The organisation, five regions with eight stores each, one person per role, and two colleagues per region.

    Only the people per role can sign in: the colleagues have no password.
    """
    _role_name, email, _unit = PEOPLE[Role.ADMINISTRATOR]
    company = accounts.organisation_setup(
        actor=actor, now=now, name="Aster Mobile", currency="EUR", time_zone="Europe/Berlin",
        admin_email=email, admin_name=PEOPLE[Role.ADMINISTRATOR][0], admin_password=PASSWORD, is_demo=True,
    )  # fmt: skip
    company = accounts.organisation_edit(
        actor=actor, now=now, version=company.version, minute_rate=Decimal("0.70")
    )
    root = Unit.objects.visible_to(actor).get(key="company")
    units = {"company": root}
    for key, (name, stores) in REGIONS.items():
        units[key] = accounts.unit_add(actor=actor, now=now, parent=root, key=key, name=name)
        for number, store in enumerate(stores, start=1):
            store_key = f"{key}-{number}"
            units[store_key] = accounts.unit_add(
                actor=actor, now=now, parent=units[key], key=store_key, name=store
            )
    people = {Role.ADMINISTRATOR.value: User.objects.visible_to(actor).get(email=email)}
    for role, (name, address, unit) in PEOPLE.items():
        if role is not Role.ADMINISTRATOR:
            people[role.value] = accounts.person_invite(
                actor=actor, now=now, email=address, name=name, role=role, unit=units[unit], password=PASSWORD
            )
    staff: dict[str, list[User]] = {"north": [people[Role.FRONTLINE.value]]}
    colleagues = {"north": ["Nora Nielsen", "Ole Petersen"], "west": ["Wim Wolters", "Gül Aydın"], "south": ["Sepp Huber", "Sina Roth"],
                  "east": ["Olga Ernst", "Ralf Kühn"], "centre": ["Cem Demir", "Maja Koch"]}  # fmt: skip
    for region, names in colleagues.items():
        for name in names:
            address = (
                name.lower().translate(str.maketrans("üıäöß", "uiaos")).replace(" ", ".") + "@demo.example"
            )
            person = accounts.person_invite(
                actor=actor,
                now=now,
                email=address,
                name=name,
                role=Role.FRONTLINE,
                unit=units[region],
            )
            staff.setdefault(region, []).append(person)
    departments = {
        key: accounts.department_save(actor=actor, now=now, key=key, name=name)
        for key, name in DEPARTMENTS.items()
    }
    return World(company, units, people, departments, staff)
