"""Template files and saved mappings."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts import policy
from apps.accounts.selectors import history_of
from apps.core.components import Action, Crumb
from apps.core.errors import NotVisible
from apps.core.export import csv_response
from apps.core.forms import VersionedForm
from apps.core.htmx import redirect_or_refresh, render_page
from apps.intake import selectors
from apps.intake.fields import KINDS
from apps.intake.models import ImportMapping
from apps.intake.services import mapping_delete
from apps.intake.views._shared import crumbs


@login_required
@require_safe
def templates(request: HttpRequest) -> HttpResponse:
    """A template file per kind, with what each column means."""
    policy.require(request.actor, "intake.import.see")  # type: ignore[attr-defined]
    return render_page(
        request, "intake/templates.html",
        {"kinds": KINDS.values(), "crumbs": crumbs(Crumb(_("Templates")))},
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
        "crumbs": crumbs(Crumb(_("Saved mappings"), reverse("intake:mappings")), Crumb(row.name)),
        "actions": [delete],
        "history": history_of(row, request.actor),  # type: ignore[attr-defined]
    }
    return render_page(request, "intake/mapping.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def mapping_forget(request: HttpRequest, uid: Any) -> HttpResponse:
    row = ImportMapping.objects.visible_to(request.actor).the(uid=uid)  # type: ignore[attr-defined]
    form = VersionedForm(request.POST or None, initial={"version": row.version})
    if request.method == "POST" and form.is_valid():
        mapping_delete(
            actor=request.actor,  # type: ignore[attr-defined]
            now=timezone.now(),
            mapping=row,
            version=form.cleaned_data["version"],
        )
        messages.success(request, _("The mapping is deleted."))
        return redirect_or_refresh(request, reverse("intake:mappings"))
    policy.require(request.actor, "intake.mapping.edit")  # type: ignore[attr-defined]
    context = {
        "title": _("Delete this mapping?"),
        "sentence": row.name,
        "crumbs": crumbs(Crumb(_("Saved mappings"), reverse("intake:mappings")), Crumb(row.name)),
        "consequences": [_("Imports that used it keep their own copy.")],
        "action_label": _("Delete"),
        "cancel_url": row.get_absolute_url(),
        "danger": True,
        "form": form,
    }
    status = 422 if request.method == "POST" else 200
    return render_page(request, "components/confirm_page.html", context, status=status)
