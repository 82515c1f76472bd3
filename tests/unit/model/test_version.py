"""What can be seen of one version."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.model.version import Problem, Snapshot, VersionState, snapshot_of

READY = VersionState("green", {"app": "v2"}, desired=3, updated=3, ready=3, revision="t2")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(READY, True, id="all there"),
        pytest.param(replace(READY, observed=False), False, id="the platform has not looked yet"),
        pytest.param(replace(READY, updated=2), False, id="one still on the old template"),
        pytest.param(replace(READY, ready=2), False, id="one not ready"),
        pytest.param(replace(READY, surplus=1), False, id="an older one is left"),
        pytest.param(replace(READY, desired=0, updated=0, ready=0), True, id="scaled to nothing"),
    ],
)
def test_rolled_out_means_all_of_it(state: VersionState, expected: bool) -> None:
    assert state.rolled_out is expected


@pytest.mark.parametrize(
    ("state", "needed", "words"),
    [
        pytest.param(
            replace(READY, observed=False), 3, "the platform has not looked at the change yet", id="not observed"
        ),
        pytest.param(replace(READY, surplus=2), 3, "2 instance(s) of the older template still there", id="surplus"),
        pytest.param(replace(READY, ready=1, surplus=2), 3, "1 of 3 ready", id="missing outranks surplus"),
        pytest.param(READY, 5, "3 of 5 ready", id="more are needed than asked for"),
        pytest.param(replace(READY, ready=1), 2, "1 of 3 ready", id="more are asked for than needed"),
    ],
)
def test_what_is_still_missing_is_said(state: VersionState, needed: int, words: str) -> None:
    assert words in state.waiting_for(needed)
    assert state.waiting_for(needed).startswith("green: ")


def test_a_problem_names_its_pod_where_it_has_one() -> None:
    assert Problem("OOMKilled", "green-1", "too big").sentence() == "OOMKilled in green-1: too big"
    assert Problem("QuotaExceeded", "", "no room").sentence() == "QuotaExceeded: no room"


def test_what_did_not_exist_is_remembered_as_such() -> None:
    assert snapshot_of(None) == Snapshot(existed=False)


@given(st.dictionaries(st.text(max_size=4), st.text(max_size=4)), st.integers(0, 50), st.text(max_size=6))
def test_a_snapshot_remembers_enough_to_go_back(images: dict[str, str], desired: int, revision: str) -> None:
    state = VersionState("green", images, desired, revision=revision)
    assert snapshot_of(state) == Snapshot(True, images, desired, revision)


def test_a_snapshot_does_not_change_with_what_it_was_taken_of() -> None:
    images = {"app": "v1"}
    taken = snapshot_of(VersionState("green", images, 1))
    images["app"] = "v2"
    assert taken.images == {"app": "v1"}
