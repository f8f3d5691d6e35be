"""The verbs of the KPI room, by noun."""

from apps.kpis.services.dictionary import kpi_create, kpi_edit
from apps.kpis.services.observations import (
    observation_faults,
    observations_forget,
    observations_record,
    observations_restore,
)
from apps.kpis.services.rollup import (
    TOPIC,
    evidence_handle,
    rollup_check,
    rollup_handle,
    rollup_mark,
    rollup_rebuild,
    rollup_work,
)
from apps.kpis.services.shipped import kpis_ship_definitions
from apps.kpis.services.values import (
    value_model_create,
    value_model_edit,
    value_model_retire,
    value_model_sign,
)

__all__ = [
    "TOPIC",
    "evidence_handle",
    "kpi_create",
    "kpi_edit",
    "kpis_ship_definitions",
    "observation_faults",
    "observations_forget",
    "observations_record",
    "observations_restore",
    "rollup_check",
    "rollup_handle",
    "rollup_mark",
    "rollup_rebuild",
    "rollup_work",
    "value_model_create",
    "value_model_edit",
    "value_model_retire",
    "value_model_sign",
]
