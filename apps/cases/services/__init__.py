"""The verbs of the cases room: opening, working, the clocks, the rules."""

from apps.cases.services.clocks import Swept, breaches_sweep
from apps.cases.services.opening import (
    CaseCounts,
    case_open,
    case_open_for_event,
    case_open_for_response,
    cases_forget_untouched,
    cases_open_for_events,
    cases_open_for_responses,
)
from apps.cases.services.ruling import rule_delete, rule_save
from apps.cases.services.teamwork import (
    BulkAssigned,
    case_assign,
    case_hand_over,
    case_take,
    cases_bulk_assign,
)
from apps.cases.services.work import case_close, case_log_contact, case_note, case_reopen, case_resolve

__all__ = [
    "BulkAssigned",
    "CaseCounts",
    "Swept",
    "breaches_sweep",
    "case_assign",
    "case_close",
    "case_hand_over",
    "case_log_contact",
    "case_note",
    "case_open",
    "case_open_for_event",
    "case_open_for_response",
    "case_reopen",
    "case_resolve",
    "case_take",
    "cases_bulk_assign",
    "cases_forget_untouched",
    "cases_open_for_events",
    "cases_open_for_responses",
    "rule_delete",
    "rule_save",
]
