"""Bodies of the long jobs: from stored inputs to immutable snapshots."""

from __future__ import annotations

import datetime as dt
from typing import Any

from apps.initiatives.models import Initiative
from apps.returns.models import ReturnState


def nudge(*, key: str, payload: dict[str, Any], now: dt.datetime) -> None:
    """Handler of `returns.nudge`: inputs of initiative `key` changed, so its return is marked as stale."""
    initiative = Initiative.objects.filter(pk=int(key)).first()
    if initiative is None:
        return
    state, _created = ReturnState.objects.get_or_create(initiative=initiative, defaults={"stale_since": now})
    ReturnState.objects.filter(pk=state.pk, is_stale=False).update(is_stale=True, stale_since=now)
