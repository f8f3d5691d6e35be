"""Values, standard errors and pools: by hand, and against brute force."""

from __future__ import annotations

import random
from math import isclose, sqrt
from statistics import mean, stdev

import pytest

from apps.kpis.statistics import Part, Sums, combine, interval, pool_of, se_from_value, se_of, value_of


def sums_of(answers: list[float]) -> Sums:
    return Sums(n=len(answers), total=sum(answers), total_sq=sum(a * a for a in answers))


def test_a_mean_and_its_error_are_those_of_the_answers():
    answers = [1, 2, 2, 5, 4, 3, 5]
    sums = sums_of(answers)
    assert isclose(value_of("mean", sums), mean(answers))
    assert isclose(se_of("mean", sums), stdev(answers) / sqrt(7))


def test_nps_follows_the_formula_of_the_design():
    # p = 0.5, d = 0.2: variance (0.7 − 0.09)/10 = 0.061
    sums = Sums(n=10, promoters=5, detractors=2)
    assert value_of("nps", sums) == pytest.approx(30)
    assert se_of("nps", sums) == pytest.approx(100 * sqrt(0.061))


def test_nps_has_the_error_of_single_answers_worth_plus_one_minus_one_or_nothing():
    scores = [100.0] * 50 + [-100.0] * 20 + [0.0] * 30
    population = sqrt(sum((s - mean(scores)) ** 2 for s in scores) / len(scores))
    assert se_of("nps", Sums(n=100, promoters=50, detractors=20)) == pytest.approx(population / 10)


def test_share_and_rate():
    assert value_of("share", Sums(n=200, hits=50)) == 25
    assert se_of("share", Sums(n=200, hits=50)) == pytest.approx(100 * sqrt(0.25 * 0.75 / 200))
    assert value_of("rate", Sums(n=2000, hits=16)) == 8
    assert se_of("rate", Sums(n=2000, hits=16)) == pytest.approx(1000 * 4 / 2000)


def test_complete_counts_have_no_sampling_error():
    assert (value_of("count", Sums(n=7)), se_of("count", Sums(n=7))) == (7, None)
    assert (value_of("sum", Sums(n=2, total=9.5)), se_of("sum", Sums(n=2, total=9.5))) == (9.5, None)


@pytest.mark.parametrize("statistic", ["mean", "share", "nps", "rate"])
def test_nothing_answered_is_no_value(statistic):
    assert value_of(statistic, Sums(n=0, total=0, hits=0, promoters=0, detractors=0)) is None
    assert se_of(statistic, Sums(n=0, total=0, hits=0, promoters=0, detractors=0)) is None


def test_one_answer_has_a_mean_but_no_error():
    assert (value_of("mean", sums_of([4])), se_of("mean", sums_of([4]))) == (4, None)


def test_a_bare_share_gets_the_binomial_error():
    assert se_from_value("share", 25, 200) == pytest.approx(se_of("share", Sums(n=200, hits=50)))
    assert se_from_value("mean", 4.2, 200) is None


def part(statistic: str, sums: Sums) -> Part:
    return Part(value_of(statistic, sums), se_of(statistic, sums), sums)


def test_units_combine_to_exactly_what_all_answers_together_give():
    draw = random.Random(7)
    for _round in range(50):
        groups = [
            [draw.randint(0, 10) for _ in range(draw.randint(1, 40))] for _ in range(draw.randint(1, 6))
        ]
        together = [score for group in groups for score in group]
        made = combine("mean", pool_of(part("mean", sums_of(group)) for group in groups))
        assert isclose(made.value, mean(together))
        assert made.n == len(together)
        assert made.remark == ""
        if len(together) > 1:
            assert isclose(made.se, stdev(together) / sqrt(len(together)), abs_tol=1e-9)

        def nps(scores: list[int]) -> Sums:
            return Sums(
                n=len(scores), promoters=sum(s >= 9 for s in scores), detractors=sum(s <= 6 for s in scores)
            )

        made = combine("nps", pool_of(part("nps", nps(group)) for group in groups))
        assert isclose(made.value, value_of("nps", nps(together)))
        assert isclose(made.se, se_of("nps", nps(together)))


def test_without_sums_answers_weigh_and_without_answers_units_weigh_the_same():
    weighted = combine("mean", pool_of([Part(4, 0.1, Sums(n=300)), Part(2, 0.3, Sums(n=100))]))
    assert (weighted.value, weighted.n, weighted.remark) == (3.5, 400, "weighted")
    assert weighted.se == pytest.approx(sqrt((300 * 0.1) ** 2 + (100 * 0.3) ** 2) / 400)
    plain = combine("mean", pool_of([Part(4, None, Sums()), Part(2, None, Sums())]))
    assert (plain.value, plain.se, plain.n, plain.remark) == (3, None, None, "plain")


def test_sums_add_up_and_nothing_gives_nothing():
    made = combine("sum", pool_of([Part(4, 3.0, Sums(n=2)), Part(6, 4.0, Sums(n=1))]))
    assert (made.value, made.se, made.n) == (10, 5, 3)
    assert combine("mean", pool_of([])) is None


def test_the_interval_of_a_share_is_wilsons():
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611
    low, high = interval("share", 100 * 81 / 263, 0.0, 263)
    assert (low, high) == (pytest.approx(25.53, abs=0.005), pytest.approx(36.62, abs=0.005))
    low, high = interval("share", 0.0, 0.0, 20)
    assert (low, high) == (0, pytest.approx(16.11, abs=0.005))


def test_a_handful_of_answers_has_no_interval_of_its_mean():
    assert interval("mean", 4.0, 0.5, 9) == (None, None)
    assert interval("mean", 4.0, 0.5, 10) == (pytest.approx(3.02, abs=0.001), pytest.approx(4.98, abs=0.001))
    assert interval("sum", 4.0, None, 10) == (None, None)
