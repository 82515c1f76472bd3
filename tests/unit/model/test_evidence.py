"""Evidence or no verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.model.evidence import Check, Verdict, verdict_of


def checks(*verdicts: Verdict) -> list[Check]:
    return [Check(str(number), verdict, "") for number, verdict in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        pytest.param((), Verdict.NO_DATA, id="no check is no data"),
        pytest.param((Verdict.PASS,), Verdict.PASS, id="one pass"),
        pytest.param((Verdict.PASS, Verdict.INCONCLUSIVE), Verdict.INCONCLUSIVE, id="doubt outranks a pass"),
        pytest.param((Verdict.INCONCLUSIVE, Verdict.NO_DATA), Verdict.NO_DATA, id="no data outranks doubt"),
        pytest.param((Verdict.NO_DATA, Verdict.SOURCE_DOWN), Verdict.SOURCE_DOWN, id="a dark source outranks no data"),
        pytest.param((Verdict.SOURCE_DOWN, Verdict.FAIL), Verdict.FAIL, id="a failure outranks everything"),
    ],
)
def test_the_gravest_verdict_counts(verdicts: tuple[Verdict, ...], expected: Verdict) -> None:
    assert verdict_of(checks(*verdicts)) is expected


@given(st.lists(st.sampled_from(Verdict)))
def test_only_passes_alone_make_a_pass(verdicts: list[Verdict]) -> None:
    passed = bool(verdicts) and set(verdicts) == {Verdict.PASS}
    assert (verdict_of(checks(*verdicts)) is Verdict.PASS) == passed


@given(st.lists(st.sampled_from(Verdict)), st.randoms())
def test_the_order_of_the_checks_does_not_matter(verdicts: list[Verdict], chance: object) -> None:
    shuffled = sorted(verdicts, key=lambda _: chance.random())  # type: ignore[attr-defined]
    assert verdict_of(checks(*verdicts)) is verdict_of(checks(*shuffled))
