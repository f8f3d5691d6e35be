"""What the import's page shows of a job: its progress, the first rows of each outcome, where the result can be seen."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.core.components import Action, Progress
from apps.feedback.models import Source
from apps.intake.fields import kind_spec
from apps.intake.models import ImportJob, Kind, State

_PHASES: dict[str, str] = {
    State.PREVIEWING: "running",
    State.CONFIRMED: "waiting",
    State.RUNNING: "running",
    State.UNDOING: "running",
}


def job_progress(job: ImportJob, now: dt.datetime) -> Progress | None:
    """The bar of a job that is being worked on; None when nothing is going on."""
    phase = _PHASES.get(job.state)
    if phase is None:
        return None
    titles = {
        State.PREVIEWING: _("Checking %(file)s"),
        State.CONFIRMED: _("Waiting to import %(file)s"),
        State.RUNNING: _("Importing %(file)s"),
        State.UNDOING: _("Undoing %(file)s"),
    }
    total = job.rows_total if job.state != State.UNDOING else None
    return Progress(
        id=f"import-{job.uid}",
        title=titles[State(job.state)] % {"file": job.filename},
        state=phase,  # type: ignore[arg-type]
        done=job.rows_done,
        total=total or None,
        noun=_("rows"),
        started_at=job.started_at if job.state == State.RUNNING else None,
        now=now,
        poll_url=reverse("intake:progress", args=[job.uid]),
        cancel_url="" if job.state == State.UNDOING else reverse("intake:cancel", args=[job.uid]),
    )


@dataclass(frozen=True, slots=True)
class PreviewGroup:
    """The first rows of one outcome: a column per row of the file, a line per field."""

    title: str
    lines: list[int]
    fields: list[tuple[str, list[tuple[str, bool]]]]
    notes: list[str]


def preview_groups(job: ImportJob) -> list[PreviewGroup]:
    """The first rows to be added, changed, skipped; without what is the same for every row."""
    if not job.samples or job.kind == Kind.BUNDLE:
        return []
    titles = {"add": _("To be added"), "change": _("To be changed"), "skip": _("Left as they are")}
    hidden = set(job.mapping.get("constants", {})) | ({"occurred_at"} if job.kind == Kind.FEEDBACK else set())
    spec = kind_spec(job.kind)
    order = [each.name for each in spec.fields]
    found = []
    for action, title in titles.items():
        rows = job.samples.get(action, [])
        if not rows:
            continue
        names = {name for row in rows for name in row["values"]} - hidden
        ranked = sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))
        fields = []
        for name in ranked:
            known = spec.field(name)
            label = str(known.label) if known else name
            fields.append(
                (label, [(row["values"].get(name, ""), name in row.get("changed", [])) for row in rows])
            )
        found.append(
            PreviewGroup(title, [row["line"] for row in rows], fields, [row.get("note", "") for row in rows])
        )
    return found


def outcome_links(job: ImportJob) -> list[Action]:
    """Where the imported rows can be looked at, narrowed to them where the page can."""
    kinds = set(job.steps.values_list("kind", flat=True)) if job.kind == Kind.BUNDLE else {job.kind}
    source = _source(job)
    found: list[tuple[str, str, str, dict[str, str]]] = []
    if "feedback" in kinds:
        narrowed = {"source": source} if source else {}
        found += [
            ("feedback:list", _("Feedback"), "message-circle", narrowed),
            ("cases:list", _("Cases"), "inbox", narrowed),
        ]
    if kinds & {"customers", "identities", "interactions", "purchases", "feedback"}:
        found.append(("customers:list", _("Customers"), "users", {}))
    if kinds & {"feedback", "interactions", "purchases", "kpi_observations"}:
        found.append(("kpis:list", _("KPIs"), "chart-line", {}))
    if kinds & {"initiatives", "cost_lines"}:
        found.append(("initiatives:list", _("Initiatives"), "rocket", {}))
    links = []
    for name, label, icon, query in found:
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        links.append(Action(label, f"{url}?{urlencode(query)}" if query else url, icon=icon))
    return links


def _source(job: ImportJob) -> str:
    """The key of the source the feedback came from, when it is one for the whole file."""
    documents = [step.mapping for step in job.steps.all()] if job.kind == Kind.BUNDLE else [job.mapping]
    for document in documents:
        named = document.get("constants", {}).get("source")
        if document.get("kind") == "feedback" and isinstance(named, str):
            return str(
                Source.objects.filter(key=slugify(named)[:60]).values_list("key", flat=True).first() or ""
            )
    return ""
