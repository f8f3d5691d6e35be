"""Upload a file, then say what its columns mean."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts import policy
from apps.core.components import Crumb
from apps.core.errors import DomainError
from apps.core.htmx import redirect_or_refresh, render_page
from apps.intake import selectors
from apps.intake.forms import MapForm, SavedMappingForm, UploadForm, map_initial
from apps.intake.mapping import Mapping, mapping_parse
from apps.intake.models import ImportJob, ImportMapping
from apps.intake.presets import PRESETS
from apps.intake.reading.faults import FileRefused
from apps.intake.services import bundle_submit, import_map, import_preview, import_submit, mapping_save
from apps.intake.storage import Stored, upload_forget, upload_keep
from apps.intake.transitions import moves_from
from apps.intake.views._shared import crumbs, job_of


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Pick a file (or the files of a bundle). A first look tells kind, columns and open questions."""
    actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "intake.import.run")
    units = selectors.units_for(actor)
    form = UploadForm(request.POST or None, request.FILES or None, units=units)
    if request.method == "POST":
        if form.is_valid():
            try:
                job = _submitted(request, form.cleaned_data)
                return redirect_or_refresh(
                    request,
                    reverse("intake:map" if job.kind != "bundle" else "intake:detail", args=[job.uid]),
                )
            except FileRefused as refused:
                form.add_error("files", str(refused))
            except DomainError as refused:
                form.add_error(None, refused.message)
        return render_page(
            request,
            "intake/new.html",
            _upload_context(form),
            fragments={"form-page": "components/_form_page.html"},
            status=422,
        )
    return render_page(request, "intake/new.html", _upload_context(form))


def _upload_context(form: UploadForm) -> dict[str, Any]:
    return {
        "title": _("Import a file"),
        "sentence": _("Nothing is written before you have seen what would happen."),
        "crumbs": crumbs(Crumb(_("Import a file"))),
        "form": form,
        "submit_label": _("Upload and look"),
        "draft": "",
        "danger": False,
        "cancel_url": reverse("intake:list"),
        "presets": [(each.name, each.help, ", ".join(each.files)) for each in PRESETS.values()],
    }


def _submitted(request: HttpRequest, data: dict[str, Any]) -> ImportJob:
    """Keep the uploads and make their job; what was kept is removed again when they are refused."""
    actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
    kept: dict[str, Stored] = {}
    try:
        for upload in data["files"]:
            kept[upload.name] = upload_keep(upload.chunks(), upload.name, size=upload.size)
        if data["preset"]:
            job = bundle_submit(actor=actor, now=now, preset=data["preset"], files=kept, unit=data["unit"])
            return import_preview(actor=actor, now=now, job=job)
        name, stored = next(iter(kept.items()))
        seen = selectors.look(stored.name, name, kind=data["kind"])
        return import_submit(
            actor=actor, now=now, kind=seen.kind, filename=name, stored=stored, unit=data["unit"],
            mapping=seen.mapping.document(), layout=_layout(seen), questions=_questions(seen),
        )  # fmt: skip
    except (FileRefused, DomainError):
        for stored in kept.values():
            upload_forget(stored.name)
        raise


def _layout(seen: selectors.FirstLook) -> dict[str, Any]:
    layout = seen.layout
    return {
        "form": layout.form, "encoding": layout.encoding, "delimiter": layout.delimiter, "sheet": layout.sheet,
        "guessed": list(layout.guessed),
    }  # fmt: skip


def _questions(seen: selectors.FirstLook) -> list[dict[str, Any]]:
    return [
        {
            "setting": each.setting,
            "words": each.message,
            "choices": list(each.choices),
            "columns": list(each.columns),
        }
        for each in seen.questions
    ]


