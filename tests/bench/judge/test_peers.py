"""The peers' rules as their code has them, at every boundary; a rival drawn too weak would flatter us."""

from __future__ import annotations

import random
from itertools import product
from statistics import median

import pytest

from pointsman.judge.tolerance import STRICT
from tests.bench.judge import times
from tests.bench.judge.chance import binomial, clumped, poisson, seeded
from tests.bench.judge.judges import JUDGES, MINUTELY, Judge, argo, flagger, kayenta, ours, z_test
from tests.bench.judge.mann_whitney import Z, is_high, shift_of, z_of
from tests.bench.judge.scenarios import LATE, LOOKS, MINUTE, NULLS, PODS, Apart, Look, Scenario, both
from tests.bench.judge.tables import found, judged, score, share, since, table, typical
from tests.bench.judge.times import Speed


def minutes(bad: list[int], requests: int = 240) -> list[Look]:
    """A half-hour in which minute i has `bad[i]` bad requests of the candidate among `requests`; 0 after that."""
    looks = []
    for minute in range(LOOKS // MINUTE):
        for look in range(MINUTE):
            count = bad[minute] if minute < len(bad) and look == 0 else 0
            looks.append(Look(1000, 5, requests // MINUTE, min(count, requests // MINUTE)))
    return looks


@pytest.mark.parametrize(
    ("judge", "bad", "second"),
    [
        pytest.param(argo(0.05, 0, MINUTELY), [12], None, id="Argo: 5 % is not above 5 %"),
        pytest.param(argo(0.05, 0, MINUTELY), [0, 13], 120, id="Argo: the first failure rejects by default"),
        pytest.param(argo(0.05, 3, MINUTELY), [13, 0, 13, 0, 13], None, id="Argo: failureLimit 3 forgives three"),
        pytest.param(argo(0.05, 3, MINUTELY), [13, 0, 13, 0, 13, 13], 360, id="Argo: and not four, whenever they are"),
        pytest.param(flagger(0.01, 5, MINUTELY), [3] * 5, 360, id="Flagger: acts at the tick after the threshold"),
        pytest.param(flagger(0.01, 5, MINUTELY), [3] * 4, None, id="Flagger: four of five"),
        pytest.param(flagger(0.01, 5, MINUTELY), [3, 0] * 5, 600, id="Flagger: a good check takes nothing back"),
    ],
)
def test_a_rule_rejects_when_its_code_does(judge: Judge, bad: list[int], second: int | None) -> None:
    assert judge(minutes(bad)) == second


def test_without_traffic_argo_and_flagger_fail_their_checks() -> None:
    nobody = [Look(1000, 5, 0, 0)] * LOOKS
    assert argo(0.05, 3, MINUTELY)(nobody) == 240
    assert flagger(0.01, 5, MINUTELY)(nobody) == 360


def test_kayenta_passes_what_is_equal_constant_or_absent() -> None:
    assert not is_high([0.1, 0.2], [0.2, 0.1])
    assert not is_high([0.0] * 60, [0.0] * 60)
    assert not is_high([], [0.1])
    assert not is_high([0.1], [])


def test_kayenta_is_blind_where_most_points_are_zero() -> None:
    assert not is_high([0.0] * 57 + [0.1] * 3, [0.0] * 60)


def test_kayenta_finds_a_series_that_is_higher_throughout() -> None:
    high, low = [0.05 + i / 1e4 for i in range(20)], [0.01 + i / 1e4 for i in range(20)]
    assert is_high(high, low)
    assert not is_high(low, high)
    looks = [Look(1000, 5 + i % 3, 100, 5 + i % 2) for i in range(LOOKS)]
    assert kayenta(30, 300)(looks) == 300
    assert kayenta(30, None)(looks) == 1800


def test_kayentas_statistic_is_that_of_all_pairs() -> None:
    chance = seeded("pairs")
    candidate, stable = ([chance.random() for _ in range(12)] for _ in range(2))
    surplus = sum((x > y) + (x == y) / 2 for x, y in product(candidate, stable)) - 72
    spread = (12 * 12 * 25 / 12) ** 0.5
    assert z_of(candidate, sorted(stable), 0.0) == pytest.approx((surplus - (0.5 if surplus > 0 else -0.5)) / spread)
    differences = median(x - y for x, y in product(candidate, stable))
    assert shift_of(candidate, sorted(stable)) == pytest.approx(differences, abs=0.02)
    assert pytest.approx(2.326, abs=1e-3) == Z


def test_a_z_test_looks_always_or_once() -> None:
    looks = [Look(1000, 5, 100, 3)] * LOOKS
    assert z_test(peeking=True)(looks) == 5
    assert z_test(peeking=False)(looks) == 1800
    assert z_test(peeking=True)([Look(0, 0, 0, 0)] * LOOKS) is None


def test_every_judge_sees_the_same_half_hour() -> None:
    scenario = Scenario("same", 100, (0.1,), both(0.01))
    assert list(scenario.looks(3)) == list(scenario.looks(3))
    assert list(scenario.looks(3)) != list(scenario.looks(4))


def test_streams_have_the_rates_they_say() -> None:
    chance = random.Random(1)  # noqa: S311 - a seed
    for rate, clump in ((0.003, 1), (0.02, 8), (0.6, 1), (1.0, 1)):
        mean = sum(clumped(chance, 10_000, rate, clump) for _ in range(300)) / 300
        assert mean == pytest.approx(10_000 * rate, rel=0.1)
    assert binomial(chance, 100, 0.0) == 0
    for mean in (3.0, 900.0):
        assert sum(poisson(chance, mean) for _ in range(500)) / 500 == pytest.approx(mean, rel=0.1)


@pytest.mark.parametrize("scenario", [*NULLS, *PODS], ids=lambda one: one.name)
def test_a_null_has_one_rate_on_average(scenario: Scenario) -> None:
    looks = [look for run in range(12) for look in scenario.looks(run)]
    stable = sum(look.stable_bad for look in looks) / sum(look.stable for look in looks)
    candidate = sum(look.candidate_bad for look in looks) / sum(look.candidate for look in looks)
    # The ramp's candidate has more traffic late, when both rates are higher; pods differ by design.
    assert candidate == pytest.approx(stable, rel=0.6)


def test_a_late_fault_begins_when_it_says() -> None:
    onset, scenario = LATE[0]
    looks = list(scenario.looks(0))
    before = sum(look.candidate_bad for look in looks[: onset * MINUTE])
    assert before / (onset * MINUTE) < 1 < sum(look.candidate_bad for look in looks[onset * MINUTE :]) / 240


def test_the_real_judge_takes_part() -> None:
    looks = list(Scenario("fault", 100, (0.1,), Apart(0.01, 0.1)).looks(0))
    assert ours(STRICT)(looks) is not None
    ramped = [look._replace(ramp=index == 100) for index, look in enumerate(looks)]
    assert ours(STRICT)(ramped) is not None


def test_request_times_fill_a_histogram_that_rises() -> None:
    block = next(Speed("some", stuck=0.05, pauses=1.0).blocks(0, traffic=10_000))
    for arm in (block.stable, block.candidate):
        counts = list(arm.within.values())
        assert counts == sorted(counts)
        assert counts[-1] <= arm.requests
    stable, candidate = block.stable, block.candidate
    assert 1 - stable.within[0.5] / stable.requests == pytest.approx(0.336, abs=0.02)
    assert 1 - candidate.within[2.5] / candidate.requests == pytest.approx(0.05, abs=0.02)


def test_a_percentile_is_interpolated_as_prometheus_does() -> None:
    assert times._quantile(99, dict.fromkeys(times.BOUNDS[:6], 98) | dict.fromkeys(times.BOUNDS[6:], 100)) == 0.375
    fast, slow = list(Speed("fast").blocks(0)), list(Speed("slow", factor=40).blocks(0))
    assert (times.flagger(0.5, 5, fast), times.flagger(0.5, 5, slow)) == (None, 360)
    assert (times.argo(2.0, 0, fast), times.argo(2.0, 0, slow)) == (None, 60)


def test_the_real_judge_compares_times() -> None:
    seen = times.judged(Speed("slow", factor=3.0), 1)
    assert all(second is not None for name, [second] in seen.items() if "ours" in name)


def test_cells_say_how_many_and_how_soon() -> None:
    assert found([60, 90, None]) == "67 %, 90 s"
    assert found([600, None, None]) == "33 %, -"
    assert found([300, 300]) == "100 %, 5.0 min"
    assert (share([None, 5]), typical([None, 5]), typical([5, 5])) == (0.5, None, 5)
    assert (since(700, 600), since(500, 600), since(None, 600)) == (100, None, None)


def test_a_table_has_a_row_for_each_judge() -> None:
    columns = [judged(Scenario("tiny", 10, (0.1,), Apart(0.01, 0.5)), 1)]
    assert len(table(["tiny"], columns, found).splitlines()) == 2 + len(JUDGES)
    assert score("**ours, strict**", "Kayenta, every 5 min", columns, columns).startswith("| **ours, strict** |")
