"""The live copy of objects: never older than what we wrote, and silent rather than wrong when the server is gone."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.kinds import DEPLOYMENT
from pointsman.adapters.kube.mirror import Mirror
from pointsman.model.errors import Unreachable
from pointsman.testing import FakeClock
from tests.fakes.kube_server import Fault, KubeServer

FOLDER = "/apis/apps/v1/namespaces/shop/deployments"


def put(kube: KubeServer, name: str, image: str = "shop:1") -> dict[str, Any]:
    labels = {"app": "shop"}
    return kube.objects.put(
        f"{FOLDER}/{name}", {"metadata": {"name": name, "labels": labels}, "spec": {"image": image}}
    )


def until(reached: Callable[[], bool]) -> None:
    """Events come from another thread: wait for them, bounded."""
    for _ in range(200):
        if reached():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to that")


def mirror(api: KubeApi, clock: FakeClock, changed: Callable[[], None] = lambda: None) -> Mirror:
    return Mirror(api, DEPLOYMENT, "app=shop", clock, changed)


def test_it_begins_with_what_is_there(kube: KubeServer, api: KubeApi, clock: FakeClock) -> None:
    put(kube, "shop-blue")
    seen = mirror(api, clock)
    assert [item["metadata"]["name"] for item in seen.all()] == ["shop-blue"]
    assert seen.get("shop-green") is None


def test_it_follows_additions_changes_and_deletions(kube: KubeServer, api: KubeApi, clock: FakeClock) -> None:
    changed = threading.Event()
    seen = mirror(api, clock, changed.set)
    changed.clear()
    put(kube, "shop-green")
    until(lambda: seen.get("shop-green") is not None)
    assert changed.wait(5)
    put(kube, "shop-green", "shop:2")
    until(lambda: (seen.get("shop-green") or {}).get("spec") == {"image": "shop:2"})
    kube.objects.delete(f"{FOLDER}/shop-green", {})
    until(lambda: seen.get("shop-green") is None)


def written(seen: Mirror) -> tuple[Json, Json]:
    """(what the mirror had of shop-blue, what a write of ours made of it)."""
    known = seen.get("shop-blue")
    assert known is not None
    newer = {**known, "metadata": {**known["metadata"], "resourceVersion": "999999"}, "spec": {"image": "shop:9"}}
    seen.put(newer)
    return known, newer


def test_what_was_written_is_read_before_its_event_comes(kube: KubeServer, api: KubeApi, clock: FakeClock) -> None:
    put(kube, "shop-blue")
    seen = mirror(api, clock)
    known, newer = written(seen)
    assert seen.get("shop-blue") == newer
    seen.put(known)
    assert seen.get("shop-blue") == newer


def test_an_answer_that_comes_after_the_deletion_brings_nothing_back(
    kube: KubeServer, api: KubeApi, clock: FakeClock
) -> None:
    """As for a process that is stopped between its write and the answer, while somebody else undoes it."""
    put(kube, "shop-green")
    seen = mirror(api, clock)
    answer = seen.get("shop-green")
    assert answer is not None
    kube.objects.delete(f"{FOLDER}/shop-green", {})
    until(lambda: seen.get("shop-green") is None)
    seen.put(answer)
    assert seen.get("shop-green") is None


def test_an_older_list_does_not_take_away_what_was_written_since(
    kube: KubeServer, api: KubeApi, clock: FakeClock
) -> None:
    put(kube, "shop-blue")
    seen = mirror(api, clock)
    _, newer = written(seen)
    lists = len(kube.asked)
    kube.faults.append(Fault(410, method="GET"))
    kube.end_watches()
    until(lambda: len(kube.asked) > lists + 1)
    kube.closing = False
    put(kube, "shop-green")
    until(lambda: seen.get("shop-green") is not None)
    assert seen.get("shop-blue") == newer


def test_it_goes_on_after_the_server_ended_the_watch(kube: KubeServer, api: KubeApi, clock: FakeClock) -> None:
    seen = mirror(api, clock)
    kube.end_watches()
    until(lambda: sum("watch" in path for _, path in kube.asked) > 1 or len(kube.asked) > 2)
    kube.closing = False
    put(kube, "shop-blue")
    until(lambda: seen.get("shop-blue") is not None)


def test_a_view_that_is_too_old_is_no_evidence(kube: KubeServer, api: KubeApi, clock: FakeClock) -> None:
    put(kube, "shop-blue")
    seen = mirror(api, clock)
    kube.faults.extend(Fault(503, method="GET") for _ in range(400))
    kube.end_watches()

    def refuses() -> bool:
        clock.sleep(10)
        try:
            seen.all()
        except Unreachable:
            return True
        return False

    until(refuses)
    with pytest.raises(Unreachable, match="silent for too long"):
        seen.get("shop-blue")


def followers() -> set[threading.Thread]:
    return {one for one in threading.enumerate() if "_follow" in one.name}


def test_a_mirror_that_nobody_reads_any_more_asks_for_nothing(kube: KubeServer, api: KubeApi, clock: FakeClock) -> None:
    others = followers()
    seen = mirror(api, clock)
    ours = followers() - others
    assert len(ours) == 1
    del seen
    gc.collect()
    kube.end_watches()
    until(lambda: not ours & followers())
