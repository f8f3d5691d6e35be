"""The rule language: what is accepted, and how each fault is told."""

from __future__ import annotations

import pytest

from apps.kpis import wording
from apps.kpis.rules import RuleError, parse

LATE = {"field": "attributes.days_late", "op": ">", "value": 0}


def faults(data, statistic: str = "mean") -> set[tuple[str, str]]:
    with pytest.raises(RuleError) as error:
        parse(data, statistic)
    for fault in error.value.faults:
        assert wording.fault(fault)
    return {(fault.path, fault.code) for fault in error.value.faults}


def test_a_full_rule_is_understood():
    rule = parse(
        {
            "from": "feedback",
            "where": [
                {"field": "source", "op": "in", "value": ["olist"]},
                {"field": "has_words", "value": True},
            ],
            "measure": "score",
            "split": {**LATE, "labels": ["late", " on time "]},
        },
        "mean",
    )
    assert rule.where[0].value == ("olist",)
    assert rule.split.labels == ("late", "on time")
    assert "late" in wording.sentence(rule)


@pytest.mark.parametrize(
    ("data", "statistic", "expected"),
    [
        ("x", "mean", {("", "not_an_object")}),
        ({}, "mean", {("from", "unknown_origin")}),
        ({"from": "users"}, "mean", {("from", "unknown_origin")}),
        ({"from": "feedback"}, "mean", {("measure", "measure_needed")}),
        ({"from": "feedback", "measure": "password"}, "mean", {("measure", "unknown_measure")}),
        ({"from": "feedback", "measure": "score"}, "count", {("measure", "measure_unused")}),
        ({"from": "feedback"}, "share", {("hit", "hit_needed")}),
        ({"from": "feedback", "measure": "score", "hit": LATE}, "mean", {("hit", "hit_unused")}),
        ({"from": "purchases", "measure": "amount"}, "sum", {("where", "currency_needed")}),
        ({"from": "purchases"}, "nps", {("from", "nps_from_feedback")}),
        ({"from": "feedback", "extra": 1}, "count", {("extra", "unknown_key")}),
        ({"from": "feedback", "where": {}}, "count", {("where", "not_a_list")}),
        ({"from": "feedback", "where": [{"field": "x"}]}, "count", {("where.0.field", "unknown_field")}),
        (
            {"from": "feedback", "where": [{"field": "score", "op": "like", "value": 1}]},
            "count",
            {("where.0.op", "unknown_operator")},
        ),
        (
            {"from": "feedback", "where": [{"field": "score", "op": ">", "value": "1"}]},
            "count",
            {("where.0.value", "value_number")},
        ),
        (
            {"from": "feedback", "where": [{"field": "score", "op": ">", "value": float("nan")}]},
            "count",
            {("where.0.value", "value_number")},
        ),
        (
            {"from": "feedback", "where": [{"field": "source", "op": "in", "value": []}]},
            "count",
            {("where.0.value", "list_of_texts")},
        ),
        ({"from": "feedback", "split": {"field": "score"}}, "count", {("split.op", "split_needs_condition")}),
        ({"from": "feedback", "split": LATE}, "count", {("split.labels", "two_labels")}),
        (
            {"from": "feedback", "split": {**LATE, "labels": ["a", "a "]}},
            "count",
            {("split.labels", "two_labels")},
        ),
        (
            {"from": "purchases", "per": "customer", "measure": "days", "hit": LATE},
            "share",
            {("hit.field", "hit_is_about_measure")},
        ),
        ({"from": "feedback", "per": "planet"}, "count", {("per", "unknown_per")}),
    ],
)
def test_each_fault_is_named_where_it_is(data, statistic, expected):
    assert faults(data, statistic) == expected


def test_all_faults_come_at_once():
    found = faults({"from": "feedback", "measure": "x", "where": [{"field": "y"}], "z": 1})
    assert len(found) == 3
