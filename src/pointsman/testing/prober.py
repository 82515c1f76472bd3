"""Answers that a test wrote down beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pointsman.model.evidence import Probe


@dataclass
class FakeProber:
    """`versions` maps a version to the status its instances answer: 0 for none at all, None when it has no
    instance to ask. `service` is the status of the service as users reach it. Both can be changed at any
    time; a list of statuses is answered in turn, the last one for good. `asked` remembers whom, in
    order."""

    versions: Mapping[str, int | list[int] | None] = field(default_factory=dict)
    service: int | list[int] = 200
    asked: list[str] = field(default_factory=list)

    def probe_version(self, name: str, times: int) -> Sequence[Probe]:
        """What was written down for `name`. Raises LookupError when nothing was."""
        if name not in self.versions:
            raise LookupError(f"this test said nothing about {name!r}; it knows {sorted(self.versions)}")
        answers = self.versions[name]
        self.asked.append(name)
        return [] if answers is None else [_probe(name, _next(answers)) for _ in range(times)]

    def probe_service(self) -> Probe:
        """What was written down for the service; status 0 means that the way to it is broken."""
        self.asked.append("")
        return _probe("the service", _next(self.service), through=True)


def _next(answers: int | list[int]) -> int:
    if isinstance(answers, int):
        return answers
    return answers.pop(0) if len(answers) > 1 else answers[0]


def _probe(target: str, status: int, *, through: bool = False) -> Probe:
    words = f"HTTP {status}" if status else "no answer"
    return Probe(target, 200 <= status < 400, status, words, 0.01, reached=bool(status) or not through)
