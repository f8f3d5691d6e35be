"""The lists of people, units and keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import policy
from apps.accounts.models import ROLE_CHOICES, ROLE_LABELS, ApiKey, Unit, User
from apps.core import lists
from apps.core.actor import Role
from apps.core.components import Action


class PeopleTable(lists.Table):
    name = lists.Column(
        verbose_name=gettext_lazy("Name"),
        linkify=lambda record: reverse("accounts:person", args=[record.uid]),
    )
    email = lists.Column(verbose_name=gettext_lazy("E-mail"))
    roles = lists.Column(verbose_name=gettext_lazy("Roles"), empty_values=(), orderable=False)
    is_active = lists.Column(verbose_name=gettext_lazy("May sign in"))
    last_login = lists.WhenColumn(verbose_name=gettext_lazy("Last sign-in"))

    class Meta(lists.Table.Meta):
        model = User
        fields = ("name", "email", "roles", "is_active", "last_login")
        order_by = ("name",)

    def render_roles(self, record: User) -> str:
        return self.value_roles(record)

    def value_roles(self, record: User) -> str:
        return ", ".join(f"{ROLE_LABELS[Role(held.role)]} ({held.unit})" for held in record.memberships.all())

    def render_is_active(self, value: bool) -> str:
        return _("Yes") if value else _("No")


class PeopleFilter(lists.ListFilter):
    primary = ("role", "is_active")
    role = django_filters.ChoiceFilter(choices=ROLE_CHOICES, label=gettext_lazy("Role"), method="with_role")
    is_active = django_filters.BooleanFilter(label=gettext_lazy("May sign in"))

    class Meta:
        model = User
        fields = ("is_active",)

    def with_role(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(memberships__role=value).distinct()


class People(lists.ListPage):
    title = gettext_lazy("People")
    page_key = "accounts.people"
    see = "accounts.people.see"
    table_class = PeopleTable
    filterset_class = PeopleFilter
    search_fields = ("name", "email")
    export_name = "people"
    empty_title = gettext_lazy("Nobody matches")

    def get_queryset(self) -> Any:
        return User.objects.visible_to(self.actor).prefetch_related("memberships__unit")

    def get_actions(self) -> Sequence[Action]:
        answer = policy.can(self.actor, "accounts.people.manage")
        return [
            Action(
                _("Invite"),
                reverse("accounts:invite"),
                icon="user-plus",
                primary=True,
                denied=getattr(answer, "reason", ""),
            )
        ]


class UnitTable(lists.Table):
    name = lists.Column(verbose_name=gettext_lazy("Unit"), orderable=False)
    key = lists.Column(verbose_name=gettext_lazy("Key"), orderable=False)
    is_active = lists.Column(verbose_name=gettext_lazy("Active"), orderable=False)

    class Meta(lists.Table.Meta):
        model = Unit
        fields = ("name", "key", "is_active")

    def render_name(self, value: str, record: Unit) -> str:
        return f"{'– ' * (record.depth - 1)}{value}"

    def value_name(self, record: Unit) -> str:
        return record.name

    def render_is_active(self, value: bool) -> str:
        return _("Yes") if value else _("No")


class EditableUnitTable(UnitTable):
    name = lists.Column(
        verbose_name=gettext_lazy("Unit"),
        orderable=False,
        linkify=lambda record: reverse("accounts:unit_edit", args=[record.uid]),
    )

    class Meta(UnitTable.Meta):
        pass


class Units(lists.ListPage):
    title = gettext_lazy("Units")
    page_key = "accounts.units"
    see = "accounts.units.see"
    table_class = UnitTable
    search_fields = ("name", "key")
    export_name = "units"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if policy.can(self.actor, "accounts.units.manage"):
            self.table_class = EditableUnitTable  # type: ignore[misc]
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return Unit.objects.visible_to(self.actor).order_by("path")

    def get_sentence(self) -> str:
        return _("What people see follows this tree: a role on a unit reaches everything below it.")

    def get_actions(self) -> Sequence[Action]:
        answer = policy.can(self.actor, "accounts.units.manage")
        return [
            Action(
                _("Add a unit"),
                reverse("accounts:unit_add"),
                icon="plus",
                primary=True,
                denied=getattr(answer, "reason", ""),
            )
        ]


class KeyTable(lists.Table):
    name = lists.Column(verbose_name=gettext_lazy("Name"))
    prefix = lists.Column(verbose_name=gettext_lazy("Begins with"))
    owner = lists.Column(verbose_name=gettext_lazy("Owner"))
    scopes = lists.Column(verbose_name=gettext_lazy("May be used to"), orderable=False)
    last_used_at = lists.SinceColumn(verbose_name=gettext_lazy("Last used"))
    expires_at = lists.WhenColumn(verbose_name=gettext_lazy("Expires"))
    revoked_at = lists.WhenColumn(verbose_name=gettext_lazy("Revoked"))

    class Meta(lists.Table.Meta):
        model = ApiKey
        fields = ("name", "prefix", "owner", "scopes", "last_used_at", "expires_at", "revoked_at")

    def render_scopes(self, value: list[str]) -> str:
        return ", ".join(value)

    def render_prefix(self, value: str) -> str:
        return f"cx_{value}_…"


class Keys(lists.ListPage):
    title = gettext_lazy("API keys")
    page_key = "accounts.keys"
    see = "accounts.apikey.manage"
    table_class = KeyTable
    search_fields = ("name", "prefix", "owner__name")
    export_name = "api-keys"
    template_name = "accounts/keys.html"
    empty_title = gettext_lazy("No keys yet")
    empty_text = gettext_lazy("A key lets a program send feedback or read figures with your rights.")

    def get_queryset(self) -> Any:
        return ApiKey.objects.visible_to(self.actor).select_related("owner")

    def get_actions(self) -> Sequence[Action]:
        return [Action(_("New key"), reverse("accounts:key_new"), icon="plus", primary=True)]

    def get_context(self) -> dict[str, Any]:
        return {"live_keys": self.get_queryset().filter(Q(revoked_at__isnull=True))[:200]}
