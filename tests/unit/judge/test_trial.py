"""How looks become blocks, and what a trial remembers."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.judge.block import Arm, Block
from pointsman.judge.latency import BOUNDS_COMPARED
from pointsman.judge.settings import Settings
from pointsman.judge.tolerance import STRICT
from pointsman.judge.trial import (
    Trial,
    at_new_weight,
    fed,
    looked,
    opened_trial,
    resumed,
    total_log_evidence,
    with_history,
    without_counters,
)
from pointsman.judge.verdict import report_of
from pointsman.model.errors import InputError
from pointsman.model.evidence import Verdict
from tests.unit.judge.streams import PROMPT, block, counters, heard, random_blocks, read, reading, steady

HEALTHY = block((100, 0), (900, 2))


def counts(trial: Trial) -> tuple[int, int, int, int]:
    tally = trial.cases[0].ok
    return tally.candidate, tally.candidate_bad, tally.stable, tally.stable_bad


def blocks_heard(trial: Trial) -> tuple[int, ...]:
    """How many long and short blocks were betted on."""
    return tuple(stake.blocks for stake in trial.cases[0].relative[0])


def test_evidence_counts_once_a_block_at_both_paces() -> None:
    assert blocks_heard(heard(PROMPT, [HEALTHY] * 12)) == (4, 12)


def test_slow_counters_have_one_pace() -> None:
    assert blocks_heard(heard(replace(PROMPT, interval=30.0), [replace(HEALTHY, seconds=30.0)] * 4)) == (4,)
    assert [pace.seconds for pace in replace(PROMPT, interval=10.0).paces] == [15.0, 10.0]


def test_looks_that_come_a_little_early_fill_their_block() -> None:
    assert blocks_heard(heard(PROMPT, [replace(HEALTHY, seconds=4.9)] * 6)) == (2, 6)


def test_half_a_scrape_waits_for_the_other_half() -> None:
    halves = [block((100, 0), (0, 0)), block((0, 0), (900, 0))]
    assert blocks_heard(heard(PROMPT, halves * 3)) == (2, 3)


def test_a_candidate_without_traffic_is_not_waited_for_for_ever() -> None:
    trial = heard(PROMPT, [HEALTHY, *[block((0, 0), (900, 3))] * 12])
    assert trial.pending[1] is None
    assert blocks_heard(trial)[1] == 1


def test_the_first_look_says_nothing_of_what_was_before() -> None:
    trial = read(PROMPT, [reading(0, [counters("s", 10**6, 9999)], [counters("c", 10**5, 999)])])
    assert counts(trial) == (0, 0, 0, 0)


def test_looks_are_differenced() -> None:
    assert counts(read(PROMPT, steady(4, errors=2))) == (300, 6, 2700, 0)


def test_a_look_of_the_same_moment_is_no_new_look() -> None:
    first, second = steady(2)
    assert read(PROMPT, [first, second, second]) == read(PROMPT, [first, second])


def test_the_warm_up_is_ignored_but_shows_what_stable_is_like() -> None:
    trial = read(replace(PROMPT, warm_up=30.0), steady(7, errors=50))
    assert counts(trial) == (0, 0, 0, 0)
    assert trial.history.requests == 6 * 900
    assert counts(read(replace(PROMPT, warm_up=30.0), steady(8, errors=50))) == (100, 50, 900, 0)


def test_the_warm_up_begins_with_the_candidates_first_request() -> None:
    idle = [reading(5.0 * look, [counters("s", 900 * look)]) for look in range(100)]
    assert read(replace(PROMPT, warm_up=30.0), idle).age == 0


def test_a_version_that_is_missing_once_is_covered_by_the_next_look() -> None:
    first, second, third = steady(3, errors=1)
    trial = read(PROMPT, [first, replace(second, candidate=()), third])
    assert counts(trial) == (200, 2, 1800, 0)
    assert blocks_heard(trial)[1] == 1


def test_a_stable_that_is_gone_for_good_is_no_longer_waited_for() -> None:
    looks = [one if index < 3 else replace(one, stable=()) for index, one in enumerate(steady(40, errors=1))]
    trial = read(PROMPT, looks)
    assert trial.looks.alone
    assert counts(trial) == (3900, 39, 1800, 0)


def test_a_dropped_look_is_counted_and_its_requests_are_not_lost() -> None:
    first, second, third = steady(3, errors=1)
    trial = read(PROMPT, [first, replace(second, stable=(counters("stable-1", -1),)), third])
    assert (trial.looks.count, trial.looks.dropped) == (3, 1)
    assert "whole requests" in trial.looks.why
    assert counts(trial) == (200, 2, 1800, 0)


def test_a_first_look_that_cannot_be_true_is_no_beginning() -> None:
    first, second, third = steady(3, errors=1)
    trial = read(PROMPT, [replace(first, stable=(counters("stable-1", -1),)), second, third])
    assert (trial.looks.count, trial.looks.dropped) == (3, 1)
    assert counts(trial) == (100, 1, 900, 0)


def test_nothing_is_compared_across_a_change_of_weight() -> None:
    """Stable's rate rises while the weight does: pooled, the candidate would look worse without being so."""
    settings = replace(PROMPT, tolerance=STRICT)
    low, high = block((50, 0), (950, 1)), block((500, 20), (500, 20))
    trial = heard(settings, [low] * 60)
    trial = heard(settings, [high] * 60, at_new_weight(settings, trial))
    assert not trial.rejected
    assert counts(trial) == (30_000, 1200, 30_000, 1200)


