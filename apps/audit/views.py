"""The whole audit log, for administrators."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _

from apps.audit.models import AuditEvent
from apps.core import lists


class LogTable(lists.Table):
    at = lists.WhenColumn(verbose_name=_("When"))
    actor_label = lists.Column(verbose_name=_("Who"))
    action = lists.Column(verbose_name=_("What"))
    object_label = lists.Column(verbose_name=_("Of"))
    changed = lists.Column(verbose_name=_("Changed fields"), empty_values=(), orderable=False)

    class Meta(lists.Table.Meta):
        model = AuditEvent
        fields = ("at", "actor_label", "action", "object_label", "changed")

    def render_changed(self, record: AuditEvent) -> str:
        return self.value_changed(record)

    def value_changed(self, record: AuditEvent) -> str:
        """The names only: values may hold money, which administrators do not see."""
        return ", ".join(record.changes)


class LogFilter(lists.ListFilter):
    primary = ("action", "at")
    action = django_filters.CharFilter(lookup_expr="startswith", label=_("What begins with"))
    at = django_filters.DateFromToRangeFilter(label=_("When"))

    class Meta:
        model = AuditEvent
        fields = ("action", "at")


class Log(lists.ListPage):
    title = _("Audit log")
    page_key = "audit.log"
    see = "audit.log.see"
    table_class = LogTable
    filterset_class = LogFilter
    search_fields = ("actor_label", "object_label", "action")
    export_name = "audit-log"

    def get_queryset(self) -> Any:
        return AuditEvent.objects.visible_to(self.actor).order_by("-id")

    def get_sentence(self) -> Any:
        return _(
            "Who did what, and when. The log can only grow; each minute's entries are sealed by a hash chain."
        )
