"""From a checked rule to SQL: names come from the tables below, everything else is a bound parameter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from apps.kpis import rules
from apps.kpis.periods import after
from apps.kpis.rules import ATTRIBUTE, Condition, Rule
from apps.kpis.statistics import Sums
from apps.kpis.types import Cell

Sql = tuple[str, list[Any]]

TABLES = {
    "feedback": "feedback_response r JOIN feedback_source s ON s.id = r.source_id "
    "LEFT JOIN journeys_touchpoint t ON t.id = r.touchpoint_id",
    "interactions": "customers_interaction r LEFT JOIN journeys_touchpoint t ON t.id = r.touchpoint_id",
    "purchases": "customers_purchase r LEFT JOIN journeys_touchpoint t ON t.id = r.touchpoint_id",
}
RAW = {
    "feedback": "feedback_response",
    "interactions": "customers_interaction",
    "purchases": "customers_purchase",
}
COLUMNS: dict[str, dict[str, str]] = {
    "feedback": {
        "source": "s.key",
        "source_kind": "s.kind",
        "score_kind": "s.score_kind",
        "touchpoint": "t.key",
        "language": "r.language",
        "score": "r.score",
        "score_norm": "r.score_norm::numeric",
        "answer_hours": "(extract(epoch FROM r.responded_at - r.asked_at) / 3600)",
        "has_words": "(r.verbatim <> '')",
        "has_customer": "(r.customer_id IS NOT NULL)",
    },
    "interactions": {
        "system": "r.system",
        "kind": "r.kind",
        "touchpoint": "t.key",
        "minutes": "r.minutes",
        "is_failure": "r.is_failure",
        "has_customer": "(r.customer_id IS NOT NULL)",
    },
    "purchases": {
        "system": "r.system",
        "currency": "r.currency",
        "touchpoint": "t.key",
        "product_line": "r.product_line",
        "amount": "r.amount",
        "margin": "r.margin",
        "has_customer": "(r.customer_id IS NOT NULL)",
    },
}
OPERATORS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
# A number small enough that no sum of squares leaves the range of the columns; anything else is not a number.
PLAIN_NUMBER = r"^-?[0-9]{1,9}(\.[0-9]{1,25})?$"
GROUPED = {
    "rows": "count(*)",
    "days": "count(DISTINCT r.local_date)",
    "product_lines": "count(DISTINCT NULLIF(r.product_line, ''))",
}


def _text(origin: str, name: str) -> Sql:
    if name.startswith(ATTRIBUTE):
        return "(r.attributes ->> %s)", [name.removeprefix(ATTRIBUTE)]
    return COLUMNS[origin][name], []


def _number(origin: str, name: str) -> Sql:
    if name.startswith(ATTRIBUTE):
        key = name.removeprefix(ATTRIBUTE)
        sql = "(CASE WHEN (r.attributes ->> %s) ~ %s THEN (r.attributes ->> %s)::numeric END)"
        return sql, [key, PLAIN_NUMBER, key]
    return COLUMNS[origin][name], []


def _condition(origin: str, given: Condition) -> Sql:
    sql, params = _number(origin, given.field) if given.kind == rules.NUMBER else _text(origin, given.field)
    return _compare(sql, params, given)


def _compare(sql: str, params: list[Any], given: Condition) -> Sql:
    if given.op in rules.BARE:
        filled = f"({sql} IS NOT NULL AND {sql}::text <> '')"
        return (filled if given.op == "set" else f"(NOT {filled})"), params * 2
    if given.op in rules.LISTS:
        assert isinstance(given.value, tuple)
        test = f"({sql} = ANY(%s))" if given.op == "in" else f"({sql} <> ALL(%s))"
        return test, [*params, list(given.value)]
    value = given.value
    if given.kind == rules.FLAG and given.field.startswith(ATTRIBUTE):
        value = "true" if value else "false"
    return f"({sql} {OPERATORS[given.op]} %s)", [*params, value]


def _segment(rule: Rule) -> Sql:
    split = rule.split
    if split is None:
        return "''::text", []
    if split.condition is not None and split.labels is not None:
        test, params = _condition(rule.origin, split.condition)
        sql = f"(CASE WHEN {test} THEN %s WHEN NOT {test} THEN %s END)"
        return sql, [*params, split.labels[0], *params, split.labels[1]]
    sql, params = _text(rule.origin, split.field)
    return f"left({sql}::text, {rules.MAX_LABEL})", params


def _base(rule: Rule, *, is_split: bool) -> Sql:
    """(unit_id, period, segment, m, h), one row per raw row, or per customer of a unit and period."""
    segment, segment_params = _segment(rule) if is_split else ("''::text", [])
    tests, test_params = ["r.unit_id = k.unit_id", "r.local_date >= k.period", "r.local_date < k.until"], []
    for condition in rule.where:
        test, params = _condition(rule.origin, condition)
        tests.append(test)
        test_params += params
    source = f"keys k JOIN ({TABLES[rule.origin]}) ON {' AND '.join(tests)}"
    if rule.per_customer:
        measure, measure_params = _per_customer(rule)
        inner = (
            f"SELECT k.unit_id, k.period, {segment} AS segment, {measure} AS m FROM {source} "  # noqa: S608
            "WHERE r.customer_id IS NOT NULL GROUP BY 1, 2, 3, r.customer_id"
        )
        hit, hit_params = _compare("m", [], rule.hit) if rule.hit else ("NULL::boolean", [])
        sql = f"SELECT unit_id, period, segment, m::numeric AS m, {hit} AS h FROM ({inner}) AS people"  # noqa: S608
        return sql, [*hit_params, *segment_params, *measure_params, *test_params]
    measure, measure_params = _number(rule.origin, rule.measure) if rule.measure else ("1", [])
    hit, hit_params = _condition(rule.origin, rule.hit) if rule.hit else ("NULL::boolean", [])
    sql = (
        f"SELECT k.unit_id, k.period, {segment} AS segment, {measure}::numeric AS m, {hit} AS h FROM {source}"  # noqa: S608
    )
    return sql, [*segment_params, *measure_params, *hit_params, *test_params]


def _per_customer(rule: Rule) -> Sql:
    if rule.measure in GROUPED:
        return GROUPED[rule.measure], []
    if not rule.measure:
        return "1", []
    sql, params = _number(rule.origin, rule.measure)
    return f"sum({sql})", params


KEYS = "keys AS (SELECT * FROM unnest(%s::bigint[], %s::date[], %s::date[]) AS given(unit_id, period, until))"
SUMS = (
    "unit_id, period, segment, count(*), sum(m)::double precision, sum(m * m)::double precision, "
    "count(*) FILTER (WHERE h), count(*) FILTER (WHERE m >= 9), count(*) FILTER (WHERE m <= 6)"
)
COUNTS_ROW = {"mean": "m IS NOT NULL", "sum": "m IS NOT NULL", "nps": "m IS NOT NULL"}


def cells(rule: Rule, keys: Sequence[tuple[int, dt.date]], grain: str) -> list[Cell]:
    """What the raw rows say for these (unit id, first day of period) keys: one query, two when the rule is split.

    Keys without a counting row give no cell. Sums are added as decimals, so their order never shows.
    """
    found = _run(rule, keys, grain, is_split=False)
    return found + _run(rule, keys, grain, is_split=True) if rule.split else found


def _run(rule: Rule, keys: Sequence[tuple[int, dt.date]], grain: str, *, is_split: bool) -> list[Cell]:
    if not keys:
        return []
    base, params = _base(rule, is_split=is_split)
    counts = COUNTS_ROW.get(rule.statistic, "h IS NOT NULL" if rule.hit else "TRUE")
    kept = f"{counts} AND segment <> ''" if is_split else counts
    sql = f"WITH {KEYS} SELECT {SUMS} FROM ({base}) AS base WHERE {kept} GROUP BY unit_id, period, segment"  # noqa: S608
    unit_ids, periods = [unit for unit, _period in keys], [period for _unit, period in keys]
    untils = [after(grain, period) for period in periods]
    with connection.cursor() as cursor:
        cursor.execute(sql, [unit_ids, periods, untils, *params])
        rows = cursor.fetchall()
    return [Cell(row[0], row[1], row[2], _sums(rule.statistic, *row[3:])) for row in rows]


def _sums(
    statistic: str, n: int, total: float, total_sq: float, hits: int, promoters: int, detractors: int
) -> Sums:
    if statistic == "nps":
        return Sums(n=n, promoters=promoters, detractors=detractors)
    if statistic in ("share", "rate"):
        return Sums(n=n, hits=hits)
    if statistic == "count":
        return Sums(n=n)
    return Sums(n=n, total=total, total_sq=total_sq)


def raw_keys(origin: str, grain: str) -> list[tuple[int, dt.date]]:
    """All (unit id, first day of period) keys that have raw rows, in order."""
    sql = f"SELECT DISTINCT unit_id, date_trunc(%s, local_date)::date FROM {RAW[origin]} ORDER BY 1, 2"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [grain])
        return [(row[0], row[1]) for row in cursor.fetchall()]


def segments_of(rule: Rule, limit: int) -> list[str]:
    """Up to `limit` different segments the raw rows give for this split (to refuse a split by something endless)."""
    segment, params = _segment(rule)
    tests: list[str] = []
    for condition in rule.where:
        test, more = _condition(rule.origin, condition)
        tests.append(test)
        params += more
    where = f"WHERE {' AND '.join(tests)}" if tests else ""
    sql = f"SELECT DISTINCT {segment} FROM (SELECT 1) AS one CROSS JOIN ({TABLES[rule.origin]}) {where} LIMIT %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, limit])
        return [row[0] for row in cursor.fetchall() if row[0]]
