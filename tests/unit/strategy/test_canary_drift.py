"""What of a canary is expected to stand, phase by phase, and after an act that may or may not have happened."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.model.record import Flight, Intent
from pointsman.model.version import Snapshot
from pointsman.strategy.canary_drift import expected_of
from pointsman.strategy.canary_seen import Phase, Seen
from pointsman.strategy.drift import Expected, drifts_of
from tests.unit.strategy.canary_sights import V1, V2, canary, stable

FLIGHT = Flight(
    "r", "canary", "shop", "shop-canary", V2, Snapshot(False), 10, "now", phase="walking", stable_images=V1,
    stable_instances=10, strategy="canary", weight=30,
)  # fmt: skip
WALKING = Expected("shop", "shop-canary", 30, V2, 3, V1, 10)


def expected(phase: str = "walking", act: str = "", begun: bool = True) -> Expected:
    return expected_of(replace(FLIGHT, phase=phase), Intent(act, "", "") if act else None, begun)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        pytest.param(expected(), WALKING, id="on its way everything is"),
        pytest.param(expected(begun=False), Expected("shop", "shop-canary", None, {}, 0, V1, 10), id="before it began"),
        pytest.param(expected(act="shift"), replace(WALKING, weight=None), id="it may have been sent"),
        pytest.param(expected(act="scale"), replace(WALKING, candidate_instances=0), id="it may have been scaled"),
        pytest.param(
            expected(act="prepare"),
            replace(WALKING, candidate_images={}, candidate_instances=0),
            id="it may be prepared",
        ),
        pytest.param(
            expected("promoting"), replace(WALKING, stable_images={}, stable_instances=0), id="stable is being replaced"
        ),
        pytest.param(expected("removing"), Expected("shop", "shop-canary", 30), id="the candidate is going"),
        pytest.param(expected("undoing"), Expected("shop", "shop-canary"), id="on the way back nothing is"),
    ],
)
def test_what_is_expected(found: Expected, wanted: Expected) -> None:
    assert found == wanted


SEEN = Seen(stable=stable(), candidate=canary(3, 3), wanted=V2, whole=10, weight=30, phase=Phase.WALKING)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        pytest.param(SEEN, [], id="nothing"),
        pytest.param(replace(SEEN, weight=50), [("30 % on shop-canary", "50 % on shop-canary")], id="another weight"),
        pytest.param(replace(SEEN, weight=100), [("30 % on shop-canary", "shop-canary")], id="everybody"),
        pytest.param(replace(SEEN, weight=0), [("30 % on shop-canary", "shop")], id="nobody"),
        pytest.param(replace(SEEN, astray=True), [("30 % on shop-canary", "neither version")], id="neither"),
        pytest.param(replace(SEEN, candidate=None), [("shop:2", "gone")], id="the candidate is deleted"),
        pytest.param(replace(SEEN, candidate=canary(1, 1)), [("3", "1")], id="the candidate is scaled down"),
        pytest.param(replace(SEEN, stable=stable(images=V2)), [("shop:1", "shop:2")], id="another image on stable"),
    ],
)
def test_T20_what_is_not_as_it_was_written_is_found(seen: Seen, words: list[tuple[str, str]]) -> None:
    assert [(one.wanted, one.found) for one in drifts_of(WALKING, seen)] == words
