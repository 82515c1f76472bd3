"""The ladder from evidence to one verdict."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pointsman.judge.block import Arm, Block
from pointsman.judge.report import INTERVAL_LABEL, Proof, Rate
from pointsman.judge.settings import Settings
from pointsman.judge.trial import at_new_weight, opened_trial, with_history
from pointsman.judge.verdict import report_of
from pointsman.model.evidence import Verdict
from tests.unit.judge.streams import PROMPT, block, counters, heard, read, reading, report, steady

GOOD = block((100, 0), (900, 2))
MINUTES = 12


def timed(candidate_slow: int, candidate_very_slow: int = 0) -> Block:
    """1000 requests of stable, a third of them above 100 ms, 5 above 0.5 s; 200 of the candidate."""
    stable = Arm(1000, 1, {0.1: 670, 0.5: 995, 2.0: 1000})
    slow = 200 - candidate_slow
    return Block(5.0, stable, Arm(200, 0, {0.1: min(134, slow), 0.5: slow, 2.0: 200 - candidate_very_slow}))


BOTH = replace(Settings(), warm_up=0.0, dwell=0.0)


@pytest.mark.parametrize(
    ("settings", "blocks", "verdict", "words"),
    [
        pytest.param(PROMPT, [], Verdict.NO_DATA, "no request yet", id="nothing seen"),
        pytest.param(PROMPT, [block((0, 0), (900, 2))] * 90, Verdict.NO_DATA, "no request yet", id="never asked"),
        pytest.param(PROMPT, [GOOD] * 60, Verdict.PASS, "proven harmless on every", id="proven harmless"),
        pytest.param(PROMPT, [GOOD] * 6, Verdict.INCONCLUSIVE, "not enough requests yet", id="too few requests"),
        pytest.param(PROMPT, [block((100, 9), (900, 2))] * 40, Verdict.FAIL, "worse than stable", id="worse"),
        pytest.param(
            PROMPT, [block((100, 9), (0, 0))] * 60, Verdict.FAIL, "breaks its limit", id="bad with nobody to compare"
        ),
        pytest.param(
            PROMPT, [block((100, 2), (900, 18))] * 90, Verdict.INCONCLUSIVE, "zone between ok and rollback", id="warn"
        ),
        pytest.param(
            PROMPT, [block((100, 8), (900, 72))] * 90, Verdict.INCONCLUSIVE, "shared incident", id="both broken"
        ),
        pytest.param(
            replace(PROMPT, spare_shared=False), [block((100, 10), (900, 90))] * 90, Verdict.FAIL, "breaks its limit",
            id="both broken, and asked to roll back all the same",
        ),
        pytest.param(
            PROMPT, [block((100, 0), (0, 0))] * 90, Verdict.INCONCLUSIVE, "nothing to compare with", id="stable silent"
        ),
        pytest.param(
            replace(PROMPT, without_stable=True), [block((100, 0), (0, 0))] * 90, Verdict.PASS, "proven harmless",
            id="no stable, and none is needed",
        ),
        pytest.param(
            replace(PROMPT, dwell=600.0), [GOOD] * 60, Verdict.INCONCLUSIVE, "watched at this weight for 5 min more",
            id="proven before its time",
        ),
        pytest.param(
            PROMPT, [*[GOOD] * 60, *[block((0, 0), (900, 2))] * MINUTES], Verdict.NO_DATA, "no request for 1 min",
            id="silent",
        ),
        pytest.param(BOTH, [timed(0)] * 90, Verdict.PASS, "proven harmless", id="as fast as stable"),
        pytest.param(BOTH, [timed(60)] * 40, Verdict.FAIL, "p99: the candidate is worse", id="slower"),
        pytest.param(BOTH, [timed(20, 20)] * 60, Verdict.FAIL, "p99: the candidate breaks", id="far too slow"),
    ],
)  # fmt: skip
def test_the_ladder(settings: Settings, blocks: list[Block], verdict: Verdict, words: str) -> None:
    seen = report(settings, blocks)
    assert seen.verdict is verdict, seen.why
    assert words in seen.why


def test_a_source_that_is_down_says_nothing_of_the_candidate() -> None:
    trial = heard(PROMPT, [GOOD] * 60)
    seen = report_of(PROMPT, trial, source_down="Prometheus does not answer")
    assert (seen.verdict, seen.why) == (Verdict.SOURCE_DOWN, "Prometheus does not answer")
    assert report_of(PROMPT, trial).verdict is Verdict.PASS


def test_a_rejection_outranks_a_source_that_is_down() -> None:
    trial = heard(PROMPT, [block((100, 9), (900, 2))] * 40)
    assert report_of(PROMPT, trial, source_down="gone").verdict is Verdict.FAIL


def test_a_candidate_that_answers_at_once_is_held_for_it_may_be_giving_up() -> None:
    hasty = Block(5.0, Arm(1000, 1, {0.1: 670, 0.5: 995, 2.0: 1000}), Arm(200, 0, {0.1: 200, 0.5: 200, 2.0: 200}))
    known = with_history(BOTH, opened_trial(BOTH), [hasty.stable] * 20)
    seen = report_of(BOTH, heard(BOTH, [hasty] * 90, known))
    assert seen.verdict is Verdict.INCONCLUSIVE
    assert "far sooner than stable" in seen.why
    welcome = replace(BOTH, speedup=None)
    assert report_of(welcome, heard(welcome, [hasty] * 90, known)).verdict is Verdict.PASS


def test_a_candidate_a_little_faster_is_welcome() -> None:
    faster = Block(5.0, Arm(1000, 1, {0.1: 670, 0.5: 995, 2.0: 1000}), Arm(200, 0, {0.1: 160, 0.5: 200, 2.0: 200}))
    known = with_history(BOTH, opened_trial(BOTH), [faster.stable] * 20)
    assert report_of(BOTH, heard(BOTH, [faster] * 90, known)).verdict is Verdict.PASS


def test_one_objective_in_doubt_holds_the_others() -> None:
    # Slow requests as frequent as stable's, and both as frequent as the limit.
    seen = report(BOTH, [Block(5.0, Arm(1000, 1, {0.5: 990, 2.0: 1000}), Arm(200, 0, {0.5: 198, 2.0: 200}))] * 90)
    assert [line.verdict for line in seen.lines] == [Verdict.PASS, Verdict.INCONCLUSIVE]
    assert seen.verdict is Verdict.INCONCLUSIVE


def test_more_than_a_fifth_of_the_looks_dropped_holds() -> None:
    looks = list(steady(200))
    broken = [replace(one, stable=(counters("x", math.nan),)) if i % 4 == 1 else one for i, one in enumerate(looks)]
    seen = report_of(PROMPT, read(PROMPT, broken))
    assert seen.verdict is Verdict.INCONCLUSIVE
    assert "50 of 200 looks were dropped: stable: x has a counter that is no number" in seen.why


def test_a_fifth_of_the_looks_dropped_does_not_hold() -> None:
    looks = list(steady(200))
    broken = [replace(one, stable=(counters("x", math.nan),)) if i % 5 == 1 else one for i, one in enumerate(looks)]
    assert report_of(PROMPT, read(PROMPT, broken)).verdict is Verdict.PASS


def test_what_is_still_needed_is_what_proves_it() -> None:
    line = report(PROMPT, [GOOD] * 3).lines[0]
    assert line.verdict is Verdict.INCONCLUSIVE
    more = math.ceil(line.needed / 100)
    assert line.seconds == pytest.approx(line.needed / 20)
    assert report(PROMPT, [GOOD] * (3 + 3 * math.ceil(more / 3))).verdict is Verdict.PASS
    assert report(PROMPT, [GOOD] * (3 + 3 * math.ceil(more / 3) - 3)).verdict is Verdict.INCONCLUSIVE


def test_a_rate_that_can_never_be_proven_is_said_to_be_so() -> None:
    """Below the limit of 1 %, but above what stable's rate allows: no better in any number of requests."""
    line = report(PROMPT, [*[block((200, 2), (1800, 6))] * 2, block((200, 1), (1800, 6))] * 4).lines[0]
    assert line.needed == math.inf
    assert "proves nothing however long" in line.why


