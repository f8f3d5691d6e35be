"""Which initiatives belong together, which KPI pays."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.returns.rules import (
    Claim,
    clusters,
    interval_of_sum,
    paying,
    share_left,
    strongest,
    verdict_of_range,
)

# A busy machine is slow; that is not what is tested here.
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
LINKS = st.dictionaries(st.integers(1, 30), st.sets(st.integers(1, 12), max_size=3), max_size=20)


@CALM
@given(LINKS)
def test_each_initiative_is_in_one_cluster_and_clusters_share_no_kpi(kpis_of: dict[int, set[int]]) -> None:
    groups = clusters(kpis_of)
    assert sorted(pk for group in groups for pk in group) == sorted(kpis_of)
    seen: set[int] = set()
    for group in groups:
        mine = set().union(*(kpis_of[pk] for pk in group))
        assert not mine & seen
        seen |= mine


@CALM
@given(LINKS)
def test_members_of_a_cluster_are_connected_through_shared_kpis(kpis_of: dict[int, set[int]]) -> None:
    for group in clusters(kpis_of):
        reached, todo = {group[0]}, [group[0]]
        while todo:
            one = todo.pop()
            for other in set(group) - reached:
                if kpis_of[one] & kpis_of[other]:
                    reached.add(other)
                    todo.append(other)
        assert reached == set(group)


def test_one_kpi_pays_per_stream_and_outcomes_come_first() -> None:
    claims = [
        Claim(1, "perceptive", "retention"),
        Claim(2, "outcome", "retention"),
        Claim(3, "operational", "contacts"),
    ]
    assert paying(claims) == (frozenset({2, 3}), {1: 2})


def test_words_of_a_range() -> None:
    assert [verdict_of_range(*pair) for pair in ((1, 2), (-2, -1), (-1, 1), (0, 1))] == [
        "positive", "negative", "none_found", "none_found",
    ]  # fmt: skip
    assert strongest(["too_early", "no_comparison"]) == "no_comparison"
    assert strongest([]) == "no_kpi"


def test_shares_left_and_sums() -> None:
    assert share_left((80, None, 20)) == {6: 0.8, 24: 0.2}
    low, mid, high = interval_of_sum([1.0, 2.0], 4.0)
    assert (mid, round(high - mid, 4), round(mid - low, 4)) == (3.0, 3.9199, 3.9199)
