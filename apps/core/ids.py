"""Opaque, time-ordered identifiers for the outside world."""

from __future__ import annotations

import uuid

import uuid_utils.compat


def new_uid() -> uuid.UUID:
    """A UUID version 7: unguessable enough for an address, and new rows land side by side in the index."""
    return uuid_utils.compat.uuid7()
