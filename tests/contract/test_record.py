"""What every record store promises, and the text it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.adapters.records.codec import decode, encode
from pointsman.model.errors import ConflictError, InputError
from pointsman.model.record import (
    Event,
    Finished,
    Flight,
    GoodVersion,
    Intent,
    Record,
    broken_link,
    with_event,
)
from pointsman.model.version import Snapshot
from tests.contract.worlds import RECORDS, Factory, RecordWorld


@pytest.fixture(params=RECORDS, ids=lambda factory: factory.__name__)
def world(request: pytest.FixtureRequest) -> Iterator[RecordWorld]:
    factory: Factory[RecordWorld] = request.param
    with factory(request) as made:
        yield made


def eventful() -> Record:
    record = Record("shop")
    for text in ("to shop:v2", "shop:v2 serves", "shop:v2 is proven"):
        record = with_event(record, "switch", text, "2026-01-01T00:00:00Z", "run 7")
    return record


def test_there_is_no_record_at_first(world: RecordWorld) -> None:
    assert world.records.load() is None


def test_what_is_saved_is_what_is_loaded(world: RecordWorld) -> None:
    world.records.save(eventful())
    assert world.records.load() == eventful()
    assert world.beside().load() == eventful()


def test_one_writer_may_save_again_and_again(world: RecordWorld) -> None:
    for fence in (1, 2, 3):
        world.records.save(Record("shop", fence=fence))
    loaded = world.beside().load()
    assert loaded is not None
    assert loaded.fence == 3


def test_of_two_first_writers_the_second_is_refused(world: RecordWorld) -> None:
    other = world.beside()
    assert other.load() is None
    world.records.save(Record("shop", fence=1))
    with pytest.raises(ConflictError):
        other.save(Record("shop", fence=2))
    assert world.records.load() == Record("shop", fence=1)


def test_a_writer_who_loaded_an_older_record_is_refused(world: RecordWorld) -> None:
    world.records.save(Record("shop"))
    late = world.beside()
    late.load()
    world.records.save(Record("shop", fence=5))
    with pytest.raises(ConflictError):
        late.save(Record("shop", fence=4))
    assert world.beside().load() == Record("shop", fence=5)


def test_a_refused_writer_may_load_again_and_save(world: RecordWorld) -> None:
    late = world.beside()
    world.records.save(Record("shop"))
    with pytest.raises(ConflictError):
        late.save(Record("shop", fence=1))
    late.load()
    late.save(Record("shop", fence=1))
    assert world.beside().load() == Record("shop", fence=1)


def test_an_untouched_audit_trail_holds(world: RecordWorld) -> None:
    world.records.save(eventful())
    loaded = world.records.load()
    assert loaded is not None
    assert broken_link(loaded) is None


def test_an_edited_line_of_the_audit_trail_is_found(world: RecordWorld) -> None:
    world.records.save(eventful())
    world.edit(lambda text: text.replace("shop:v2 serves", "shop:v9 serves"))
    loaded = world.beside().load()
    assert loaded is not None
    found = broken_link(loaded)
    assert found is not None
    assert found.text == "shop:v9 serves"


def test_a_record_of_a_newer_pointsman_is_refused_by_saying_so(world: RecordWorld) -> None:
    world.records.save(Record("shop"))
    world.edit(lambda text: text.replace('"schema": 1', '"schema": 2'))
    with pytest.raises(InputError, match="newer"):
        world.beside().load()


def test_a_damaged_record_is_refused_with_advice(world: RecordWorld) -> None:
    world.records.save(Record("shop"))
    world.edit(lambda text: text.replace('"shop"', "[]"))
    with pytest.raises(ConflictError) as refused:
        world.beside().load()
    assert "delete" in refused.value.advice


words = st.text(max_size=12)
numbers = st.integers(0, 2**40)
images = st.dictionaries(words, words, max_size=3)
goods = st.builds(GoodVersion, numbers, words, images=images, digests=images, template=words, at=words, run=words)
snapshots = st.builds(Snapshot, st.booleans(), images, numbers, words)
flights = st.builds(Flight, words, words, words, words, images, snapshots, numbers, words, words, words, words, words)
records = st.builds(
    Record,
    words,
    st.just(1),
    numbers,
    numbers,
    serving=st.none() | goods,
    history=st.lists(goods, max_size=3).map(tuple),
    flight=st.none() | flights,
    intent=st.none() | st.builds(Intent, words, words, words),
    last=st.none() | st.builds(Finished, words, words, numbers, words),
    events=st.lists(st.builds(Event, words, words, words, words, words, words), max_size=3).map(tuple),
)


@given(records)
def test_every_record_survives_the_way_to_text_and_back(record: Record) -> None:
    assert decode(encode(record)) == record


@given(records)
def test_equal_records_are_equal_texts(record: Record) -> None:
    turned = replace(record, flight=record.flight)
    assert encode(turned) == encode(decode(encode(record)))


@given(st.text(max_size=40))
def test_text_that_is_no_record_is_refused_and_never_crashes(text: str) -> None:
    with pytest.raises(ConflictError):
        decode(text)


@pytest.mark.parametrize("text", ['{"schema": 0}', '{"schema": 1}', '{"schema": "1"}', "[]", "null", "1"])
def test_what_lacks_a_part_is_damaged(text: str) -> None:
    with pytest.raises(ConflictError, match="damaged"):
        decode(text)
