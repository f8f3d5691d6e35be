from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.core import lists
from apps.core.components import Action, Crumb
from apps.intake.models import ImportJob, ImportMapping, ImportReject, Kind, State


class ImportTable(lists.Table):
    filename = lists.Column(linkify=True, verbose_name=gettext_lazy("File"))
    kind = lists.Column(accessor="get_kind_display", order_by="kind", verbose_name=gettext_lazy("Kind"))
    state = lists.StateColumn(verbose_name=gettext_lazy("State"))
    added = lists.NumberColumn(verbose_name=gettext_lazy("Added"))
    changed = lists.NumberColumn(verbose_name=gettext_lazy("Changed"))
    skipped = lists.NumberColumn(verbose_name=gettext_lazy("Skipped"))
    rejected = lists.NumberColumn(verbose_name=gettext_lazy("Rejected"))
    created_by = lists.Column(accessor="created_by__name", verbose_name=gettext_lazy("By"))
    created_at = lists.SinceColumn(verbose_name=gettext_lazy("Uploaded"))

    class Meta(lists.Table.Meta):
        model = ImportJob
        fields = (
            "filename",
            "kind",
            "state",
            "added",
            "changed",
            "skipped",
            "rejected",
            "created_by",
            "created_at",
        )
        order_by = ("-created_at",)


class ImportFilter(lists.ListFilter):
    primary = ("kind", "state")
    kind = django_filters.MultipleChoiceFilter(choices=Kind.choices, label=gettext_lazy("Kind"))
    state = django_filters.MultipleChoiceFilter(choices=State.choices, label=gettext_lazy("State"))
    created = django_filters.DateFromToRangeFilter(field_name="created_at", label=gettext_lazy("Uploaded"))
    unit = django_filters.ModelChoiceFilter(
        queryset=lambda request: Unit.objects.visible_to(request.actor),
        to_field_name="key",
        label=gettext_lazy("Unit"),
    )

    class Meta:
        model = ImportJob
        fields = ("kind", "state", "unit")


class ImportList(lists.ListPage):
    title = gettext_lazy("Imports")
    page_key = "intake.list"
    see = "intake.import.see"
    table_class = ImportTable
    filterset_class = ImportFilter
    search_fields = ("filename", "created_by__name")
    export_name = "imports"
    empty_icon = "upload"
    empty_title = gettext_lazy("No imports yet")
    empty_text = gettext_lazy(
        "Upload a CSV or Excel file: its columns are guessed, every row is checked before anything is written."
    )

    def get_queryset(self) -> QuerySet[Any]:
        return ImportJob.objects.visible_to(self.actor).whole().select_related("created_by")

    def get_sentence(self) -> str:
        busy = self.get_queryset().filter(state__in=["previewing", "confirmed", "running", "undoing"]).count()
        if busy:
            return _("%(count)d imports are being worked on.") % {"count": busy}
        return _("Files come in here; each import can be checked first and undone afterwards.")

    def get_actions(self) -> list[Action]:
        answer = policy.can(self.actor, "intake.import.run")
        denied = "" if answer else answer.reason  # type: ignore[union-attr]
        return [
            Action(_("Import a file"), reverse("intake:new"), icon="upload", primary=True, denied=denied),
            Action(_("Templates"), reverse("intake:templates"), icon="file-text"),
            Action(_("Saved mappings"), reverse("intake:mappings"), icon="list-details"),
        ]

    def get_empty_action(self) -> Action | None:
        if not policy.can(self.actor, "intake.import.run"):
            return None
        return Action(_("Import a file"), reverse("intake:new"), icon="upload")


class RejectTable(lists.Table):
    line = lists.NumberColumn(verbose_name=gettext_lazy("Line"))
    column = lists.Column(verbose_name=gettext_lazy("Column"))
    value = lists.Column(verbose_name=gettext_lazy("Value"))
    reason = lists.Column(verbose_name=gettext_lazy("Why"))
    remedy = lists.Column(verbose_name=gettext_lazy("What to do"))

    class Meta(lists.Table.Meta):
        model = ImportReject
        fields = ("line", "column", "value", "reason", "remedy")
        order_by = ("line",)


class RejectList(lists.ListPage):
    title = gettext_lazy("Rejected rows")
    page_key = "intake.rejects"
    see = "intake.import.see"
    table_class = RejectTable
    search_fields = ("column", "value", "reason")
    export_name = "rejected-rows"
    empty_icon = "circle-check"
    empty_title = gettext_lazy("No rejected rows")

    @property
    def job(self) -> ImportJob:
        if not hasattr(self, "_job"):
            self._job = ImportJob.objects.visible_to(self.actor).the(uid=self.kwargs["uid"])
        return self._job

    def get_queryset(self) -> QuerySet[Any]:
        return ImportReject.objects.visible_to(self.actor).filter(job=self.job)

    def get_crumbs(self) -> list[Crumb]:
        return [
            Crumb(_("Imports"), reverse("intake:list")),
            Crumb(self.job.filename, self.job.get_absolute_url()),
            Crumb(_("Rejected rows")),
        ]

    def get_sentence(self) -> str:
        return _(
            "%(rows)d rows were rejected. Correct them in the file and import it again: the rest is left alone."
        ) % {"rows": self.job.rejected}


class MappingTable(lists.Table):
    name = lists.Column(linkify=True, verbose_name=gettext_lazy("Name"))
    kind = lists.Column(accessor="get_kind_display", order_by="kind", verbose_name=gettext_lazy("Kind"))
    used_at = lists.SinceColumn(verbose_name=gettext_lazy("Last used"))

    class Meta(lists.Table.Meta):
        model = ImportMapping
        fields = ("name", "kind", "used_at")
        order_by = ("name",)


class MappingList(lists.ListPage):
    title = gettext_lazy("Saved mappings")
    page_key = "intake.mappings"
    see = "intake.import.see"
    table_class = MappingTable
    search_fields = ("name",)
    empty_icon = "list-details"
    empty_title = gettext_lazy("No saved mappings")
    empty_text = gettext_lazy(
        "Give a mapping a name on the mapping page of an import, and the next file needs none."
    )

    def get_queryset(self) -> QuerySet[Any]:
        return ImportMapping.objects.visible_to(self.actor)

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("Imports"), reverse("intake:list")), Crumb(_("Saved mappings"))]