@login_required
@require_http_methods(["GET", "POST"])
def map_columns(request: HttpRequest, uid: Any) -> HttpResponse:
    """What each column means: guessed, to be corrected, kept under a name if wished."""
    job = job_of(request, uid)
    actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "intake.import.run", job)
    if "map" not in moves_from(job.state) or job.kind == "bundle":
        return redirect(job)
    mapping = _mapping_shown(request, job)
    columns = selectors.job_columns(job, mapping)
    options = {
        "kind": job.kind,
        "columns": columns,
        "sheets": selectors.job_sheets(job),
        "is_xlsx": job.layout.get("form") == "xlsx",
    }
    initial = map_initial(mapping, job.layout, selectors.job_zone(mapping), selectors.job_scale(job, mapping))
    if request.method == "GET":
        return _map_page(request, job, MapForm(initial=initial, **options))
    form = MapForm(request.POST, initial=initial, **options)
    if not form.is_valid():
        return _map_page(request, job, form, status=422)
    try:
        if _reread(request, job, form):
            messages.info(request, _("The file was read again with these settings."))
            return redirect_or_refresh(request, request.path)
        return _mapped(request, job, form)
    except FileRefused as refused:
        form.add_error(None, str(refused))
    except DomainError as refused:
        form.add_error(None, refused.message)
    return _map_page(request, job, form, status=422)


def _mapping_shown(request: HttpRequest, job: ImportJob) -> Mapping:
    """The job's mapping, or the saved one that `?saved=` names."""
    wanted = request.GET.get("saved")
    if wanted:
        rows = ImportMapping.objects.visible_to(request.actor).for_kind(job.kind)  # type: ignore[attr-defined]
        return mapping_parse(rows.the(uid=wanted).document, job.kind)
    return selectors.job_mapping(job)


def _reread(request: HttpRequest, job: ImportJob, form: MapForm) -> bool:
    """When encoding, delimiter or sheet were corrected the columns may be others: look again."""
    data = form.cleaned_data
    now_read = {name: data[name] for name in ("encoding", "delimiter", "sheet") if data.get(name)}
    if all(job.layout.get(name) == value for name, value in now_read.items()):
        return False
    seen = selectors.look(
        job.stored_as, job.filename, kind=job.kind, mapping=Mapping(kind=job.kind, **now_read)
    )
    import_map(
        actor=request.actor, now=timezone.now(), job=job, mapping=seen.mapping.document(), names=seen.names,  # type: ignore[attr-defined]
        layout=_layout(seen), questions=_questions(seen), is_partial=True,
    )  # fmt: skip
    return seen.names != [column.name for column in form.columns]


def _mapped(request: HttpRequest, job: ImportJob, form: MapForm) -> HttpResponse:
    actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
    names = [column.name for column in form.columns]
    document = form.document()
    job = import_map(actor=actor, now=now, job=job, mapping=document, names=names)
    if form.cleaned_data["save_as"]:
        mapping_save(
            actor=actor, now=now, name=form.cleaned_data["save_as"], kind=job.kind, document=document
        )
    import_preview(actor=actor, now=now, job=job)
    return redirect_or_refresh(request, job.get_absolute_url())


def _map_page(request: HttpRequest, job: ImportJob, form: MapForm, status: int = 200) -> HttpResponse:
    saved = ImportMapping.objects.visible_to(request.actor).for_kind(job.kind)  # type: ignore[attr-defined]
    chooser = SavedMappingForm(initial={"saved": request.GET.get("saved", "")})
    chooser.fields["saved"].queryset = saved  # type: ignore[attr-defined]
    context = {
        "job": job,
        "form": form,
        "crumbs": crumbs(Crumb(job.filename, job.get_absolute_url()), Crumb(_("Columns"))),
        "title": _("What do the columns mean?"),
        "chooser": chooser if saved.exists() else None,
        "guessed": job.layout.get("guessed", []),
        "cancel_url": job.get_absolute_url(),
    }
    return render_page(
        request, "intake/map.html", context, fragments={"map-form": "intake/_map_form.html"}, status=status
    )
