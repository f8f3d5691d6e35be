"""THE permission table: action -> who may do it, under which condition, and which API scope it needs.

`visible_to` answers what an actor may *see*; this table answers what they may *do* with it. A verb calls `require`,
a page calls `can` to show, hide or explain a control, a field of money asks `sees_money`. An action without a row is
denied: nothing is open by accident.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import ROLE_LABELS, Scope
from apps.core.actor import Actor, Kind, Role
from apps.core.errors import Denied

F, L, M, A, N, E, D = (
    Role.FRONTLINE,
    Role.TEAM_LEAD,
    Role.CX_MANAGER,
    Role.ANALYST,
    Role.FINANCE,
    Role.EXECUTIVE,
    Role.ADMINISTRATOR,
)
EVERYBODY = frozenset(Role)
Condition = Callable[[Actor, Any], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """Who: any of `roles`, held on the object's unit (or above it) when the object has one. Plus `condition`."""

    roles: frozenset[Role]
    scope: str = Scope.READ
    condition: Condition | None = None
    why: str | Any = ""


def may(
    *roles: Role, scope: str = Scope.READ, condition: Condition | None = None, why: str | Any = ""
) -> Rule:
    return Rule(frozenset(roles), scope, condition, why)


def _own(actor: Actor, obj: Any) -> bool:
    return obj is None or actor.user_id in {getattr(obj, "owner_id", None), getattr(obj, "user_id", None)}


READERS = (L, M, A, N, E)
PROGRAM, CASES, INTAKE, ADMIN = Scope.PROGRAM, Scope.CASES, Scope.INTAKE, Scope.ADMIN

RULES: dict[str, Rule] = {
    # accounts ------------------------------------------------------------------------------------------------------
    "accounts.people.see": may(D),
    "accounts.people.manage": may(D, scope=ADMIN),
    "accounts.units.see": may(D, M),
    "accounts.units.manage": may(D, scope=ADMIN),
    "accounts.organisation.setup": Rule(frozenset(), ADMIN),  # first run only: the system actor
    "accounts.organisation.edit": may(D, scope=ADMIN),
    "accounts.apikey.manage": may(
        *EVERYBODY, scope=ADMIN, condition=_own, why=gettext_lazy("Only its owner may do this.")
    ),
    "accounts.apikey.revoke": may(D, scope=ADMIN),
    "accounts.profile.edit": may(*EVERYBODY, scope=ADMIN),
    "accounts.savedview.save": may(
        *EVERYBODY, condition=_own, why=gettext_lazy("Only its owner may change it.")
    ),
    "audit.log.see": may(D),
    "notifications.mail.see": may(D),
    "notifications.own.see": may(*EVERYBODY),
    "notifications.own.edit": may(*EVERYBODY, scope=CASES),
    # journeys, customers, feedback -----------------------------------------------------------------------------------
    "journeys.journey.see": may(F, *READERS),
    "journeys.journey.edit": may(M, scope=PROGRAM),
    "customers.customer.see": may(F, L, M, A),
    "customers.customer.edit": may(M, A, scope=INTAKE),
    "customers.value.see": may(M, A, N, E),
    "customers.interaction.record": may(M, A, scope=INTAKE),
    "customers.purchase.record": may(M, A, scope=INTAKE),
    "customers.keydate.edit": may(F, L, M, A, scope=CASES),
    "customers.consent.record": may(F, L, M, A, scope=CASES),
    "feedback.response.see": may(F, L, M, A, E),
    "feedback.response.record": may(F, L, M, A, scope=INTAKE),
    "feedback.source.edit": may(M, A, scope=INTAKE),
    # kpis ------------------------------------------------------------------------------------------------------------
    "kpis.kpi.see": may(*READERS),
    "kpis.kpi.edit": may(M, A, scope=PROGRAM),
    "kpis.observation.record": may(M, A, scope=INTAKE),
    "kpis.value.see": may(M, A, N, E),
    "kpis.value.edit": may(N, M, scope=PROGRAM),
    "kpis.value.sign": may(N, scope=PROGRAM),
    # cases -----------------------------------------------------------------------------------------------------------
    "cases.case.see": may(F, L, M, A, E),
    "cases.case.open": may(F, L, M, scope=CASES),
    "cases.case.open_by_rule": may(
        F, L, M, A, scope=INTAKE
    ),  # the rule decides; who brings feedback only triggers it
    "cases.clock.sweep": Rule(frozenset()),  # the system's own job
    "cases.case.take": may(F, L, M, scope=CASES),
    "cases.case.assign": may(L, M, scope=CASES),
    "cases.case.work": may(F, L, M, scope=CASES),
    "cases.case.reopen": may(F, L, M, scope=CASES),
    "cases.case.bulk": may(L, M, scope=CASES),
    "cases.rule.see": may(L, M, A),
    "cases.rule.edit": may(M, scope=PROGRAM),
    "cases.cost.see": may(L, M, A, N, E),
    # initiatives -------------------------------------------------------------------------------------------------------
    "initiatives.initiative.see": may(M, A, N, E),
    "initiatives.initiative.create": may(M, scope=PROGRAM),
    "initiatives.initiative.edit": may(M, scope=PROGRAM),
    "initiatives.cost.see": may(M, A, N, E),
    "initiatives.cost.edit": may(M, N, scope=PROGRAM),
    "initiatives.gate.decide": may(E, M, scope=PROGRAM),
    "initiatives.gate.approve": may(E, scope=PROGRAM),
    "initiatives.journal.add": may(M, A, N, E, scope=PROGRAM),
    "initiatives.type.edit": may(M, scope=PROGRAM),
    # returns, portfolio ------------------------------------------------------------------------------------------------
    "returns.return.see": may(M, A, N, E),
    "returns.return.recompute": may(M, A, N, scope=PROGRAM),
    "portfolio.overview.see": may(M, A, N, E),
    # intake --------------------------------------------------------------------------------------------------------------
    "intake.import.see": may(M, A),
    "intake.import.run": may(M, A, scope=INTAKE),
    "intake.import.money": may(
        M, scope=INTAKE, why=gettext_lazy("Costs and initiatives are imported by a CX manager.")
    ),
    "intake.mapping.edit": may(M, A, scope=INTAKE),
    # everybody -------------------------------------------------------------------------------------------------------------
    "home.work.see": may(*EVERYBODY),
    "home.search": may(*EVERYBODY),
}


