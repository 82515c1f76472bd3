"""One look in one question: everything we ask about both versions joined into a single PromQL text, and its answer
taken apart again. So both versions are seen at one moment, and a look costs one request.

Each part is marked by a label of ours. Counts are summed over what is not a process of its own (`per`), since all
counters of a process begin anew together; the times are those of the newest scrape, where the question is a plain
selector, else of the answer. https://prometheus.io/docs/prometheus/latest/querying/operators/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pointsman.adapters.metrics.prometheus_answers import Sample
from pointsman.adapters.metrics.promql import is_selector, names_in
from pointsman.adapters.metrics.questions import UNITS, Comparison, Questions
from pointsman.model.errors import InputError, SourceDown
from pointsman.model.measurement import Counters, Reading

MARK = "pointsman"
STABLE, CANDIDATE = "stable", "candidate"


def look_at(pair: Comparison) -> str:
    """The PromQL text of one look."""
    parts = [_marked("now", "vector(time())")]
    for arm, questions in ((STABLE, pair.stable), (CANDIDATE, pair.candidate)):
        parts += [_marked(f"{arm} {kind}", _summed(kind, text, questions)) for kind, text in questions.asked().items()]
        parts.append(_marked(f"{arm} at", f"max(timestamp(\n{questions.requests}\n))"))
    if _comparable(pair):
        shared = f"count((\n{pair.candidate.requests}\n) and (\n{pair.stable.requests}\n))"
        parts.append(_marked("shared", shared))
    return "\nor ".join(parts)


def reading_of(samples: Sequence[Sample], pair: Comparison, stale_after: float) -> Reading:
    """What the answer to `look_at` says. Raises SourceDown when it is not whole or older than `stale_after` seconds,
    and InputError when it does not tell versions or processes apart."""
    once = {mark: each.value for each in samples if (mark := each.labels.get(MARK, ""))}
    if "now" not in once:
        raise SourceDown(
            "the answer of Prometheus lacks what every answer has", "see that the address is the right one"
        )
    if once.get("shared"):
        raise InputError(
            f"the questions do not tell the versions apart: {once['shared']:.0f} series count for both",
            "compare their labels; a pattern such as web.* also fits web-canary",
        )
    stable, candidate = _counters(samples, STABLE, pair.stable), _counters(samples, CANDIDATE, pair.candidate)
    return Reading(_time(once, stale_after), stable, candidate)


@dataclass
class Twins:
    """Remembers whether both versions had the very same counters: by chance that happens once, and while they grow
    not twice. Needed where sums hide which series were counted."""

    total: float | None = None

    def refuse(self, reading: Reading) -> None:
        """Raises InputError when both versions are the same again, and more than before."""
        total = sum(one.requests for one in reading.stable)
        if not total or reading.stable != reading.candidate:
            self.total = None
        elif self.total is None:
            self.total = total
        elif total > self.total:
            raise InputError("both versions have the very same counters", "the questions must tell the versions apart")


def _summed(kind: str, text: str, questions: Questions) -> str:
    labels = [*questions.per, *(["le"] if kind == "buckets" else [])]
    return f"sum by ({', '.join(labels)}) (\n{text}\n)"


def _marked(mark: str, text: str) -> str:
    return f'label_replace({text}, "{MARK}", "{mark}", "", "")'


def _comparable(pair: Comparison) -> bool:
    """Whether equal labels mean the same series: nothing is summed away, and the metric is one."""
    one, other = pair.stable.requests, pair.candidate.requests
    return is_selector(one) and is_selector(other) and names_in(one) == names_in(other)


def _time(once: dict[str, float], stale_after: float) -> float:
    """The moment up to which both versions are known: their older newest scrape; the answer's own without any."""
    newest = {arm: once[f"{arm} at"] for arm in (STABLE, CANDIDATE) if f"{arm} at" in once}
    for arm, time in newest.items():
        if once["now"] - time > stale_after:
            age = f"{once['now'] - time:.0f} s old"
            raise SourceDown(f"the newest counters of {arm} are {age}", "see that Prometheus still scrapes them")
    return min(newest.values(), default=once["now"])


def _counters(samples: Iterable[Sample], arm: str, questions: Questions) -> tuple[Counters, ...]:
    processes: dict[str, list[tuple[str, Sample]]] = defaultdict(list)
    for each in samples:
        version, _, kind = each.labels.get(MARK, "").partition(" ")
        if version == arm and kind in questions.asked():
            processes[_process(each, questions)].append((kind, each))
    return tuple(_counted(name, parts, questions) for name, parts in sorted(processes.items()))


def _counted(name: str, parts: Sequence[tuple[str, Sample]], questions: Questions) -> Counters:
    """No series of errors yet is no error yet: that the metric exists is found out before anything is touched."""
    values = {kind: each.value for kind, each in parts if kind != "buckets"}
    scale = UNITS[questions.unit]
    buckets = {_bound(each) / scale: each.value for kind, each in parts if kind == "buckets"}
    errors = values.get("errors", 0.0) if questions.errors else None
    return Counters(name, values.get("requests", 0.0), errors, dict(sorted(buckets.items())))


def _process(each: Sample, questions: Questions) -> str:
    name = " ".join(each.labels[label] for label in questions.per if each.labels.get(label))
    if not name:
        raise InputError(
            f"the series have none of the labels {', '.join(questions.per)}, which tell processes apart",
            "name a label that differs from pod to pod, and keep it in the question: sum by (pod) (…)",
        )
    return name


def _bound(each: Sample) -> float:
    try:
        return float(each.labels["le"])
    except (KeyError, ValueError) as reason:
        raise InputError("the series of the buckets have no bound `le`", "ask for a classic NAME_bucket") from reason