def test_a_change_of_weight_keeps_the_evidence_against_and_drops_the_claims_for_the_candidate() -> None:
    before = heard(PROMPT, [*[HEALTHY] * 60, *[block((100, 9), (900, 9))] * 4])
    after = at_new_weight(PROMPT, before)
    assert total_log_evidence(PROMPT, after) == pytest.approx(total_log_evidence(PROMPT, before))
    assert report_of(PROMPT, before).lines[0].below.met
    assert not report_of(PROMPT, after).lines[0].below.met
    assert after.pending == (None, None)


def test_a_change_of_weight_makes_the_next_look_the_first() -> None:
    first, second, third, fourth = steady(4, errors=1)
    trial = at_new_weight(PROMPT, read(PROMPT, [first, second]))
    assert counts(read(PROMPT, [third, fourth], trial)) == (100, 1, 900, 0)


def test_a_pod_missing_just_when_the_weight_changes_is_no_new_pod() -> None:
    """Its thousand old requests, half of them bad, are not those of the new weight."""
    old, new = counters("candidate-2", 1000, 500), counters("candidate-2", 1010, 500)
    first, second, third, fourth = (replace(one, candidate=(*one.candidate, old)) for one in steady(4, errors=1))
    trial = at_new_weight(PROMPT, read(PROMPT, [first, second]))
    there = replace(fourth, candidate=(fourth.candidate[0], new))
    assert counts(read(PROMPT, [replace(third, candidate=third.candidate[:1]), there], trial)) == (110, 1, 900, 0)


def test_a_rejection_is_for_ever() -> None:
    bad = heard(PROMPT, [block((100, 30), (900, 2))] * 40)
    assert bad.rejected
    assert report_of(PROMPT, heard(PROMPT, [HEALTHY] * 2000, bad)).verdict is Verdict.FAIL
    assert report_of(PROMPT, at_new_weight(PROMPT, bad)).verdict is Verdict.FAIL


def test_the_whole_is_at_least_as_strong_as_any_part() -> None:
    trial = heard(PROMPT, [block((100, 8), (900, 4))] * 9)
    case = trial.cases[0]
    parts = (case.log_relative - PROMPT.relative_bound, case.log_gate - PROMPT.gate_bound)
    assert total_log_evidence(PROMPT, trial) >= max(parts)


def test_history_tells_how_clumped_stable_is_before_the_first_request() -> None:
    clumps = [Arm(1000, 80 if stretch % 8 == 0 else 0) for stretch in range(120)]
    trial = with_history(PROMPT, opened_trial(PROMPT), clumps)
    assert trial.cases[0].dispersion.clumping > 20
    assert trial.history == Arm(120_000, 1200)


def test_history_decides_where_times_are_compared() -> None:
    stretch = Arm(1000, 0, {0.1: 700, 0.5: 995, 2.0: 1000})
    trial = with_history(Settings(), opened_trial(Settings()), [stretch] * 30)
    bounds = trial.cases[1].bounds
    assert bounds is not None
    assert (bounds.compared, bounds.usual) == ((0.1, 0.5), 0.1)
    assert trial.cases[1].dispersion.requests == 30_000


