"""What the codes of `rules.py` and the audit log mean, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# R 0.05 (what stays, what growing costs), 0.08 (analyses), 0.09 (who benefits), 2.04 (owners), 2.15 (advocate).
GAP_WORDS = {
    "summary": _("Say what we do, for whom, and why."),
    "budget": _("Give the budget."),
    "stays_6m": _("Say what share of the return is left 6 months after spending stops."),
    "stays_12m": _("Say what share is left after 12 months."),
    "stays_24m": _("Say what share is left after 24 months."),
    "cost_per_1000": _("Say what another 1,000 customers would cost."),
    "customer_gain": _("Say what the customer gains."),
    "company_gain": _("Say what the company gains."),
    "trust_risk": _("Judge the risk to customers' trust."),
    "is_comfortable_public": _("Say whether we would be comfortable if customers read this."),
    "advocate": _("Name an advocate in leadership, or say why there is none."),
    "operational_owner": _("Name who runs what changes, outside the CX team."),
    "links": _("Link at least one KPI that this should move."),
    "treatments": _("Say where and when: at least one unit with its start."),
    "started": _("At least one treated unit has to have started."),
    "transformation": _("Name the intended transformation, who will do it, and by when."),
}

# Where the answer is given when it is not a field of the gate form.
GAP_TABS = {"links": "kpis", "treatments": "treatments", "started": "treatments"}

EVENT_WORDS = {
    "initiatives.initiative.created": _("Created"),
    "initiatives.initiative.edited": _("Edited"),
    "initiatives.treatment.added": _("Where and when: added"),
    "initiatives.treatment.edited": _("Where and when: changed"),
    "initiatives.treatment.removed": _("Where and when: removed"),
    "initiatives.cost.added": _("Cost added"),
    "initiatives.cost.edited": _("Cost changed"),
    "initiatives.cost.removed": _("Cost removed"),
    "initiatives.link.added": _("KPI linked"),
    "initiatives.link.edited": _("KPI link changed"),
    "initiatives.link.removed": _("KPI link removed"),
    "initiatives.gate.decided": _("Gate decision"),
    "initiatives.gate.recorded": _("Stage recorded afterwards"),
    "initiatives.journal.added": _("Journal entry"),
    "initiatives.cost.recorded": _("Cost taken from a file"),
    "returns.snapshot.stored": _("Return computed"),
}
