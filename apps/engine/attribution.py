"""What did each initiative change? The ladder of methods over one panel, with the reason recorded in words.

Per KPI, `ladder` sorts out what cannot be answered (everywhere at once, too early), estimates the rest jointly against
clean cells, steps down to own history where there is no comparison, and grades each.
"""

from typing import Final

from .digest import digest_of
from .errors import MethodUnavailable, OptionError
from .initiatives import InitiativeTable, check_against
from .ladder import Ladder
from .panel import Panel
from .results import AttributionResult
from .version import ENGINE_VERSION

METHODS: Final = ("auto", "holdout", "imputation", "sdid", "its")


def attribute(
    panel: Panel, initiatives: InitiativeTable, *, method: str = "auto", level: float = 0.95
) -> AttributionResult:
    """The effect of every initiative on every KPI it touches, with intervals at `level`, grades and checks.

    `method` is one of METHODS; a forced method runs wherever it is computable. Raises InputError where the initiatives do
    not fit the panel, OptionError (MethodUnavailable for sdid) for options. The order of rows changes no number.
    """
    if method not in METHODS:
        raise OptionError(f"method '{method}' is unknown; use one of {', '.join(METHODS)}")
    if method == "sdid":
        raise MethodUnavailable("method 'sdid' is not in this version; use imputation, or auto")
    if not 0.5 <= level < 1:
        raise OptionError(f"level {level:g} is not between 0.5 and 1; use for example 0.95")
    check_against(panel, initiatives)
    results = tuple(Ladder(each, initiatives, method, level).result() for each in panel.kpis)
    digest = digest_of(ENGINE_VERSION, panel.digest, initiatives.digest, method, level)
    return AttributionResult(ENGINE_VERSION, digest, panel.warnings, results)
