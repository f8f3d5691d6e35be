"""Names for the choice sets of the OpenAPI document that would otherwise get made-up ones."""

from __future__ import annotations

from typing import Any


def key_date_kinds() -> Any:
    from apps.customers.models import KeyDate

    return KeyDate.Kind.choices


def case_event_kinds() -> Any:
    from apps.cases.models import CaseEvent

    return CaseEvent.Kind.choices


def value_bands() -> Any:
    from apps.customers.models import Customer

    return Customer._meta.get_field("value_band").choices


def import_kinds() -> Any:
    """What one file may hold: every kind but the bundle."""
    from apps.intake.models import Kind

    return [(value, value) for value in Kind.values if value != Kind.BUNDLE]
