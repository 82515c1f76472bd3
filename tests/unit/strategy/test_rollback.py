"""Where a rollback goes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.model.record import Finished, Flight, GoodVersion, Record, with_good
from pointsman.model.version import Snapshot
from pointsman.strategy.rollback import AbortFlight, Nothing, PreviousRevision, ReturnTo, Scope, Unknown, target_of

AT = "2026-01-01T00:00:00Z"
FLIGHT = Flight("r", "switch", "blue", "green", {"app": "shop:3"}, Snapshot(False), 1, AT)


def remembering(*images: str, left: int = 0, outcome: str = "switched") -> Record:
    record = Record("shop", last=Finished("r", outcome, left, AT))
    for image in images:
        record = with_good(record, GoodVersion(0, "blue", {"app": image}, {}, image, AT))
    return record


TWO = remembering("v1", "v2", left=1)


@pytest.mark.parametrize(
    ("record", "wanted", "expected", "words"),
    [
        pytest.param(None, None, PreviousRevision, "no record", id="no record at all"),
        pytest.param(Record("shop"), None, PreviousRevision, "no record", id="nothing verified yet"),
        pytest.param(replace(TWO, flight=FLIGHT), None, AbortFlight, "shop:3 is in flight", id="in flight"),
        pytest.param(replace(TWO, flight=FLIGHT), 1, AbortFlight, "in flight", id="in flight outranks a wish"),
        pytest.param(TWO, None, ReturnTo, "revision 1 is the last verified good", id="the one before"),
        pytest.param(
            remembering("v1", "v2", left=1, outcome="promoted"), None, ReturnTo, "revision 1", id="before a canary"
        ),
        pytest.param(TWO, 1, ReturnTo, "revision 1 was asked for", id="asked for"),
        pytest.param(TWO, 2, Nothing, "serves already", id="asked for what serves"),
        pytest.param(remembering("v1", outcome="rejected"), None, Nothing, "ended rejected", id="rejected before"),
        pytest.param(remembering("v1", "v2", outcome="rolled-back"), None, Nothing, "rolled-back", id="twice in a row"),
        pytest.param(replace(TWO, last=None), None, Nothing, "never started", id="nothing ever released"),
        pytest.param(remembering("v1", left=0), None, Nothing, "never verified good", id="what was left is unknown"),
        pytest.param(remembering("v1", left=9), None, Nothing, "--to-revision", id="what was left is forgotten"),
    ],
)
def test_the_target(record: Record | None, wanted: int | None, expected: type, words: str) -> None:
    target = target_of(record, wanted)
    assert isinstance(target, expected)
    assert words in target.why  # type: ignore[attr-defined]


@pytest.mark.parametrize("record", [None, Record("shop"), TWO], ids=["no record", "nothing verified", "just released"])
def test_what_is_over_is_left_alone_when_only_what_is_in_flight_may_be_undone(record: Record | None) -> None:
    target = target_of(record, scope=Scope.IN_FLIGHT)
    assert isinstance(target, Nothing)
    assert "left alone" in target.why


def test_what_is_in_flight_is_undone_in_either_scope() -> None:
    flying = replace(TWO, flight=FLIGHT)
    assert all(isinstance(target_of(flying, scope=scope), AbortFlight) for scope in Scope)


@pytest.mark.parametrize(("record", "known"), [(None, ()), (Record("shop"), ()), (TWO, (2, 1))])
def test_an_unknown_revision_is_answered_with_the_known_ones(record: Record | None, known: tuple[int, ...]) -> None:
    assert target_of(record, 7) == Unknown("7", known)


@given(st.integers(1, 12), st.one_of(st.none(), st.integers(0, 14)), st.integers(0, 14))
def test_users_are_only_ever_returned_to_a_version_that_was_verified(count: int, wanted: int | None, left: int) -> None:
    record = remembering(*(f"v{number}" for number in range(count)), left=left)
    target = target_of(record, wanted)
    if isinstance(target, ReturnTo):
        assert target.version in record.known()
        assert target.version.number == (left if wanted is None else wanted)
