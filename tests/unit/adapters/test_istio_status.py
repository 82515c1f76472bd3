"""What Istio says of a VirtualService, and what its silence means."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.adapters.routers.istio_status import accepted, speaks
from tests.unit.adapters.virtual_services import both, reconciled, virtual_service

Json = dict[str, Any]
GRAVE = {"type": {"name": "ReferencedResourceNotFound", "code": "IST0101"}, "level": "ERROR"}


def told(status: Json, asked: bool = False) -> tuple[bool, int, str]:
    effect = accepted(virtual_service(both(90, 10), status=status), asked)
    return effect.reached, effect.level, effect.detail


def test_a_generation_that_the_proxies_have_is_level_one() -> None:
    assert told(reconciled()) == (True, 1, "the proxies have generation 4 of the VirtualService")


@pytest.mark.parametrize("asked", [True, False])
def test_T02_silence_is_no_yes_unless_requests_are_sent_after_it(asked: bool) -> None:
    for status in ({}, {"conditions": []}, {"observedGeneration": "4"}):
        assert told(status, asked)[:2] == (asked, 0)
        assert not speaks(virtual_service(both(90, 10), status=status))
    assert speaks(virtual_service(both(90, 10), status=reconciled()))


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (reconciled(3), "has not seen generation 4"),
        ({"conditions": [{"type": "Reconciled", "status": "True"}]}, "has not seen generation 4"),
        (reconciled(4, "False"), "Reconciled=False: 2/2 proxies"),
        ({"observedGeneration": 4, "validationMessages": [GRAVE]}, "IST0101 ReferencedResourceNotFound"),
        ({**reconciled(), "validationMessages": [{"level": 3}]}, "something is wrong"),
    ],
)
def test_T02_everything_else_is_not_yet_accepted(status: Json, words: str, asked: bool) -> None:
    reached, level, detail = told(status, asked)
    assert (reached, level) == (False, 0)
    assert words in detail


def test_what_was_wrong_with_an_older_generation_or_is_no_error_is_ignored() -> None:
    assert told({**reconciled(), "validationMessages": [{**GRAVE, "level": "WARNING"}]})[0]
    assert told({"observedGeneration": "3", "validationMessages": [GRAVE]}, asked=True)[0]
