"""What verdicts, notes and methods mean, in words and with the next step."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.figures import HONEST_STATES

# A KPI whose last value is older than this no longer says until when a return counts.
MONTHS_A_KPI_MAY_BE_OLD = 6

VERDICTS = {
    "positive": _("Proven gain: the whole range lies above zero."),
    "negative": _("It costs more than it brings: the whole range of the return lies below zero."),
    "none_found": _("No return found: the range holds zero, so chance alone could give it."),
    "too_early": _("Too early to judge: fewer than two measured periods since the start."),
    "not_separable": _("Not separable: another initiative runs in the same units at the same time."),
    "no_comparison": _("No comparison group: it started in all units at once."),
    "no_data": _("Nothing measured: the linked KPIs have no values in the treated units."),
    "no_value": _(
        "Not valued: the linked KPIs say whether it works, but no value model says what that is worth."
    ),
    "no_kpi": _("No KPI is linked, so there is nothing to compute."),
    "not_begun": _("Not begun: an idea or a business case has no return yet."),
    "other_currency": _("The value model is in another currency, and no rate is given."),
}
SHORT = {
    "positive": _("Gain"),
    "negative": _("Loss"),
    "none_found": _("None found"),
    "too_early": _("Too early to judge"),
    "not_separable": _("Not separable"),
    "no_comparison": _("No comparison group"),
    "no_data": _("No data"),
    "no_value": _("Not valued"),
    "no_kpi": _("No KPI linked"),
    "not_begun": _("Not begun"),
    "other_currency": _("Other currency"),
    "not_computed": _("Not computed yet"),
}
NEXT = {
    "positive": _("Consider extending it to units that do not have it yet."),
    "negative": _("Decide at the gate whether to stop or to change it."),
    "none_found": _("Decide on other grounds, or keep it where it is and collect more periods."),
    "too_early": _("Look again when the expected lag is over."),
    "not_separable": _("Start the next one six weeks apart, or leave some units without one of the two."),
    "no_comparison": _("Leave some units without it for a while, or read before and after with care."),
    "no_data": _("Import observations of the KPI for the treated units."),
    "no_value": _("Add a value model to one of the linked KPIs and let finance sign it."),
    "no_kpi": _("Link the KPI that should move."),
    "not_begun": _("Take it through the gates; then its return is computed each night."),
    "other_currency": _("Give the value model in the currency of the initiative."),
    "not_computed": _("Press Recompute, or wait for the nightly run."),
}
NOTES = {
    "other_costs": _(
        "Costs in %(detail)s are not added: no exchange rate is given. ROI and net present value are left out."
    ),
    "plan_stands_in": _("No actual cost is entered yet; the plan stands in for it."),
    "other_value": _("The value model %(detail)s is in another currency and pays nothing here."),
    "retired": _("The value model %(detail)s is no longer in use and pays nothing."),
    "unsigned": _(
        "The value model %(detail)s is not signed by finance: the amount counts, but is provisional."
    ),
    "revenue": _("The value model %(detail)s is revenue, not margin: the return is overstated."),
    "sign": _("Check the sign of the value model %(detail)s: a better KPI would cost money."),
}
METHODS = {
    "holdout": _("Treated and held-out units, chosen by lot, are compared directly."),
    "imputation": _(
        "Units without any initiative at the time show what would have happened (difference in differences)."
    ),
    "its": _("Only the units' own history before the start is used: trend and season carried forward."),
    "none": _("Nothing shows what would have happened without it."),
}
OF_ONE = "key:"  # the scope of a run for one initiative: this and its key
RUN_SCOPES = {
    "all": _("All initiatives"),
    "stale": _("What became stale"),
    "nightly": _("Nightly run"),
}


def scope_words(scope: str) -> str:
    """What a run computes, in words."""
    if scope.startswith(OF_ONE):
        return gettext("Return of %(key)s") % {"key": scope.removeprefix(OF_ONE)}
    return str(RUN_SCOPES.get(scope, scope))


def honest_state(verdict: str) -> str:
    """The code of HONEST_STATES that stands for a verdict without a number; empty for one with a number."""
    if verdict in HONEST_STATES:
        return verdict
    return {
        "none_found": "not_provable",
        "no_value": "not_provable",
        "no_kpi": "not_provable",
        "not_begun": "too_early",
        "other_currency": "not_provable",
    }.get(verdict, "")
