"""What the pages of imports share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.components import Crumb
from apps.intake.models import ImportJob


def crumbs(*more: Crumb) -> list[Crumb]:
    return [Crumb(_("Imports"), reverse("intake:list")), *more]


def job_of(request: HttpRequest, uid: Any) -> ImportJob:
    """The import of this address, if the actor may see it."""
    rows = ImportJob.objects.visible_to(request.actor).select_related("created_by", "unit", "parent")  # type: ignore[attr-defined]
    found: ImportJob = rows.the(uid=uid)
    return found
