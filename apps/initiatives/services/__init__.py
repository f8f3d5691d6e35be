"""The verbs of the room. Each loads what the actor may see, asks the policy, and leaves a trace."""

from apps.initiatives.services.costs import cost_add, cost_edit, cost_record, cost_remove
from apps.initiatives.services.gates import gate_decide, journal_add, stage_record
from apps.initiatives.services.initiatives import ANSWERS, EDITABLE, initiative_create, initiative_edit
from apps.initiatives.services.links import link_add, link_edit, link_remove
from apps.initiatives.services.treatments import treatment_add, treatment_edit, treatment_remove
from apps.initiatives.services.types import investment_type_save, investment_types_ship

__all__ = [
    "ANSWERS",
    "EDITABLE",
    "cost_add",
    "cost_edit",
    "cost_record",
    "cost_remove",
    "gate_decide",
    "initiative_create",
    "initiative_edit",
    "investment_type_save",
    "investment_types_ship",
    "journal_add",
    "link_add",
    "link_edit",
    "link_remove",
    "stage_record",
    "treatment_add",
    "treatment_edit",
    "treatment_remove",
]
