"""What probes amount to, and that a lost connection is no answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pointsman.model.evidence import Probe, Verdict
from pointsman.steps.probing import asked, health_verdict
from pointsman.testing import FakeClock

GOOD = Probe("shop", True, 200, "answered 200", 0.1)
BAD = Probe("shop", False, 500, "answered 500", 0.1)
LOST = Probe("shop", False, 0, "connection reset", 0.1, reached=False)


@dataclass
class Script:
    """Answers as it is told, one after the other."""

    answers: list[Probe] = field(default_factory=list)

    def probe_version(self, name: str, times: int) -> Sequence[Probe]:
        del name
        given, self.answers = self.answers[:times], self.answers[times:]
        return given

    def probe_service(self) -> Probe:
        raise AssertionError("nobody asks the service here")


def test_a_probe_that_was_lost_on_its_way_is_sent_again() -> None:
    probes = asked(Script([GOOD, LOST, GOOD, GOOD]), FakeClock(), "shop-green", 3)
    assert health_verdict(probes) is Verdict.PASS
    assert len(probes) == 3


def test_what_stays_lost_while_others_arrive_is_the_fault_of_the_version() -> None:
    probes = asked(Script([GOOD, LOST, LOST, LOST]), FakeClock(), "shop-green", 2)
    assert health_verdict(probes) is Verdict.FAIL


def test_when_nothing_ever_arrives_the_way_is_broken() -> None:
    clock = FakeClock()
    probes = asked(Script([LOST] * 6), clock, "shop-green", 2)
    assert health_verdict(probes) is Verdict.SOURCE_DOWN
    assert len(clock.slept) == 2


def test_a_bad_answer_is_an_answer_and_not_asked_for_again() -> None:
    script = Script([GOOD, BAD, GOOD])
    assert health_verdict(asked(script, FakeClock(), "shop-green", 2)) is Verdict.FAIL
    assert script.answers == [GOOD]