@dataclass(frozen=True, slots=True)
class Allowed:
    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not, in a sentence for a tooltip or an API error."""

    reason: str

    def __bool__(self) -> bool:
        return False


Answer = Allowed | Refused


def _unit_of(obj: Any) -> int | None:
    unit_id = getattr(obj, "unit_id", None)
    if unit_id is None and obj is not None and obj.__class__.__name__ == "Unit":
        return int(obj.pk)
    return unit_id


def can(actor: Actor, action: str, obj: Any = None) -> Answer:
    """May `actor` do `action` (to `obj`)? The answer is true or carries the reason."""
    if actor.is_system:
        return Allowed()
    rule = RULES.get(action)
    if rule is None:
        return Refused(_("Nobody may do this."))
    if actor.kind is Kind.ANONYMOUS:
        return Refused(_("Please sign in."))
    if actor.scopes is not None and rule.scope not in actor.scopes:
        return Refused(_("This API key lacks the scope “%(scope)s”.") % {"scope": rule.scope})
    if not actor.has_role(*rule.roles):
        names = ", ".join(str(ROLE_LABELS[role]) for role in Role if role in rule.roles)
        return Refused(_("This takes one of these roles: %(roles)s.") % {"roles": names})
    unit_id = _unit_of(obj)
    if unit_id is not None and unit_id not in actor.units(*rule.roles):
        return Refused(_("This belongs to a unit outside yours."))
    if rule.condition is not None and not rule.condition(actor, obj):
        return Refused(str(rule.why) or _("The conditions for this are not met."))
    return Allowed()


def require(actor: Actor, action: str, obj: Any = None) -> None:
    """Raise `Denied` with the reason unless `can`."""
    answer = can(actor, action, obj)
    if isinstance(answer, Refused):
        raise Denied(answer.reason)


def sees_money(actor: Actor, obj: Any = None) -> bool:
    """Costs, returns and value models: finance, executive and analyst; CX managers for their own units."""
    return bool(can(actor, "initiatives.cost.see", obj))
