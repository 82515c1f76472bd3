"""What a metric source is asked about one version: three questions in PromQL, and what their answers are made of.

`presets` has them for common products; own ones are refused here when they could only mislead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pointsman.adapters.metrics.promql import filled, reckoned_per_time
from pointsman.model.errors import InputError

UNITS = {"s": 1.0, "ms": 1000.0}
PER = ("instance", "pod")
_EXAMPLE = 'write it like http_requests_total{version="{{version}}"}'


@dataclass(frozen=True)
class Questions:
    """`requests` yields counters of answered requests, `errors` of those answered badly, `buckets` the cumulative
    buckets of a classic histogram with bounds (`le`) in `unit`; the latter two may be left out. All three yield raw
    counts: what happened between two looks is for us to tell.

    `per` names the labels that tell one counting process (a pod, a proxy) from the others: each has a life of its
    own, and a sum over several would hide that one began anew. `{{version}}` stands for the version, and each of the
    other placeholders for what the caller has to put there.

    Raises InputError for what can never work.
    """

    requests: str
    errors: str = ""
    buckets: str = ""
    unit: str = "s"
    per: tuple[str, ...] = PER

    def __post_init__(self) -> None:
        if not self.requests.strip():
            raise InputError("there is no question for the requests of a version", _EXAMPLE)
        if self.unit not in UNITS:
            raise InputError(f"{self.unit!r} is not a unit of bucket bounds", f"the units are {', '.join(UNITS)}")
        if not self.per:
            raise InputError("no label tells the counting processes apart", f"usual are {', '.join(PER)}")
        for kind, text in self.asked().items():
            _refuse_rates(kind, text)
        _refuse_other_unit(self.buckets, self.unit)

    def asked(self) -> dict[str, str]:
        """The questions there are, by kind."""
        every = {"requests": self.requests, "errors": self.errors, "buckets": self.buckets}
        return {kind: text for kind, text in every.items() if text.strip()}

    def about(self, values: Mapping[str, str]) -> Questions:
        """The questions with their placeholders filled in. Raises InputError for one that means nothing."""
        texts: dict[str, Any] = {kind: filled(text, values) for kind, text in self.asked().items()}
        return replace(self, **texts)


@dataclass(frozen=True)
class Comparison:
    """The questions about stable and those about candidate; mostly the same ones, about another version."""

    stable: Questions
    candidate: Questions

    def about(self, stable: Mapping[str, str], candidate: Mapping[str, str]) -> Comparison:
        """Both filled in. Raises InputError when a question is the same for both, for a bad candidate would then be
        judged by what stable does, and when one version is asked what the other is not."""
        filled_in = Comparison(self.stable.about(stable), self.candidate.about(candidate))
        _refuse_sameness(filled_in)
        return filled_in


def alike(questions: Questions) -> Comparison:
    """The same questions about both versions, told apart by their placeholders alone."""
    return Comparison(questions, questions)


def _refuse_sameness(pair: Comparison) -> None:
    one, other = pair.stable.asked(), pair.candidate.asked()
    if one.keys() != other.keys():
        raise InputError("the two versions are not asked the same", f"{', '.join(one)}; {', '.join(other)}")
    for kind, text in one.items():
        if text == other[kind]:
            raise InputError(
                f"the question for {kind} is the same for both versions: {text}",
                "put {{version}} where the label stands that tells the versions apart",
            )


def _refuse_rates(kind: str, text: str) -> None:
    function = reckoned_per_time(text)
    if function:
        raise InputError(
            f"the question for {kind} uses {function}(), which yields no counter",
            "ask for the counter itself; increases are taken here, without extrapolation",
        )


def _refuse_other_unit(buckets: str, unit: str) -> None:
    looks_like = (
        "ms" if "milliseconds" in buckets or "_ms_bucket" in buckets else "s" if "_seconds_" in buckets else unit
    )
    if looks_like != unit:
        raise InputError(f"the bounds of the buckets look like {looks_like}, not {unit}: {buckets}", "say which")
