"""status tells what is remembered and changes nothing."""

from __future__ import annotations

import pytest

from pointsman.model.errors import Cancelled
from pointsman.model.result import Outcome
from pointsman.steps import blue_green_switch, status
from tests.steps.stage import GREEN, Stage, switch


def lines(stage: Stage) -> str:
    result = status.run("shop", stage.records, stage.lock, "shop sends requests to green")
    assert result.outcome is Outcome.KNOWN
    listed = result.details["lines"]
    assert isinstance(listed, list)
    return "\n".join(listed)


def test_a_service_without_a_record_is_said_to_have_none() -> None:
    stage = Stage()
    result = status.run("shop", stage.records, stage.lock, "shop names no colour")
    assert "no record" in result.why
    assert stage.records.saved == []


def test_after_a_release_it_tells_what_serves_what_was_good_and_what_happened() -> None:
    stage = Stage()
    blue_green_switch.run(stage.site(), switch())
    text = lines(stage)
    assert "in flight:  nothing" in text
    assert "lock:       free" in text
    assert f"revision 2: shop:2 on {GREEN}" in text
    assert "end: switched" in text


def test_during_a_release_it_tells_the_flight_and_the_open_intent() -> None:
    stage = Stage()
    stage.clock.cancel_at = 3
    with pytest.raises(Cancelled):
        blue_green_switch.run(stage.site(), switch())
    text = lines(stage)
    assert f"switch of shop:2 onto {GREEN}, preparing" in text
    assert "open intent: prepare" in text


def test_an_edited_audit_trail_is_told() -> None:
    stage = Stage()
    blue_green_switch.run(stage.site(), switch())
    stage.records.edit(stage.records.text().replace('"kind": "shift"', '"kind": "shaft"'))
    result = status.run("shop", stage.records, stage.lock, "green")
    assert str(result.details["audit_trail"]).startswith("edited at")
