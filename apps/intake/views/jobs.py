"""One import: where it stands, and the moves it allows."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import policy
from apps.accounts.selectors import history_of
from apps.core.components import Action, Crumb, Item, Tab
from apps.core.htmx import redirect_or_refresh, render_page
from apps.intake.forms import ConfirmForm
from apps.intake.models import ImportJob, State
from apps.intake.pages import job_progress, outcome_links, preview_groups
from apps.intake.services import import_cancel, import_confirm, import_preview, import_undo
from apps.intake.transitions import moves_from
from apps.intake.views._shared import crumbs, job_of


@login_required
@require_safe
def detail(request: HttpRequest, uid: Any) -> HttpResponse:
    """Where the import stands, what it would do or did, and what can be done next."""
    job = job_of(request, uid)
    actor = request.actor  # type: ignore[attr-defined]
    tab = request.GET.get("tab", "overview")
    may = policy.can(actor, "intake.import.run", job)
    context = {
        "job": job,
        "tab": tab,
        "crumbs": crumbs(Crumb(job.filename)),
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
    job = job_of(request, uid)
    bar = job_progress(job, timezone.now())
    if getattr(request, "htmx", None) and (bar is None or bar.is_over):
        return redirect_or_refresh(request, job.get_absolute_url())
    if bar is None:
        return redirect(job)
    return render_page(
        request, "intake/progress.html", {"job": bar, "crumbs": crumbs(Crumb(job.filename, job.get_absolute_url()))},
        fragments={bar.id: "components/progress_fragment.html"},
    )  # fmt: skip


@login_required
@require_POST
def check(request: HttpRequest, uid: Any) -> HttpResponse:
    job = import_preview(actor=request.actor, now=timezone.now(), job=job_of(request, uid))  # type: ignore[attr-defined]
    return redirect_or_refresh(request, job.get_absolute_url())


@login_required
@require_POST
def confirm(request: HttpRequest, uid: Any) -> HttpResponse:
    form = ConfirmForm(request.POST)
    form.is_valid()
    job = import_confirm(
        actor=request.actor, now=timezone.now(), job=job_of(request, uid), notify=bool(form.cleaned_data.get("notify"))  # type: ignore[attr-defined]
    )  # fmt: skip
    return redirect_or_refresh(request, job.get_absolute_url())


@login_required
@require_POST
def cancel(request: HttpRequest, uid: Any) -> HttpResponse:
    job = import_cancel(actor=request.actor, now=timezone.now(), job=job_of(request, uid))  # type: ignore[attr-defined]
    messages.success(request, _("Cancelled. What was already imported stays, and can be undone."))
    return redirect_or_refresh(request, job.get_absolute_url())


@login_required
@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, uid: Any) -> HttpResponse:
    """Ask, then take the import back."""
    job = job_of(request, uid)
    policy.require(request.actor, "intake.import.run", job)  # type: ignore[attr-defined]
    if request.method == "POST":
        import_undo(actor=request.actor, now=timezone.now(), job=job)  # type: ignore[attr-defined]
        return redirect_or_refresh(request, job.get_absolute_url())
    context = {
        "title": _("Undo this import?"),
        "sentence": job.filename,
        "crumbs": crumbs(Crumb(job.filename, job.get_absolute_url()), Crumb(_("Undo"))),
        "consequences": [
            _("%(count)d rows that it added are removed, with cases nobody has worked on.")
            % {"count": job.added},
            _("%(count)d rows that it changed get their former values back.") % {"count": job.changed},
            _("What somebody has touched since stays, and is counted."),
        ],
        "action_label": _("Undo the import"),
        "cancel_url": job.get_absolute_url(),
        "danger": True,
        "form": None,
    }
    return render_page(request, "components/confirm_page.html", context)
