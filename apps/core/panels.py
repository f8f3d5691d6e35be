"""Slots: a page of a lower app offers them, an upper app fills them, and neither imports the other.

# upper app, in its AppConfig.ready():
panels.register(page="customers:detail", slot="main", key="cases", action="cases.case.see", render=cases_panel, order=20)

# lower page's template:
{% panels "customers:detail" "main" customer %}
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

Renderer = Callable[[HttpRequest, Any], str]


@dataclass(frozen=True, slots=True)
class Panel:
    page: str
    slot: str
    key: str
    action: str
    render: Renderer
    order: int = 100


_panels: dict[tuple[str, str], dict[str, Panel]] = {}


def register(*, page: str, slot: str, key: str, action: str, render: Renderer, order: int = 100) -> None:
    """Fill a slot. `action` is a policy action: who may not do it does not get the panel."""
    _panels.setdefault((page, slot), {})[key] = Panel(page, slot, key, action, render, order)


def panels_for(page: str, slot: str) -> list[Panel]:
    """The panels of a slot, in order."""
    return sorted(_panels.get((page, slot), {}).values(), key=lambda panel: (panel.order, panel.key))
