"""Which importer works on which kind, and for whom it writes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.text import slugify

from apps.accounts.selectors import the_organisation
from apps.core.actor import Actor
from apps.feedback.models import Source
from apps.intake.convert import Defaults
from apps.intake.importers.base import Context, Importer
from apps.intake.importers.customers import CustomersImporter, IdentitiesImporter
from apps.intake.importers.evidence import InteractionsImporter, PurchasesImporter
from apps.intake.importers.feedback import FeedbackImporter
from apps.intake.importers.measures import ObservationsImporter
from apps.intake.importers.program import CostLinesImporter, InitiativesImporter
from apps.intake.mapping import Mapping
from apps.intake.models import ImportJob

IMPORTERS: dict[str, type[Importer]] = {
    each.kind: each
    for each in (
        CustomersImporter,
        IdentitiesImporter,
        InteractionsImporter,
        FeedbackImporter,
        PurchasesImporter,
        ObservationsImporter,
        InitiativesImporter,
        CostLinesImporter,
    )
}


def defaults_for(mapping: Mapping) -> Defaults:
    """What holds where the mapping is silent: the organisation's zone, and the scale of the source it names."""
    scale = None
    named = mapping.constants.get("source")
    if mapping.kind == "feedback" and isinstance(named, str):
        scale = Source.objects.filter(key=slugify(named)[:60]).values_list("scale_min", "scale_max").first()
    return Defaults(zone=the_organisation().time_zone, scale=scale)


def context_for(
    mapping: Mapping,
    *,
    actor: Actor,
    now: dt.datetime,
    unit_id: int,
    job: ImportJob | None = None,
    scale: tuple[Decimal, Decimal],
    is_preview: bool = False,
) -> Context:
    """Where an importer writes, by the organisation's zone and currency."""
    company = the_organisation()
    return Context(
        actor=actor,
        now=now,
        zone=ZoneInfo(company.time_zone),
        currency=company.currency,
        unit_id=unit_id,
        job=job,
        is_preview=is_preview,
        notify=bool(job and job.notify),
        scale=scale,
        inherit=mapping.inherit,
        has_scores="score" in mapping.fields(),
    )
