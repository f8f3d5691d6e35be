"""Derived KPIs: what the rollup stores is what the raw rows say, whatever was added, changed or taken away."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from apps.customers.models import Customer, Interaction, Purchase
from apps.feedback.models import Response
from apps.feedback.services import responses_bulk_record, responses_forget
from apps.kpis.models import Observation, RollupDirty
from apps.kpis.services import kpi_edit, rollup_check, rollup_handle, rollup_mark, rollup_rebuild, rollup_work
from apps.notifications.models import Outbox
from tests.feedback.factories import make_source, row
from tests.kpis.factories import NOW, SYSTEM, make_kpi

pytestmark = pytest.mark.django_db
LATE = {"field": "attributes.days_late", "op": ">", "value": 0}
SPLIT = {**LATE, "labels": ["late", "on time"]}
SHOP = [{"field": "source", "op": "=", "value": "shop"}]


def record(rows, *, mark: bool = True):
    outcome = responses_bulk_record(actor=SYSTEM, now=NOW, rows=rows)
    if mark:
        rollup_mark(origin="feedback", keys=outcome.touched, now=NOW)
    return outcome


def answers(kpi, segment: str = "") -> list[tuple[dt.date, float, int | None]]:
    rows = Observation.objects.filter(kpi=kpi, segment=segment).order_by("period")
    return [(row.period, row.value, row.n) for row in rows]


def test_a_split_stands_beside_the_unsplit_value(cast):
    source = make_source(cast.store, "shop")
    mean = make_kpi("score", derived={"from": "feedback", "where": SHOP, "measure": "score", "split": SPLIT})
    late = make_kpi("late", statistic="share", derived={"from": "feedback", "where": SHOP, "hit": LATE})
    days = [3, 0, -2, None, "soon", "1.5"]
    record(
        [
            row(source, f"r-{i}", score=i % 5 + 1, attributes={} if day is None else {"days_late": day})
            for i, day in enumerate(days)
        ]
    )
    assert rollup_work(now=NOW) == 1
    monday = dt.date(2026, 3, 2)
    assert answers(mean) == [(monday, pytest.approx(16 / 6), 6)]
    assert answers(mean, "late") == [(monday, 1.0, 2)]  # scores 1 and 1
    assert answers(mean, "on time") == [(monday, 2.5, 2)]  # scores 2 and 3
    assert answers(late) == [(monday, 50.0, 4)]  # two of the four whose days are known


def test_only_marked_keys_are_computed_and_twice_changes_nothing(cast):
    source = make_source(cast.store, "shop")
    kpi = make_kpi("n", statistic="count", grain="day", derived={"from": "feedback", "where": SHOP})
    record([row(source, "a")])
    assert rollup_work(now=NOW) == 1
    kpi.refresh_from_db()
    version = kpi.data_version
    rollup_mark(origin="feedback", keys=[(cast.store.pk, NOW.date())], now=NOW)
    rollup_work(now=NOW)
    kpi.refresh_from_db()
    assert kpi.data_version == version
    record([row(source, "b", responded_at=NOW - dt.timedelta(days=40))], mark=False)
    assert rollup_work(now=NOW) == 0
    assert len(answers(kpi)) == 1
    assert [found.raw for found in rollup_check()] == [1.0]
    assert rollup_rebuild() == {"n": 1}
    assert rollup_check() == []


def test_rows_taken_away_take_their_values_along(cast):
    source = make_source(cast.store, "shop")
    kpi = make_kpi(
        "n", statistic="count", derived={"from": "feedback", "where": SHOP, "split": {"field": "language"}}
    )
    outcome = record([row(source, "a", language="pt"), row(source, "b", language="de")])
    rollup_work(now=NOW)
    assert {o.segment for o in Observation.objects.filter(kpi=kpi)} == {"", "pt", "de"}
    rollup_mark(
        origin="feedback", keys=responses_forget(actor=SYSTEM, now=NOW, ids=outcome.added[:1]), now=NOW
    )
    rollup_work(now=NOW)
    assert {(o.segment, o.value) for o in Observation.objects.filter(kpi=kpi)} == {("", 1.0), ("de", 1.0)}


def test_customers_are_counted_once_each(cast):
    people = [Customer.objects.create(unit=cast.store) for _ in range(3)]
    kpi = make_kpi(
        "visits", grain="month", derived={"from": "purchases", "per": "customer", "measure": "days"}
    )
    again = make_kpi(
        "again", grain="month", statistic="share",
        derived={"from": "purchases", "per": "customer", "measure": "days", "hit": {"field": "measure", "op": ">=", "value": 2}},
    )  # fmt: skip
    money = make_kpi(
        "money", grain="month", statistic="sum",
        derived={"from": "purchases", "measure": "amount", "where": [{"field": "currency", "value": "EUR"}]},
    )  # fmt: skip
    spent = [(0, 1), (0, 1), (0, 9), (1, 3), (2, 4), (2, 8), (2, 12)]
    for number, (person, day) in enumerate(spent):
        Purchase.objects.create(
            customer=people[person], unit=cast.store, system="till", external_id=str(number), amount=Decimal("10.10"),
            currency="USD" if number == 6 else "EUR", happened_at=NOW, local_date=dt.date(2026, 2, day),
        )  # fmt: skip
    rollup_mark(
        origin="purchases", keys={(cast.store.pk, dt.date(2026, 2, day)) for _p, day in spent}, now=NOW
    )
    rollup_work(now=NOW)
    assert answers(kpi) == [(dt.date(2026, 2, 1), 2.0, 3)]  # 2, 1 and 3 days
    assert answers(again) == [(dt.date(2026, 2, 1), pytest.approx(200 / 3), 3)]
    assert answers(money) == [(dt.date(2026, 2, 1), 60.6, 6)]


RULES = [
    ("mean", {"from": "feedback", "measure": "score", "split": SPLIT}),
    (
        "share",
        {
            "from": "feedback",
            "hit": {"field": "score_norm", "op": ">=", "value": 0.75},
            "split": {"field": "language"},
        },
    ),
    ("nps", {"from": "feedback", "where": [{"field": "has_words", "value": True}]}),
    ("count", {"from": "feedback", "where": [{"field": "attributes.days_late", "op": "set"}]}),
    ("sum", {"from": "feedback", "measure": "attributes.days_late"}),
    ("rate", {"from": "feedback", "hit": {"field": "language", "op": "!=", "value": "pt"}}),
]


def test_rollup_equals_raw_after_any_history(cast):
    """Random adds, edits and removals over units and days; after each round all KPIs equal a computation in Python."""
    draw = random.Random(20261121)
    sources = [
        make_source(cast.store, "shop"),
        make_source(cast.other_store, "web", scale_min=Decimal(0), scale_max=Decimal(10)),
    ]
    kpis = [
        make_kpi(f"k-{grain}-{number}", statistic=statistic, grain=grain, derived=rule)
        for number, (statistic, rule) in enumerate(RULES)
        for grain in ("day", "week", "month")
    ]
    for _round in range(6):
        rows = [
            row(
                draw.choice(sources), f"r-{draw.randint(1, 60)}", score=draw.randint(1, 5), language=draw.choice(["pt", "de", ""]),
                responded_at=NOW - dt.timedelta(days=draw.randint(0, 70)), verbatim=draw.choice(["", "words"]),
                attributes=draw.choice([{}, {"days_late": draw.randint(-3, 3)}, {"days_late": "x"}]),
            )
            for _ in range(30)
        ]  # fmt: skip
        record(rows)
        ids = list(Response.objects.values_list("pk", flat=True))
        rollup_mark(
            origin="feedback", now=NOW, keys=responses_forget(actor=SYSTEM, now=NOW, ids=draw.sample(ids, 3))
        )
        while rollup_work(now=NOW, limit=7):
            pass
        assert rollup_check() == []
        for kpi in kpis:
            rows = list(Observation.objects.filter(kpi=kpi))
            key = [(o.unit_id, o.segment, o.period) for o in rows]
            wanted = by_hand(kpi)
            values = {place: value for place, (value, _n) in wanted.items()}
            assert dict(zip(key, [o.value for o in rows], strict=True)) == pytest.approx(values), kpi.key
            assert dict(zip(key, [o.n for o in rows], strict=True)) == {p: n for p, (_v, n) in wanted.items()}


def by_hand(kpi):
    """The same KPI from plain rows in plain Python."""
    start = {
        "day": lambda d: d, "week": lambda d: d - dt.timedelta(days=d.weekday()), "month": lambda d: d.replace(day=1)
    }[kpi.grain]  # fmt: skip
    groups: dict[tuple, list] = {}
    for r in Response.objects.all():
        late = r.attributes.get("days_late")
        late = late if isinstance(late, int) else None
        measure = {
            "mean": float(r.score), "share": r.score_norm >= 0.75, "rate": r.language != "pt", "sum": late,
            "nps": None if not r.verbatim else (r.score >= 9) - (r.score <= 6),
            "count": 1 if "days_late" in r.attributes else None,
        }[kpi.statistic]  # fmt: skip
        if measure is None:
            continue
        segments = {""}
        if kpi.statistic == "mean" and late is not None:
            segments.add("late" if late > 0 else "on time")
        if kpi.statistic == "share" and r.language:
            segments.add(r.language)
        for segment in segments:
            groups.setdefault((r.unit_id, segment, start(r.local_date)), []).append(measure)
    whole = kpi.statistic in ("count", "sum")
    factor = {"share": 100, "rate": 1000, "nps": 100}.get(kpi.statistic, 1)
    return {key: (sum(g) if whole else factor * sum(g) / len(g), len(g)) for key, g in groups.items()}


HOSTILE = [
    "'; DROP TABLE kpis_kpi; --",
    "x' OR '1'='1",
    '") OR 1=1 --',
    "%s",
    "%(a)s",
    "\\",
    "a\nb",
    "score FROM accounts_user",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_rule_becomes_sql(cast, text):
    source = make_source(cast.store, "shop")
    kpi = make_kpi(
        "k", statistic="share",
        derived={
            "from": "feedback",
            "where": [{"field": "language", "op": "!=", "value": text}, {"field": f"attributes.{text}"[:80], "op": "not_set"}],
            "hit": {"field": "language", "op": "not_in", "value": [text]},
            "split": {"field": f"attributes.{text}"[:80], "op": "not_set", "labels": [text, "other"]},
        },
    )  # fmt: skip
    record([row(source, "a", language="pt")])
    rollup_work(now=NOW)
    assert {(o.segment, o.value) for o in Observation.objects.filter(kpi=kpi)} == {("", 100.0), (text, 100.0)}


def test_a_thousand_marks_leave_one_nudge(cast):
    for day in range(1, 20):
        rollup_mark(origin="feedback", keys=[(cast.store.pk, dt.date(2026, 2, day))], now=NOW)
    assert RollupDirty.objects.count() == 19
    assert Outbox.objects.filter(topic="kpis.rollup").count() == 1
    rollup_handle(key="", payload={}, now=NOW)
    assert RollupDirty.objects.count() == 0
    with pytest.raises(ValueError, match="no rollup"):
        rollup_mark(origin="cases", keys=[(cast.store.pk, NOW.date())])


def test_a_changed_rule_is_computed_anew(cast):
    source = make_source(cast.store, "shop")
    kpi = make_kpi("k", derived={"from": "feedback", "measure": "score"})
    record([row(source, "a", score=2)])
    rollup_work(now=NOW)
    kpi = kpi_edit(actor=SYSTEM, now=NOW, kpi=kpi, derived={"from": "feedback", "measure": "score_norm"})
    assert answers(kpi) == []
    nudge = Outbox.objects.filter(topic="kpis.rollup", key=f"kpi-{kpi.pk}").latest("id")
    rollup_handle(key=nudge.key, payload=nudge.payload, now=NOW)
    assert answers(kpi) == [(dt.date(2026, 3, 2), 0.25, 1)]


def test_the_command_rebuilds_and_its_check_finds_a_planted_error(cast, capsys):
    source = make_source(cast.store, "shop")
    make_kpi("k", derived={"from": "feedback", "measure": "score"})
    record([row(source, "a", score=2)], mark=False)
    call_command("kpis_rebuild")
    call_command("kpis_rebuild", "--check")
    Observation.objects.update(value=9)
    with pytest.raises(CommandError, match="1 "):
        call_command("kpis_rebuild", "--check")
    assert "stored 9.0, raw rows 2.0" in capsys.readouterr().out
    call_command("kpis_rebuild", "--kpi", "k")
    call_command("kpis_rebuild", "--check")


def test_interactions_feed_kpis_too(cast):
    kpi = make_kpi(
        "right",
        statistic="share",
        derived={"from": "interactions", "hit": {"field": "is_failure", "value": False}},
    )
    for number, failed in enumerate([True, False, False, False]):
        Interaction.objects.create(
            unit=cast.store, system="tms", external_id=str(number), kind="delivered", happened_at=NOW,
            local_date=NOW.date(), is_failure=failed,
        )  # fmt: skip
    rollup_mark(origin="interactions", keys=[(cast.store.pk, NOW.date())], now=NOW)
    rollup_work(now=NOW)
    assert answers(kpi) == [(dt.date(2026, 3, 2), 75.0, 4)]
