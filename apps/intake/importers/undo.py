"""Taking an import back, newest change first, in batches that each forget what they undid: it resumes like the import.

What somebody touched since stays and is counted: a changed value is only put back where it still is what the import
wrote, and an added row only goes when nothing else has come to depend on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.apps import apps as registry
from django.db import models, transaction
from django.db.models import F, ProtectedError, Q

from apps.cases.models import Case, CaseInteraction, CaseResponse
from apps.cases.services import cases_forget_untouched
from apps.core.actor import Actor
from apps.customers.models import Consent, Customer, Identity, Interaction, KeyDate, Purchase
from apps.customers.services import customer_values_refresh
from apps.feedback.models import Response, Source
from apps.initiatives.models import CostLine, Initiative, Stage, Treatment
from apps.initiatives.services import cost_remove, treatment_remove
from apps.intake.importers.base import plain
from apps.intake.models import ImportChange, ImportJob
from apps.kpis.models import Kpi, Observation
from apps.kpis.services import rollup_mark

BATCH = 500
ORIGINS: dict[type[models.Model], str] = {
    Response: "feedback",
    Interaction: "interactions",
    Purchase: "purchases",
}


def undo_batch(job: ImportJob, *, actor: Actor, now: dt.datetime) -> tuple[int, int]:
    """Undo the newest batch of the job's changes in the caller's transaction: (changes worked off, rows kept)."""
    changes = list(ImportChange.objects.filter(job=job).order_by("-id")[:BATCH])
    kept = 0
    groups: list[tuple[tuple[str, bool], list[ImportChange]]] = []
    for change in changes:  # neighbours of one table go together, the order between tables stays
        key = (change.table, change.is_added)
        if not groups or groups[-1][0] != key:
            groups.append((key, []))
        groups[-1][1].append(change)
    for (table, is_added), group in groups:
        model = registry.get_model(table)
        rows = model._default_manager.in_bulk([change.object_id for change in group])
        mark(model, list(rows.values()))
        if is_added:
            kept += _remove(model, list(rows.values()), job, actor, now)
        else:
            kept += sum(_restore(rows.get(change.object_id), change) for change in group)
        mark(model, list(model._default_manager.filter(pk__in=list(rows))))
        if model is Purchase:
            owners = {row.customer_id for row in rows.values() if row.customer_id}
            customer_values_refresh(actor=Actor.system("import"), now=now, customer_ids=sorted(owners))
    ImportChange.objects.filter(pk__in=[change.pk for change in changes]).delete()
    return len(changes), kept


def mark(model: type[models.Model], rows: Sequence[Any]) -> None:
    """KPIs derived from these rows are computed again."""
    origin = ORIGINS.get(model)
    if origin:
        rollup_mark(origin=origin, keys={(row.unit_id, row.local_date) for row in rows})
    elif model is Observation:
        Kpi.objects.filter(pk__in={row.kpi_id for row in rows}).update(data_version=F("data_version") + 1)


def _restore(row: Any, change: ImportChange) -> int:
    """Put a changed row's values back; 1 when somebody changed them since, so that it stays."""
    if row is None:
        return 0
    after, before = change.after or {}, change.before or {}
    if any(plain(getattr(row, name)) != value for name, value in after.items()):
        return 1
    for name, value in before.items():
        field = row._meta.get_field(name)
        setattr(
            row,
            name,
            field.to_python(value) if not isinstance(field, (models.JSONField, models.ForeignKey)) else value,
        )
    names = list(before)
    for counter in ("version", "input_version"):
        if hasattr(row, counter):
            setattr(row, counter, getattr(row, counter) + 1)
            names.append(counter)
    row.save(update_fields=names)
    return 0


def _remove(
    model: type[models.Model], rows: list[Any], job: ImportJob, actor: Actor, now: dt.datetime
) -> int:
    """Delete added rows that nothing else depends on; how many stay."""
    check = _FREE.get(model)
    free = check(rows, job) if check else rows
    if model is CostLine:
        for row in free:
            cost_remove(actor=actor, now=now, cost=row)
    elif model is Treatment:
        for row in free:
            treatment_remove(actor=actor, now=now, treatment=row)
    else:
        try:
            with transaction.atomic():
                model._default_manager.filter(pk__in=[row.pk for row in free]).delete()
        except ProtectedError:
            free = [row for row in free if _goes(row)]
    return len(rows) - len(free)


