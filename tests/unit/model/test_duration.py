"""Durations as people write and read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.model.duration import seconds_of, words_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("0", 0, id="nothing"),
        pytest.param("90", 90, id="a bare number is seconds"),
        pytest.param("1.5", 1.5, id="a bare fraction"),
        pytest.param("45s", 45, id="seconds"),
        pytest.param("250ms", 0.25, id="milliseconds"),
        pytest.param("10m", 600, id="minutes"),
        pytest.param("1h30m", 5400, id="hours and minutes"),
        pytest.param(" 2m5s ", 125, id="blanks around it"),
    ],
)
def test_a_duration_is_read_as_written(text: str, seconds: float) -> None:
    assert seconds_of(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "  ", "soon", "10 m", "-5s", "5d", "m", "1h 30m", "1,5s", "5S", "ms10"])
def test_anything_else_is_refused_with_the_accepted_forms(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 45s, 10m or 1h30m"):
        seconds_of(text)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_hours_minutes_and_seconds_add_up(hours: int, minutes: int, seconds: int) -> None:
    assert seconds_of(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (0.4, "0.4 s"), (9.94, "9.9 s"), (45, "45 s"), (59.6, "1 min"), (125, "2 min 5 s"),
     (3600, "1 h"), (5400, "1 h 30 min"), (3599.7, "1 h")],
)  # fmt: skip
def test_seconds_are_told_in_words(seconds: float, words: str) -> None:
    assert words_of(seconds) == words


@given(st.integers(0, 3599))
def test_whole_seconds_below_an_hour_survive_the_way_to_words_and_back(seconds: int) -> None:
    assert seconds_of(words_of(seconds).replace(" ", "").replace("min", "m")) == seconds