def test_without_stable_the_candidates_own_histogram_says_where_slow_begins() -> None:
    one = Block(5.0, Arm(), Arm(100, 0, {0.5: 0, 2.0: 0}))
    trial = heard(replace(Settings(), warm_up=0.0), [one] * 60)
    assert trial.rejected


def test_a_source_without_a_histogram_judges_errors_only() -> None:
    settings = replace(Settings(), warm_up=0.0)
    report = report_of(settings, heard(settings, [HEALTHY] * 300))
    assert [line.verdict for line in report.lines] == [Verdict.PASS, Verdict.NO_DATA]
    assert report.verdict is Verdict.NO_DATA


def kept(trial: Trial) -> Trial:
    """`trial` as a later process finds it."""
    return msgspec.json.decode(msgspec.json.encode(trial), type=Trial)


def latency_looks(count: int) -> list[object]:
    looks = []
    for look in range(count):
        stable = counters("s", 900 * look, look, le_100=700 * look, le_500=895 * look, le_2000=899 * look)
        candidate = counters("c", 100 * look, look // 3, le_100=77 * look, le_500=99 * look, le_2000=100 * look)
        looks.append(reading(5.0 * look, [stable], [candidate]))
    return looks


@given(st.integers(0, 80), st.integers(0, 80))
@settings(max_examples=30, deadline=None)
def test_a_trial_kept_and_found_again_decides_bit_for_bit_the_same(first: int, second: int) -> None:
    everything = latency_looks(first + second)
    config = replace(Settings(), warm_up=15.0)
    straight = read(config, everything)
    broken = read(config, everything[first:], resumed(config, kept(read(config, everything[:first]))))
    assert broken == straight
    assert kept(straight) == straight
    assert report_of(config, broken) == report_of(config, straight)


def test_a_trial_is_small() -> None:
    """Also when times are compared at as many bounds as there may be, and however long it took."""
    within = {bound / 20: 700 + 20 * bound for bound in range(1, 12)}
    one = Block(
        5.0,
        Arm(1000, 3, {**within, 2.0: 999}),
        Arm(100, 0, {bound: count // 10 for bound, count in within.items()} | {2.0: 99}),
    )
    trial = heard(Settings(), [one] * 360)
    assert trial.cases[1].bounds is not None
    assert len(trial.cases[1].bounds.compared) == BOUNDS_COMPARED
    assert len(msgspec.json.encode(trial)) < 6000


def test_the_counters_can_be_left_out() -> None:
    assert without_counters(read(Settings(), latency_looks(3))).looks.known is None


def test_a_trial_without_its_counters_goes_on_with_the_same_evidence() -> None:
    looks = latency_looks(60)
    trial = read(Settings(), looks[:30])
    lean = without_counters(trial)
    assert total_log_evidence(Settings(), lean) == total_log_evidence(Settings(), trial)
    assert counts(read(Settings(), looks[30:], lean))[0] == counts(read(Settings(), looks))[0] - 100


def test_a_resumed_test_spends_its_error_budget_once() -> None:
    """Evidence against the candidate is neither lost nor counted again."""
    blocks = list(random_blocks(7, 4, (10, 0.03), (90, 0.01)))
    straight = heard(PROMPT, blocks)
    resumed_twice = heard(PROMPT, blocks[30:], kept(heard(PROMPT, blocks[:30])))
    assert total_log_evidence(PROMPT, straight) == total_log_evidence(PROMPT, resumed_twice)


def test_a_trial_of_another_question_is_refused() -> None:
    trial = opened_trial(PROMPT)
    assert resumed(PROMPT, trial) is trial
    with pytest.raises(InputError, match="other objectives or tolerances"):
        resumed(replace(PROMPT, tolerance=STRICT), trial)


def test_how_long_the_release_takes_may_change_between_runs() -> None:
    assert resumed(replace(PROMPT, horizon=60.0, dwell=9.0), opened_trial(PROMPT))


def test_feeding_blocks_and_looking_at_counters_are_the_same() -> None:
    by_looks = read(PROMPT, steady(30, errors=2))
    by_blocks = heard(PROMPT, [block((100, 2), (900, 0))] * 29)
    assert by_looks.cases == by_blocks.cases
    assert fed(PROMPT, by_blocks, HEALTHY).judged == by_blocks.judged + 5
    assert looked(PROMPT, by_looks, reading(0)) == by_looks
