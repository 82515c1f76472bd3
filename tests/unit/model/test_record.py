"""What Pointsman remembers: the audit trail, and the versions that were good."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.model.record import (
    EVENTS_KEPT,
    GOOD_VERSIONS_KEPT,
    Event,
    GoodVersion,
    Record,
    broken_link,
    with_event,
    with_good,
    with_return_to,
)

words = st.text(max_size=12)
AT = "2026-01-01T00:00:00Z"


def good(image: str) -> GoodVersion:
    return GoodVersion(0, "shop-blue", {"app": image}, {}, "t1", AT)


def with_events(count: int) -> Record:
    record = Record("shop")
    for number in range(count):
        record = with_event(record, "kind", f"event {number}", AT, "run")
    return record


def with_goods(*images: str) -> Record:
    record = Record("shop")
    for image in images:
        record = with_good(record, good(image))
    return record


def test_an_empty_trail_holds() -> None:
    assert broken_link(Record("shop")) is None


@given(st.lists(st.tuples(words, words, words)))
def test_a_trail_that_nobody_touched_holds(lines: list[tuple[str, str, str]]) -> None:
    record = Record("shop")
    for kind, text, run in lines:
        record = with_event(record, kind, text, AT, run)
    assert broken_link(record) is None


@given(
    count=st.integers(1, 12),
    place=st.integers(0, 11),
    part=st.sampled_from(["at", "kind", "text", "run", "previous", "digest"]),
    other=st.text(min_size=1, max_size=8),
)
def test_any_edit_of_an_event_is_found(count: int, place: int, part: str, other: str) -> None:
    record = with_events(count)
    events = list(record.events)
    at = place % count
    events[at] = replace(events[at], **{part: getattr(events[at], part) + other})
    assert broken_link(replace(record, events=tuple(events))) in events[at : at + 2]


@given(st.integers(3, 12), st.integers(1, 10))
def test_an_event_taken_out_of_the_middle_is_found(count: int, place: int) -> None:
    record = with_events(count)
    at = 1 + place % (count - 2)
    assert broken_link(replace(record, events=record.events[:at] + record.events[at + 1 :])) == record.events[at + 1]


def test_two_events_changed_about_are_found() -> None:
    record = with_events(4)
    one, two, three, four = record.events
    assert broken_link(replace(record, events=(one, three, two, four))) == three


def test_text_cannot_be_moved_between_the_parts_of_an_event() -> None:
    record = with_event(Record("shop"), "ab", "c", AT, "run")
    (event,) = record.events
    moved = replace(event, kind="a", text="bc")
    assert broken_link(replace(record, events=(moved,))) == moved


@given(st.integers(EVENTS_KEPT - 2, EVENTS_KEPT + 20))
def test_the_trail_keeps_its_bound_and_still_holds(count: int) -> None:
    record = with_events(count)
    assert len(record.events) == min(count, EVENTS_KEPT)
    assert record.events[-1].text == f"event {count - 1}"
    assert broken_link(record) is None


def test_events_say_what_came_before_them() -> None:
    first, second = with_events(2).events
    assert isinstance(first, Event)
    assert (first.previous, second.previous) == ("", first.digest)


def test_a_good_version_gets_the_next_number() -> None:
    record = with_goods("v1", "v2")
    assert record.serving is not None
    assert (record.serving.number, record.numbers) == (2, 2)
    assert [version.number for version in record.history] == [1]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_good_version_is_found_by_its_number(number: int) -> None:
    found = with_goods("v1", "v2", "v3").good(number)
    assert found is not None
    assert found.images == {"app": f"v{number}"}


def test_an_unknown_number_finds_nothing() -> None:
    assert with_goods("v1").good(7) is None
    assert Record("shop").good(1) is None


def test_known_versions_come_newest_first() -> None:
    assert [version.number for version in with_goods("v1", "v2", "v3").known()] == [3, 2, 1]


def test_a_return_keeps_the_number_and_forgets_what_was_left() -> None:
    record = with_goods("v1", "v2", "v3")
    back = record.good(2)
    assert back is not None
    returned = with_return_to(record, back)
    assert returned.serving == back
    assert [version.number for version in returned.known()] == [2, 1]
    assert returned.numbers == 3, "a number is never given twice"


moves = st.lists(st.one_of(st.just("good"), st.integers(0, GOOD_VERSIONS_KEPT)), max_size=40)


@given(moves)
def test_the_history_keeps_its_bound_and_never_loses_what_serves(steps: list[str | int]) -> None:
    record = Record("shop")
    for step in steps:
        known = record.known()
        if step == "good":
            record = with_good(record, good("v"))
            assert record.serving is not None
            assert record.serving.number == record.numbers
        elif known:
            target = known[int(step) % len(known)]
            record = with_return_to(record, target)
            assert record.serving == target
        numbers = [version.number for version in record.known()]
        assert len(record.history) <= GOOD_VERSIONS_KEPT
        assert len(set(numbers)) == len(numbers), "no version is remembered twice"
        assert all(number <= record.numbers for number in numbers)
        if known:
            assert record.serving is not None