def test_at_a_new_weight_nothing_is_judged_yet() -> None:
    trial = at_new_weight(PROMPT, heard(PROMPT, [GOOD] * 60))
    seen = report_of(PROMPT, trial)
    assert (seen.verdict, seen.why) == (Verdict.NO_DATA, "nothing was judged yet at this weight")


def test_a_histogram_without_the_thresholds_is_judged_at_its_own_bounds_and_says_so() -> None:
    one = Block(5.0, Arm(900, 0, {0.4: 899, 2.5: 900}), Arm(100, 0, {0.4: 100, 2.5: 100}))
    assert (
        report(BOTH, [one] * 90).lines[1].note == "judged at the histogram's own bounds: ok at 0.4 s, rollback at 2.5 s"
    )
    assert report(BOTH, [timed(0)] * 90).lines[1].note == ""


def test_a_histogram_that_lost_its_bounds_is_no_data() -> None:
    fading = [timed(0), Block(5.0, Arm(1000, 1), Arm(200, 0))]
    trial = at_new_weight(BOTH, heard(BOTH, fading))
    seen = report_of(BOTH, heard(BOTH, [fading[1]] * 60, trial)).lines[1]
    assert (seen.verdict, seen.why) == (Verdict.NO_DATA, "p99: no slow requests were counted")
    assert "can answer it" in report(BOTH, [fading[1]] * 3).lines[1].why