def _goes(row: models.Model) -> bool:
    try:
        with transaction.atomic():
            row.delete()
    except ProtectedError:
        return False
    return True


def _family(job: ImportJob) -> Q:
    """The job, or all files of its bundle: they are imported and undone as one."""
    return Q(job__parent=job.parent_id) if job.parent_id else Q(job=job)


def _untouched(rows: list[Any], job: ImportJob) -> list[Any]:
    """Rows that no other import changed."""
    if not rows:
        return []
    others = ImportChange.objects.filter(
        table=rows[0]._meta.label_lower, object_id__in=[row.pk for row in rows]
    )
    touched = set(others.exclude(_family(job)).values_list("object_id", flat=True))
    return [row for row in rows if row.pk not in touched]


def _free_responses(rows: list[Any], job: ImportJob) -> list[Any]:
    """Responses that are in no case any more, once the cases that nobody worked on are gone.

    A case may be about further responses of this import that a later batch will take back.
    """
    rows = _untouched(rows, job)
    ids = {row.pk for row in rows}
    cases = CaseResponse.objects.filter(response_id__in=ids).values("case_id")
    siblings = CaseResponse.objects.filter(case_id__in=cases).values("response_id")
    added = ImportChange.objects.filter(
        job=job, table="feedback.response", is_added=True, object_id__in=siblings
    )
    leaving = ids | set(added.values_list("object_id", flat=True))
    cases_forget_untouched(
        actor=Actor.system("import"), now=dt.datetime.now(dt.UTC), response_ids=sorted(leaving)
    )
    held = set(CaseResponse.objects.filter(response_id__in=ids).values_list("response_id", flat=True))
    return [row for row in rows if row.pk not in held]


def _free_interactions(rows: list[Any], job: ImportJob) -> list[Any]:
    """Interactions that opened no case."""
    rows = _untouched(rows, job)
    held = CaseInteraction.objects.filter(interaction_id__in=[row.pk for row in rows])
    held_ids = set(held.values_list("interaction_id", flat=True))
    return [row for row in rows if row.pk not in held_ids]


def _free_customers(rows: list[Any], job: ImportJob) -> list[Any]:
    """Customers without any trace but their identities."""
    rows = [row for row in _untouched(rows, job) if row.version == 1]
    ids = [row.pk for row in rows]
    used: set[int | None] = set()
    for model in (Interaction, Purchase, Response, Case, KeyDate, Consent):
        used |= set(model._default_manager.filter(customer_id__in=ids).values_list("customer_id", flat=True))
    used |= set(Customer.objects.filter(merged_into_id__in=ids).values_list("merged_into_id", flat=True))
    return [row for row in rows if row.pk not in used]


def _free_identities(rows: list[Any], job: ImportJob) -> list[Any]:
    """Identities go, unless their customer came with this import and stays: the same file must find them again."""
    owners = {row.customer_id for row in rows}
    came = ImportChange.objects.filter(
        _family(job), table="customers.customer", is_added=True, object_id__in=owners
    )
    came_ids = set(came.values_list("object_id", flat=True))
    leaving = {row.pk for row in _free_customers(list(Customer.objects.filter(pk__in=came_ids)), job)}
    return [row for row in rows if row.customer_id not in came_ids or row.customer_id in leaving]


def _free_sources(rows: list[Any], job: ImportJob) -> list[Any]:
    used = set(
        Response.objects.filter(source_id__in=[row.pk for row in rows]).values_list("source_id", flat=True)
    )
    return [row for row in rows if row.pk not in used and row.version == 1]


def _free_initiatives(rows: list[Any], job: ImportJob) -> list[Any]:
    """Initiatives that are still an idea without parts."""
    return [
        row
        for row in rows
        if row.stage == Stage.IDEA
        and not (row.treatments.exists() or row.costs.exists() or row.links.exists())
    ]


_FREE: dict[type[models.Model], Callable[[list[Any], ImportJob], list[Any]]] = {
    Response: _free_responses,
    Customer: _free_customers,
    Identity: _free_identities,
    Source: _free_sources,
    Interaction: _free_interactions,
    Purchase: _untouched,
    Observation: _untouched,
    Initiative: _free_initiatives,
}
