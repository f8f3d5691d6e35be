"""Mappings kept under a name."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Invalid, check_version
from apps.core.locks import lock_until_commit
from apps.intake.mapping import mapping_parse
from apps.intake.models import ImportMapping


@transaction.atomic
def mapping_save(
    *, actor: Actor, now: dt.datetime, name: str, kind: str, document: dict[str, Any]
) -> ImportMapping:
    """Keep a mapping under a name; the same name and kind again replaces it. Raises FileRefused for a wrong one."""
    policy.require(actor, "intake.mapping.edit")
    name = " ".join(name.split())
    if not name or len(name) > 80 or "\x00" in name:
        raise Invalid(fields={"name": [_("Give a name of at most 80 characters.")]})
    checked = mapping_parse(document, kind).document()
    lock_until_commit(f"intake.mapping:{kind}:{name.casefold()}")
    row = ImportMapping.objects.visible_to(actor).for_kind(kind).filter(name__iexact=name).first()
    before = row.document if row else None
    if row is None:
        row = ImportMapping(name=name, kind=kind, created_by_id=actor.user_id)
    else:
        row.version += 1
    row.document = checked
    row.used_at = now
    row.save()
    audit.record(
        actor=actor, action="intake.mapping.saved", obj=row, now=now, changes={"document": [before, checked]}
    )
    return row


@transaction.atomic
def mapping_delete(
    *, actor: Actor, now: dt.datetime, mapping: ImportMapping, version: int | None = None
) -> None:
    """Forget a saved mapping; imports that used it keep their own copy. `Stale` when it was saved anew since."""
    row = ImportMapping.objects.visible_to(actor).locked().the(pk=mapping.pk)
    policy.require(actor, "intake.mapping.edit")
    check_version(version, row.version)
    audit.record(
        actor=actor,
        action="intake.mapping.deleted",
        obj=row,
        now=now,
        changes={"document": [row.document, None]},
    )
    row.delete()
