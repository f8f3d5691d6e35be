"""Builds the demo organisation: everything by the rooms' own verbs, from one seed."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable
from pathlib import Path

from django.db import connection

from apps.accounts.actors import actor_for
from apps.accounts.models import ROLE_LABELS
from apps.core.actor import Actor, Role
from apps.demo import loop, program, voices
from apps.demo.world import PASSWORD, PEOPLE, World, build_world
from apps.kpis import services as kpis
from apps.returns import services as returns

SEED = 20_260_301
Say = Callable[[str], None]


def build(*, now: dt.datetime, var: Path, seed: int = SEED, say: Say = lambda text: None) -> World:
    """Build everything; writes `demo_truth.json` (the true effects) and `demo.json` (who to sign in as) into `var`."""
    chance = random.Random(seed)
    actor = Actor.system("demo builder")
    say("units and people")
    world = build_world(actor=actor, now=now)
    say("journeys and sources")
    touchpoints = voices.build_journeys(actor=actor, now=now, world=world)
    sources = voices.build_sources(actor=actor, now=now, world=world, touchpoints=touchpoints)
    say(f"{voices.CUSTOMERS:,} customers")
    ids, homes = voices.build_customers(actor=actor, now=now, world=world, chance=chance)
    heard = voices.Voices(ids, homes, sources, touchpoints)
    say("what they bought and what happened")
    voices.build_evidence(actor=actor, now=now, world=world, voices=heard, chance=chance)
    say("what they said")
    recent = voices.build_responses(actor=actor, now=now, world=world, voices=heard, chance=chance)
    say("cases")
    loop.build_rules(actor=actor, now=now, world=world, sources=sources)
    loop.build_cases(actor=actor, now=now, world=world, recent=recent, chance=chance)
    say("KPIs and what they are worth")
    kpis.kpis_ship_definitions(actor=actor, now=now)
    made = program.build_kpis(actor=actor, now=now, world=world, seed=seed)
    signer = actor_for(world.people[Role.FINANCE.value])
    values = program.build_values(actor=actor, signer=signer, now=now, made=made)
    say("initiatives")
    program.build_initiatives(actor=actor, now=now, world=world, made=made, values=values)
    say("rollups")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # all in one transaction: without it the planner takes the tables for empty
    kpis.rollup_rebuild(keys=[])
    say("returns")
    returns.recompute_now(actor=actor, now=now)
    program.write_truth(var / "demo_truth.json", seed=seed)
    people = [
        {"role": str(ROLE_LABELS[role]), "name": name, "email": email, "password": PASSWORD}
        for role, (name, email, _unit) in PEOPLE.items()
    ]
    (var / "demo.json").write_text(json.dumps(people, indent=1))
    return world
