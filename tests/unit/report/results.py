"""Results to render: one with everything in it, and any that Hypothesis can think of."""

from __future__ import annotations

from hypothesis import strategies as st

from pointsman.model.evidence import Check, Verdict
from pointsman.model.result import Change, Moment, Outcome, Result
from pointsman.model.version import Problem

FULL = Result(
    step="blue-green-switch",
    subject="shop in production",
    outcome=Outcome.REJECTED,
    why="green answered 3 of 12 probes; users stayed on blue",
    changes=(
        Change("deployment/shop-green", "image", "shop:1.4", "shop:1.5"),
        Change("deployment/shop-green", "replicas", "", "4"),
    ),
    checks=(
        Check("rollout", Verdict.PASS, "4 of 4 ready"),
        Check("probes", Verdict.FAIL, "3 of 12 answered"),
        Check("errors", Verdict.NO_DATA, "no sample yet"),
    ),
    timeline=(
        Moment("2026-01-01T00:00:00Z", 0.4, "asked for shop:1.5 on green"),
        Moment("2026-01-01T00:01:30Z", 90.0, "4 of 4 ready"),
    ),
    following=("read the log of shop-green-1", "run the same command again with a new image"),
    problem=Problem(
        "CrashLoopBackOff",
        "shop-green-1",
        "back-off 40s",
        ("no such table: carts",),
        ("Back-off restarting",),
    ),
    outputs={"active": "blue"},
    details={"probes": [1, 2], "share": 0.25},
)

BARE = Result("status", "shop", Outcome.KNOWN, "blue serves")

_NASTY = st.sampled_from(
    [
        *(
            "::set-output name=verdict::pass",
            "  ::error::x",
            "##[set-output name=a;]b",
            "\x1b[2J",
            "</details>",
        ),
        *(
            "\r::stop",
            "@acme/team",
            "# Title",
            "| a | b |",
            "```\n</details>",
            "<script>",
            "\u2028::x",
            "\ud800",
        ),
    ]
)
text = st.one_of(st.text(max_size=40), _NASTY, st.builds("{}{}{}".format, st.text(max_size=5), _NASTY, _NASTY))


def _many(kind: st.SearchStrategy[object], most: int = 4) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(kind, max_size=most).map(tuple)


results = st.builds(
    Result,
    step=text,
    subject=text,
    outcome=st.sampled_from(Outcome),
    why=text,
    changes=_many(st.builds(Change, text, text, text, text)),
    checks=_many(st.builds(Check, text, st.sampled_from(Verdict), text)),
    timeline=_many(st.builds(Moment, text, st.floats(0, 1e5), text)),
    following=_many(text),
    problem=st.none() | st.builds(Problem, text, text, text, _many(text), _many(text)),
    outputs=st.dictionaries(text, text, max_size=3),
    exit_code_override=st.sampled_from([None, 0, 3]),
    details=st.dictionaries(text, st.one_of(text, st.floats(), st.lists(st.integers(), max_size=3)), max_size=3),
)
