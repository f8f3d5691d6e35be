"""Definitions that come with the product: a start, none of them compulsory (R 0.01, 0.23, 3.15, 4.09, 4.29)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from apps.accounts import policy
from apps.accounts.selectors import the_organisation
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.kpis.definitions import definitions
from apps.kpis.models import Kpi
from apps.kpis.services.rollup import rebuild_later


@transaction.atomic
def kpis_ship_definitions(*, actor: Actor, now: dt.datetime) -> list[Kpi]:
    """Add the shipped definitions whose key is not there yet; returns those added. What is there is never touched."""
    policy.require(actor, "kpis.kpi.edit")
    offered = definitions(the_organisation().currency)
    known = set(Kpi.objects.filter(key__in=[item["key"] for item in offered]).values_list("key", flat=True))
    Kpi.objects.bulk_create(
        [Kpi(**item) for item in offered if item["key"] not in known], ignore_conflicts=True
    )
    added = list(Kpi.objects.filter(key__in={item["key"] for item in offered} - known))
    audit.record_many(audit.event(actor=actor, action="kpis.kpi.added", obj=kpi, now=now) for kpi in added)
    for kpi in added:
        if kpi.derived is not None:
            rebuild_later(kpi, now)
    return added
