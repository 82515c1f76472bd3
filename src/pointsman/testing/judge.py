"""A judge whose words a test wrote down beforehand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pointsman.model.errors import InputError
from pointsman.model.evidence import Check, Verdict
from pointsman.model.measurement import Reading
from pointsman.ports.judge import Opinion


@dataclass
class FakeJudge:
    """`verdicts` maps a weight to what is said of it, PASS where nothing was written down; a list is said in turn, the
    last one for good. `heard` remembers each look as (weight, time of the reading), `resumed` each state it was given.

    A state that names other `questions` is refused, as by a judge that was asked something else.
    """

    verdicts: Mapping[int, Verdict | list[Verdict]] = field(default_factory=dict)
    questions: str = "error-rate"
    heard: list[tuple[int, float]] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    looks: int = 0
    rejected: bool = False

    def beside(self) -> FakeJudge:
        """Another run's judge, which has heard nothing yet."""
        return FakeJudge(self.verdicts, self.questions, self.heard, self.resumed)

    def resume(self, state: str) -> None:
        """Go on where `state` ends."""
        self.resumed.append(state)
        known = json.loads(state or self._unheard())
        if known["questions"] != self.questions:
            raise InputError(f"the release was begun with {known['questions']!r}", "ask the same again")
        self.looks, self.rejected = known["looks"], known["rejected"]

    def look(self, reading: Reading, weight: int) -> Opinion:
        """What was written down for `weight`; FAIL is for ever."""
        self.heard.append((weight, reading.at))
        self.looks += 1
        return self._said(_next(self.verdicts.get(weight, Verdict.PASS)), f"at {weight} %")

    def blind(self, why: str, weight: int) -> Opinion:
        """SOURCE_DOWN, or what is for ever."""
        del weight
        return self._said(Verdict.SOURCE_DOWN, why)

    def state(self) -> str:
        """What another judge needs to go on."""
        return json.dumps({"questions": self.questions, "looks": self.looks, "rejected": self.rejected})

    def _unheard(self) -> str:
        return FakeJudge(questions=self.questions).state()

    def _said(self, verdict: Verdict, why: str) -> Opinion:
        self.rejected = self.rejected or verdict is Verdict.FAIL
        final = Verdict.FAIL if self.rejected else verdict
        words = f"{self.questions}: {final.value} {why}"
        return Opinion(final, words, (Check(self.questions, final, words),), {"looks": self.looks})


def _next(verdicts: Verdict | list[Verdict]) -> Verdict:
    if isinstance(verdicts, Verdict):
        return verdicts
    return verdicts.pop(0) if len(verdicts) > 1 else verdicts[0]
