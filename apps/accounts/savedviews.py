"""The keeper of the lists' saved views (a door of `core.lists`)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import SavedView
from apps.core.actor import Actor
from apps.core.lists.saved import SavedViewRow


class Keeper:
    def rows(self, actor: Actor, page_key: str) -> Sequence[SavedViewRow]:
        """The actor's own and the shared views of a page, by name. One query."""
        return [
            SavedViewRow(str(view.uid), view.name, view.query, view.is_shared, view.user_id == actor.user_id)
            for view in SavedView.objects.visible_to(actor).for_page(page_key)
        ]

    def save(self, actor: Actor, *, page_key: str, name: str, query: str, is_shared: bool) -> None:
        services.savedview_save(
            actor=actor, now=timezone.now(), page_key=page_key, name=name, query=query, is_shared=is_shared
        )

    def delete(self, actor: Actor, *, page_key: str, view_id: str) -> None:
        services.savedview_delete(actor=actor, now=timezone.now(), uid=view_id)
