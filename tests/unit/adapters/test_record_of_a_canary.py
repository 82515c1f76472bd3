"""A canary's flight in the record, and what older and newer Pointsmen make of each other's records."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pointsman.adapters.records.codec import decode, encode
from pointsman.model.record import Flight, Reached, Record
from pointsman.model.version import Snapshot
from pointsman.strategy.canary_seen import Phase

words = st.text(max_size=20)
reached = st.builds(Reached, st.integers(1, 100), words, words, words)
flights = st.builds(
    Flight,
    release=words,
    action=st.just("canary"),
    stable=st.just("shop"),
    candidate=st.just("shop-canary"),
    images=st.just({"app": "shop:2"}),
    before=st.just(Snapshot(existed=False)),
    needed=st.integers(1, 9),
    started=words,
    phase=st.sampled_from([phase.value for phase in Phase]),
    strategy=st.just("canary"),
    weight=st.integers(0, 100),
    reached=st.lists(reached, max_size=4).map(tuple),
    judge=words,
)
NEW_FIELDS = ("strategy", "weight", "reached", "judge")


@given(flights)
def test_what_is_written_of_a_canary_is_what_is_read(flight: Flight) -> None:
    record = Record("shop", flight=flight)
    assert decode(encode(record)) == record


def test_a_record_written_before_there_were_canaries_is_read_as_a_flight_between_colours() -> None:
    plain = Flight("r", "switch", "blue", "green", {"app": "shop:2"}, Snapshot(existed=False), 3, "now")
    kept = json.loads(encode(Record("shop", flight=plain)))
    for name in NEW_FIELDS:
        del kept["flight"][name]
    found = decode(json.dumps(kept))
    assert found.flight == plain
    assert found.flight is not None
    assert (found.flight.strategy, found.flight.weight, found.flight.reached) == ("", 0, ())


def test_what_the_judge_keeps_is_opaque_text() -> None:
    state = '{"looks": 3, "text": "\\u00e9\\n"}'
    flight = Flight("r", "canary", "a", "b", {}, Snapshot(False), 1, "now", strategy="canary", judge=state)
    found = decode(encode(Record("shop", flight=flight))).flight
    assert found == replace(flight, judge=state)
