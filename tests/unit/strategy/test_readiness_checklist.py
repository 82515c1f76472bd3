"""The checklists: ticked by evidence, open where nobody could look, and never ticked by nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.model.readiness import Area, Finding, Severity, Status
from pointsman.model.record import Event, Finished, Flight, GoodVersion, Intent, Reached, Record, with_event
from pointsman.model.version import Snapshot
from pointsman.strategy.readiness.checklist import LISTS, Entry, Seen, When, parts_of
from tests.unit.strategy.readiness_facts import deployment, facts, item, service

AT = "2026-11-27T00:00:00Z"
GOOD = GoodVersion(4, "shop", {"app": "shop:4"}, {}, "t", AT)
FLIGHT = Flight("r5", "canary", "shop", "shop-canary", {"app": "shop:5"}, Snapshot(False, 0, {}, ""), 3, AT, "run/7")
EMPTY = Record("shop")


def entry(when: When, text: str, seen: Seen) -> Entry:
    return next(one for part in parts_of(when, seen) for one in part.entries if one.text == text)


def seen(record: Record | None = None, *findings: Finding, cluster: bool = True) -> Seen:
    return Seen(replace(facts(), cluster=cluster), findings, record, "" if record else "nobody could look")


def finding(check: str, status: Status) -> Finding:
    return Finding(check, check, Area.TESTING, Severity.REQUIRED, status, f"{check} was {status.value}")


@pytest.mark.parametrize(
    ("findings", "status"),
    [
        pytest.param((), Status.UNKNOWN, id="not asked"),
        pytest.param((finding("monitoring", Status.PASS),), Status.PASS, id="what applies is good"),
        pytest.param((finding("monitoring", Status.PASS), finding("alerts", Status.WAIVED)), Status.PASS, id="waived"),
        pytest.param(
            (finding("monitoring", Status.PASS), finding("alerts", Status.UNKNOWN)), Status.UNKNOWN, id="open"
        ),
        pytest.param((finding("monitoring", Status.UNKNOWN), finding("alerts", Status.FAIL)), Status.FAIL, id="not so"),
    ],
)
def test_an_item_is_as_good_as_the_worst_of_its_checks(findings: tuple[Finding, ...], status: Status) -> None:
    assert entry(When.PRE, "Metrics are collected and alerts are set up", seen(None, *findings)).status is status


@pytest.mark.parametrize(
    ("when", "text", "record", "status"),
    [
        (When.PRE, "A version that was verified good is known", EMPTY, Status.FAIL),
        (When.PRE, "A version that was verified good is known", replace(EMPTY, serving=GOOD), Status.PASS),
        (When.PRE, "A version that was verified good is known", None, Status.UNKNOWN),
        (When.PRE, "No other release is in flight", EMPTY, Status.PASS),
        (When.PRE, "No other release is in flight", replace(EMPTY, flight=FLIGHT), Status.FAIL),
        (When.PRE, "No other release is in flight", replace(EMPTY, intent=Intent("shift", "", AT)), Status.FAIL),
        (When.DURING, "It is recorded, with who runs it", EMPTY, Status.FAIL),
        (When.DURING, "It is recorded, with who runs it", replace(EMPTY, flight=FLIGHT), Status.PASS),
        (When.DURING, "Every weight was left on evidence", replace(EMPTY, flight=FLIGHT), Status.UNKNOWN),
        (
            When.DURING, "Every weight was left on evidence",
            replace(EMPTY, flight=replace(FLIGHT, reached=(Reached(5, "pass", "fine", AT),))), Status.PASS,
        ),
        (
            When.DURING, "Every weight was left on evidence",
            replace(EMPTY, flight=replace(FLIGHT, reached=(Reached(5, "no-data", "in a hurry", AT),))), Status.FAIL,
        ),
        (When.POST, "It ended well", EMPTY, Status.UNKNOWN),
        (When.POST, "It ended well", replace(EMPTY, last=Finished("r5", "promoted", 4, AT)), Status.PASS),
        (When.POST, "It ended well", replace(EMPTY, last=Finished("r5", "rejected", 4, AT)), Status.FAIL),
        (When.POST, "What serves was verified", EMPTY, Status.FAIL),
        (When.POST, "What serves was verified", replace(EMPTY, serving=GOOD), Status.PASS),
        (When.POST, "The audit trail is intact", with_event(EMPTY, "end", "done", AT, "run"), Status.PASS),
        (
            When.POST, "The audit trail is intact",
            replace(EMPTY, events=(Event(AT, "end", "edited", "run", "", "0" * 32),)), Status.FAIL,
        ),
    ],
)  # fmt: skip
def test_the_release_record_fills_in_what_it_knows(
    when: When, text: str, record: Record | None, status: Status
) -> None:
    assert entry(when, text, seen(record)).status is status


def test_what_a_candidate_left_behind_is_named() -> None:
    text = "No candidate is left over"
    assert entry(When.POST, text, seen()).status is Status.PASS
    assert entry(When.POST, text, seen(cluster=False)).status is Status.UNKNOWN
    left = Seen(facts(deployment("shop-canary"), service(), item("Ingress", "shop-canary")), (), None, "")
    assert entry(When.POST, text, left).evidence == "Deployment/shop-canary, Ingress/shop-canary is still there"


def test_what_only_people_know_is_never_ticked() -> None:
    for when, parts in LISTS.items():
        for items in parts.values():
            for text, proof in items.items():
                if proof is None:
                    assert entry(when, text, seen(EMPTY)).status is Status.UNKNOWN


@pytest.mark.parametrize("when", When)
def test_nothing_is_ticked_by_nothing(when: When) -> None:
    every = [one for part in parts_of(when, seen(None, cluster=False)) for one in part.entries]
    assert [one.text for one in every if one.status.good] == []
