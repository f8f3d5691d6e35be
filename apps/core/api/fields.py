"""Fields that every room's API shares."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.actor import Actor


class ScopedUid(serializers.SlugRelatedField[Any]):
    """A related row by `uid`, taken only from what the actor may see: a foreign id is as unknown as a wrong one."""

    def __init__(self, model: type[Any], **kwargs: Any) -> None:
        self.model = model
        super().__init__(slug_field="uid", queryset=model._default_manager.none(), **kwargs)

    def get_queryset(self) -> Any:
        request = self.context.get("request")
        actor: Actor = request.actor if request is not None else Actor.anonymous()
        return self.model._default_manager.visible_to(actor)


class Shown(serializers.SlugRelatedField[Any]):
    """A related row in an answer: its `uid`. The row must be loaded with `select_related`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="uid", read_only=True, **kwargs)
