"""Both judges behind their port: what they remember, what they forget, and what is for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pointsman.adapters.judges.evidence import EvidenceJudge
from pointsman.adapters.judges.point import PointJudge
from pointsman.judge.point import PointRule
from pointsman.judge.settings import Settings
from pointsman.model.errors import InputError
from pointsman.model.evidence import Verdict
from pointsman.model.measurement import Counters, Reading
from pointsman.model.objective import objectives_of
from pointsman.ports.judge import Judge, Opinion

SETTINGS = Settings(objectives=objectives_of(["error-rate ok<5% rollback>20%"]), warm_up=0.0, dwell=0.0)
STRICTER = replace(SETTINGS, objectives=objectives_of(["error-rate ok<1% rollback>20%"]))
RULE = PointRule(window=10.0, checks=3, max_failures=1)
MAKERS: dict[str, Callable[[Settings], Judge]] = {
    "evidence": EvidenceJudge,
    "point": lambda settings: PointJudge(settings, RULE),
}


@pytest.fixture(params=list(MAKERS))
def make(request: pytest.FixtureRequest) -> Callable[[Settings], Judge]:
    return MAKERS[str(request.param)]


def reading(at: float, share: float, begun: float = 0.0, stable: float = 50.0, candidate: float = 50.0) -> Reading:
    """Requests per second of each since time 0, and the candidate's share of bad ones since `begun`."""
    bad = share * candidate * (at - begun)
    return Reading(at, (Counters("s", stable * at, 0.0),), (Counters("c", candidate * at, float(int(bad))),))


def heard(judge: Judge, share: float, weight: int, begin: int = 0, end: int = 120) -> Opinion:
    """Looks every 5 s from `begin` to `end`."""
    return [judge.look(reading(at, share, begin), weight) for at in range(begin, end + 1, 5)][-1]


def test_a_healthy_candidate_is_passed(make: Callable[[Settings], Judge]) -> None:
    opinion = heard(make(SETTINGS), 0.0, 10)
    assert opinion.verdict is Verdict.PASS
    assert opinion.checks[0].name.endswith("at 10 %")


def test_a_bad_candidate_is_rejected_for_ever(make: Callable[[Settings], Judge]) -> None:
    judge = make(SETTINGS)
    assert heard(judge, 0.5, 10).verdict is Verdict.FAIL
    assert judge.blind("no answer", 10).verdict is Verdict.FAIL
    assert heard(judge, 0.0, 30, 120, 240).verdict is Verdict.FAIL
    later = make(SETTINGS)
    later.resume(judge.state())
    assert later.look(reading(300, 0.0, 300), 50).verdict is Verdict.FAIL


def test_proof_at_one_weight_is_none_at_the_next(make: Callable[[Settings], Judge]) -> None:
    judge = make(SETTINGS)
    assert heard(judge, 0.0, 10).verdict is Verdict.PASS
    assert judge.look(reading(125, 0.0), 30).verdict is Verdict.NO_DATA


def test_another_process_goes_on_with_what_was_heard(make: Callable[[Settings], Judge]) -> None:
    judge, later = make(SETTINGS), make(SETTINGS)
    heard(judge, 0.0, 10)
    later.resume(judge.state())
    assert later.look(reading(400, 0.0), 10).verdict is Verdict.PASS


def test_nothing_is_compared_across_two_processes(make: Callable[[Settings], Judge]) -> None:
    judge, later = make(SETTINGS), make(SETTINGS)
    heard(judge, 0.0, 10)
    later.resume(judge.state())
    assert later.look(reading(200, 1.0), 10).verdict is Verdict.PASS


def test_a_blind_judge_blames_nobody(make: Callable[[Settings], Judge]) -> None:
    opinion = make(SETTINGS).blind("Prometheus does not answer", 10)
    assert (opinion.verdict, opinion.why) == (Verdict.SOURCE_DOWN, "Prometheus does not answer")


def test_other_objectives_than_the_release_was_begun_with_are_refused(make: Callable[[Settings], Judge]) -> None:
    with pytest.raises(InputError, match="begun with other objectives") as refused:
        make(STRICTER).resume(make(SETTINGS).state())
    assert "undo the release first" in refused.value.advice


@pytest.mark.parametrize("state", ["{}", "what is this"])
def test_a_memory_of_another_mode_is_refused(make: Callable[[Settings], Judge], state: str) -> None:
    with pytest.raises(InputError, match="cannot be read") as refused:
        make(SETTINGS).resume(state)
    assert "pointsman rollback" in refused.value.advice


def test_without_a_state_it_begins(make: Callable[[Settings], Judge]) -> None:
    judge = make(SETTINGS)
    heard(judge, 0.5, 10)
    judge.resume("")
    assert heard(judge, 0.0, 10).verdict is Verdict.PASS


def test_what_is_remembered_does_not_grow_with_the_pods(make: Callable[[Settings], Judge]) -> None:
    judge = make(SETTINGS)
    for at in (0.0, 5.0):
        pods = tuple(Counters(f"pod-{number}", 10 * at, 0.0) for number in range(300))
        judge.look(Reading(at, pods, pods[:5]), 10)
    assert len(judge.state()) < 4000


def test_at_100_percent_nobody_is_left_to_compare_with() -> None:
    judge = EvidenceJudge(SETTINGS)
    for at in range(0, 121, 5):
        said = judge.look(reading(at, 0.0, stable=0.0), 100)
    assert said.verdict is Verdict.PASS


def test_the_evidence_is_there_for_machines() -> None:
    details = heard(EvidenceJudge(SETTINGS), 0.0, 10).details
    assert details["mode"] == "evidence"
    assert details["looks"] == 25
