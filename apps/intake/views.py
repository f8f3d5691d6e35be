"""Pages of imports: upload, map, check, confirm, watch, undo."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import policy
from apps.accounts.selectors import history_of
from apps.core.components import Action, Crumb, Item, Tab
from apps.core.errors import DomainError, NotVisible
from apps.core.export import csv_response
from apps.core.htmx import redirect_or_refresh, render_page
from apps.intake import selectors
from apps.intake.fields import KINDS
from apps.intake.forms import ConfirmForm, MapForm, SavedMappingForm, UploadForm, map_initial
from apps.intake.mapping import Mapping, mapping_parse
from apps.intake.models import ImportJob, ImportMapping, State
from apps.intake.pages import job_progress, outcome_links, preview_groups
from apps.intake.presets import PRESETS
from apps.intake.reading.faults import FileRefused
from apps.intake.services import (
    bundle_submit,
    import_cancel,
    import_confirm,
    import_map,
    import_preview,
    import_submit,
    import_undo,
    mapping_delete,
    mapping_save,
)
from apps.intake.storage import Stored, upload_forget, upload_keep
from apps.intake.transitions import moves_from


def _crumbs(*more: Crumb) -> list[Crumb]:
    return [Crumb(_("Imports"), reverse("intake:list")), *more]


def _job(request: HttpRequest, uid: Any) -> ImportJob:
    rows = ImportJob.objects.visible_to(request.actor).select_related("created_by", "unit", "parent")  # type: ignore[attr-defined]
    return rows.the(uid=uid)


# ---- upload ------------------------------------------------------------------------------------------------------------


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
        "crumbs": _crumbs(Crumb(_("Import a file"))),
        "form": form,
        "submit_label": _("Upload and look"),
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


# ---- mapping -----------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def map_columns(request: HttpRequest, uid: Any) -> HttpResponse:
    """What each column means: guessed, to be corrected, kept under a name if wished."""
    job = _job(request, uid)
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
        "crumbs": _crumbs(Crumb(job.filename, job.get_absolute_url()), Crumb(_("Columns"))),
        "title": _("What do the columns mean?"),
        "chooser": chooser if saved.exists() else None,
        "guessed": job.layout.get("guessed", []),
        "cancel_url": job.get_absolute_url(),
    }
    return render_page(
        request, "intake/map.html", context, fragments={"map-form": "intake/_map_form.html"}, status=status
    )


# ---- one import --------------------------------------------------------------------------------------------------------


@login_required
@require_safe
def detail(request: HttpRequest, uid: Any) -> HttpResponse:
    """Where the import stands, what it would do or did, and what can be done next."""
    job = _job(request, uid)
    actor = request.actor  # type: ignore[attr-defined]
    tab = request.GET.get("tab", "overview")
    may = policy.can(actor, "intake.import.run", job)
    context = {
        "job": job,
        "tab": tab,
        "crumbs": _crumbs(Crumb(job.filename)),
        "tabs": [
            Tab(_("Overview"), "?tab=overview", active=tab != "history"),
            Tab(_("History"), "?tab=history", active=tab == "history"),
        ],
        "progress": job_progress(job, timezone.now()),
        "items": _items(job),
        "actions": _actions(job, "" if may else may.reason),  # type: ignore[union-attr]
        "may_run": bool(may) and job.parent_id is None,
        "moves": moves_from(job.state),
        "steps": list(job.steps.order_by("position")) if job.kind == "bundle" else [],
        "confirm_form": ConfirmForm(initial={"notify": job.notify}),
        "groups": preview_groups(job),
        "rejects": list(job.rejects.all()[:20]) if tab != "history" else [],
        "links": outcome_links(job) if job.state == State.DONE else [],
        "history": history_of(job, actor) if tab == "history" else [],
    }
    return render_page(request, "intake/detail.html", context)


def _items(job: ImportJob) -> list[Item]:
    layout = job.layout
    marks = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": "|"}
    guessed = set(layout.get("guessed", []))
    items = [
        Item(_("Kind"), job.get_kind_display()),
        Item(_("Unit for rows that name none"), job.unit.name),
        Item(_("Uploaded by"), job.created_by.name if job.created_by else _("The system")),
    ]
    if layout.get("encoding"):
        sure = _(" (guessed)") if "encoding" in guessed else ""
        items.append(Item(_("Encoding"), f"{layout['encoding'].upper()}{sure}"))
    if layout.get("delimiter"):
        items.append(Item(_("Delimiter"), marks.get(layout["delimiter"], layout["delimiter"])))
    if job.parent is not None:
        items.append(Item(_("Part of"), job.parent.filename, url=job.parent.get_absolute_url()))
    return items


def _actions(job: ImportJob, denied: str) -> list[Action]:
    if job.parent_id is not None:
        return []
    moves = moves_from(job.state)
    found = []
    if "map" in moves and job.kind != "bundle":
        found.append(
            Action(_("Columns"), reverse("intake:map", args=[job.uid]), icon="columns", denied=denied)
        )
    if "preview" in moves and job.kind == "bundle":
        found.append(
            Action(
                _("Check again"),
                reverse("intake:check", args=[job.uid]),
                icon="refresh",
                method="post",
                denied=denied,
            )
        )
    if "undo" in moves and (job.added or job.changed):
        found.append(
            Action(
                _("Undo"),
                reverse("intake:undo", args=[job.uid]),
                icon="arrow-back-up",
                danger=True,
                denied=denied,
            )
        )
    if "cancel" in moves and not job.is_busy:
        found.append(
            Action(
                _("Drop"), reverse("intake:cancel", args=[job.uid]), icon="x", method="post", denied=denied
            )
        )
    return found


@login_required
@require_safe
def progress(request: HttpRequest, uid: Any) -> HttpResponse:
    """The progress bar alone; when the work is over the browser is sent to the whole page."""
    job = _job(request, uid)
    bar = job_progress(job, timezone.now())
    if getattr(request, "htmx", None) and (bar is None or bar.is_over):
        return redirect_or_refresh(request, job.get_absolute_url())
    if bar is None:
        return redirect(job)
    return render_page(
        request, "intake/progress.html", {"job": bar, "crumbs": _crumbs(Crumb(job.filename, job.get_absolute_url()))},
        fragments={bar.id: "components/progress_fragment.html"},
    )  # fmt: skip


@login_required
@require_POST
def check(request: HttpRequest, uid: Any) -> HttpResponse:
    job = import_preview(actor=request.actor, now=timezone.now(), job=_job(request, uid))  # type: ignore[attr-defined]
    return redirect_or_refresh(request, job.get_absolute_url())


@login_required
@require_POST
def confirm(request: HttpRequest, uid: Any) -> HttpResponse:
    form = ConfirmForm(request.POST)
    form.is_valid()
    job = import_confirm(
        actor=request.actor, now=timezone.now(), job=_job(request, uid), notify=bool(form.cleaned_data.get("notify"))  # type: ignore[attr-defined]
    )  # fmt: skip
    return redirect_or_refresh(request, job.get_absolute_url())


@login_required
@require_POST
def cancel(request: HttpRequest, uid: Any) -> HttpResponse:
    job = import_cancel(actor=request.actor, now=timezone.now(), job=_job(request, uid))  # type: ignore[attr-defined]
    messages.success(request, _("Cancelled. What was already imported stays, and can be undone."))
    return redirect_or_refresh(request, job.get_absolute_url())


@login_required
@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, uid: Any) -> HttpResponse:
    """Ask, then take the import back."""
    job = _job(request, uid)
    policy.require(request.actor, "intake.import.run", job)  # type: ignore[attr-defined]
    if request.method == "POST":
        import_undo(actor=request.actor, now=timezone.now(), job=job)  # type: ignore[attr-defined]
        return redirect_or_refresh(request, job.get_absolute_url())
    context = {
        "title": _("Undo this import?"),
        "sentence": job.filename,
        "crumbs": _crumbs(Crumb(job.filename, job.get_absolute_url()), Crumb(_("Undo"))),
        "consequences": [
            _("%(count)d rows that it added are removed, with cases nobody has worked on.")
            % {"count": job.added},
            _("%(count)d rows that it changed get their former values back.") % {"count": job.changed},
            _("What somebody has touched since stays, and is counted."),
        ],
        "action_label": _("Undo the import"),
        "cancel_url": job.get_absolute_url(),
        "danger": True,
    }
    return render_page(request, "components/confirm_page.html", context)


# ---- templates and saved mappings ----------------------------------------------------------------------------------------


@login_required
@require_safe
def templates(request: HttpRequest) -> HttpResponse:
    """A template file per kind, with what each column means."""
    policy.require(request.actor, "intake.import.see")  # type: ignore[attr-defined]
    return render_page(
        request, "intake/templates.html",
        {"kinds": KINDS.values(), "crumbs": _crumbs(Crumb(_("Templates")))},
    )  # fmt: skip


@login_required
@require_safe
def template_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    policy.require(request.actor, "intake.import.see")  # type: ignore[attr-defined]
    if kind not in KINDS:
        raise NotVisible
    header, example = selectors.template_rows(kind)
    return csv_response(f"template-{kind}", header, [example])


@login_required
@require_safe
def mapping_detail(request: HttpRequest, uid: Any) -> HttpResponse:
    """A saved mapping as the document that command and API take."""
    row = ImportMapping.objects.visible_to(request.actor).the(uid=uid)  # type: ignore[attr-defined]
    delete = Action(_("Delete"), reverse("intake:mapping_delete", args=[row.uid]), icon="trash", danger=True)
    context = {
        "mapping": row,
        "crumbs": _crumbs(Crumb(_("Saved mappings"), reverse("intake:mappings")), Crumb(row.name)),
        "actions": [delete],
        "history": history_of(row, request.actor),  # type: ignore[attr-defined]
    }
    return render_page(request, "intake/mapping.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def mapping_forget(request: HttpRequest, uid: Any) -> HttpResponse:
    row = ImportMapping.objects.visible_to(request.actor).the(uid=uid)  # type: ignore[attr-defined]
    if request.method == "POST":
        mapping_delete(actor=request.actor, now=timezone.now(), mapping=row)  # type: ignore[attr-defined]
        messages.success(request, _("The mapping is deleted."))
        return redirect_or_refresh(request, reverse("intake:mappings"))
    policy.require(request.actor, "intake.mapping.edit")  # type: ignore[attr-defined]
    context = {
        "title": _("Delete this mapping?"),
        "sentence": row.name,
        "crumbs": _crumbs(Crumb(_("Saved mappings"), reverse("intake:mappings")), Crumb(row.name)),
        "consequences": [_("Imports that used it keep their own copy.")],
        "action_label": _("Delete"),
        "cancel_url": row.get_absolute_url(),
        "danger": True,
    }
    return render_page(request, "components/confirm_page.html", context)