def test_a_source_that_counts_no_errors_is_no_data() -> None:
    seen = report(PROMPT, [Block(5.0, Arm(900), Arm(100))] * 90)
    assert (seen.verdict, seen.why) == (Verdict.NO_DATA, "error-rate: no bad requests were counted")


def test_the_report_shows_what_it_rests_on() -> None:
    seen = report(PROMPT, [block((100, 1), (900, 4))] * 12)
    line = seen.lines[0]
    assert (line.candidate.requests, line.candidate.bad, line.stable.requests, line.stable.bad) == (1200, 12, 10800, 48)
    assert line.candidate.low < 0.01 < line.candidate.high
    assert line.relative.bound == pytest.approx(1 / 0.008)
    assert line.gate.bound == pytest.approx(1 / 0.002)
    assert line.below.bound == pytest.approx(20)
    assert line.relative.e > 1
    assert seen.tolerance.name == "tolerant"
    assert (seen.judged, seen.dropped) == (60, 0)
    assert 0 < seen.log_e < seen.log_bound
    assert "independent" in INTERVAL_LABEL


def test_evidence_of_a_gross_fault_is_still_a_number() -> None:
    assert report(PROMPT, [block((100, 90), (900, 0))] * 2000).lines[0].relative.e < math.inf


def test_a_rate_without_requests_is_called_that() -> None:
    assert Rate(0, 0, 0.0, 1.0).words == "no requests"
    assert Rate(0, 0, 0.0, 1.0).share == 0
    assert Rate(800, 10, 0.0, 1.0).words == "1.25 % of 800 requests"


def test_evidence_that_just_reaches_its_bound_is_proof() -> None:
    assert Proof(math.log(20), math.log(20)).met
    assert not Proof(math.log(19.999), math.log(20)).met


def test_a_trial_begun_without_a_candidate_says_so_with_the_looks_it_dropped() -> None:
    seen = report_of(PROMPT, read(PROMPT, [reading(0, [counters("s", math.nan)])] * 3))
    assert "3 of 3 looks were dropped" in seen.why
