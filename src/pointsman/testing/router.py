"""A router that serves what was written only some looks later, as real ones do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pointsman.model.drift import Field, Writer
from pointsman.model.errors import ConflictError, InputError, NotReady
from pointsman.model.evidence import Effect
from pointsman.model.split import Match, Split
from pointsman.testing.failure import NextFailure


@dataclass
class _Route:
    written: Split
    served: Split
    number: int = 1
    looks_left: int = 0
    by: str = ""
    astray: bool = False
    requests: int = 0
    rule: Match | None = None
    served_rule: Match | None = None


@dataclass
class FakeRouter:
    """Splits between `stable` and `candidate`, at first all to stable.

    `lag` is how many looks (`settled`) it takes until a write is served; `only_whole` makes it refuse
    weights other than 0 and 100 and every rule for testers, like a Service selector. `failure` can make the next
    write fail. `writes` remembers each split that changed something, `rules` each rule. A version in `empty` has no
    ready instance: it gets no more requests than it has.
    """

    stable: str
    candidate: str
    lag: int = 0
    only_whole: bool = False
    failure: NextFailure = field(default_factory=NextFailure)
    writes: list[Split] = field(default_factory=list)
    rules: list[Match | None] = field(default_factory=list)
    empty: set[str] = field(default_factory=set)
    _route: _Route | None = None
    _seen: int = 0

    def beside(self) -> FakeRouter:
        """Another run's router over the same route."""
        self._there()
        return replace(self, failure=NextFailure(), _seen=0)

    def read(self) -> Split:
        """The split as written."""
        route = self._there()
        self._seen = route.number
        if route.astray:
            raise InputError("the route names neither version", "see who wrote it")
        return Split(self.stable, self.candidate, route.written.share(self.candidate))

    def write(self, split: Split) -> None:
        """Write `split`; it is served `lag` looks later."""
        self._refuse(split)
        self.failure.around(lambda: self._write(split))

    def settled(self, split: Split) -> Effect:
        """Looks at what is served; the looks of a test are the time of this router."""
        route = self._there()
        if route.looks_left > 0:
            route.looks_left -= 1
        else:
            route.served, route.served_rule = route.written, route.rule
        reached = _same(route.served, split) and route.served_rule == route.rule and not route.astray
        words = f"{route.served.share(self.candidate)} % of the requests reach {self.candidate}"
        return Effect(reached, 3 if reached else 0, words)

    def matched(self) -> Match | None:
        """The rule for testers as written."""
        return self._there().rule

    def match(self, rule: Match | None) -> None:
        """Write the rule, or take it away; it is served `lag` looks later."""
        if self.only_whole:
            raise InputError("this router cannot tell testers apart", "use a router that looks at requests")
        self.failure.around(lambda: self._match(rule))

    def edit(self, split: Split | None, by: str) -> None:
        """What somebody else does: `by` writes another split, or with None a route to neither version."""
        route = self._there()
        route.by, route.number, route.looks_left = by, route.number + 1, self.lag
        route.astray = split is None
        route.written = split or route.written

    def writer(self, name: str, field: Field) -> Writer:
        """Who edited the route last."""
        del name, field
        return Writer(self._there().by, "the route of the service")

    def stamp(self) -> None:
        """Make every earlier reading of another run stale."""
        route = self._there()
        route.number += 1
        self._seen = route.number

    def number(self) -> int:
        """0: what is here is told apart by generations of its own, not by fencing numbers."""
        return 0

    def request(self, headers: Mapping[str, str] | None = None) -> str:
        """The version that one request of a user reaches now; `headers` are those it carries."""
        route = self._there()
        if route.served_rule is not None and _fits(route.served_rule, headers or {}):
            return self.candidate
        route.requests += 1
        share = route.served.share(self.candidate)
        turn = route.requests * share // 100 - (route.requests - 1) * share // 100
        return self.candidate if turn else self.stable

    def _there(self) -> _Route:
        if self._route is None:
            first = Split(self.stable, self.candidate, 0)
            self._route = _Route(first, first)
        return self._route

    def _write(self, split: Split) -> None:
        route = self._unchanged()
        if route.astray or not _same(route.written, split):
            route.astray, route.by = False, ""
            route.written, route.number, route.looks_left = split, route.number + 1, self.lag
            self.writes.append(split)
        self._seen = route.number

    def _match(self, rule: Match | None) -> None:
        route = self._unchanged()
        if route.rule != rule:
            route.rule, route.number, route.looks_left = rule, route.number + 1, self.lag
            self.rules.append(rule)
        self._seen = route.number

    def _unchanged(self) -> _Route:
        route = self._there()
        if self._seen not in (0, route.number):
            raise ConflictError("the route was changed by somebody else", "run the same command again")
        return route

    def _refuse(self, split: Split) -> None:
        strangers = {split.stable, split.candidate} - {self.stable, self.candidate}
        if strangers:
            raise InputError(f"this router knows no {', '.join(sorted(strangers))}")
        if self.only_whole and split.weight not in (0, 100):
            raise InputError(f"this router cannot send {split.weight} %", "use 0 or 100, or another router")
        if split.candidate in self.empty and split.weight > self._there().written.share(split.candidate):
            raise NotReady(f"{split.candidate} has no ready instance", "give it requests when it has one")


def _same(one: Split, other: Split) -> bool:
    return all(one.share(name) == other.share(name) for name in (one.stable, one.candidate))


def _fits(rule: Match, headers: Mapping[str, str]) -> bool:
    if rule.header:
        return {name.lower(): value for name, value in headers.items()}.get(rule.header.lower()) == rule.value
    cookies = (one.strip() for one in headers.get("Cookie", "").split(";"))
    return f"{rule.cookie}={rule.value}" in cookies
