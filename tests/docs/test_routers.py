"""What the pages say of routers and shares is what the program does."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from pointsman.adapters.local.routes import Written, routes
from pointsman.adapters.routers.replica_ratio import MOST, refuse_unfit_service
from pointsman.adapters.routers.replica_share import WITHIN, in_percent, instances_for, share_of
from pointsman.judge.share import bounds, requests_for
from pointsman.model.errors import InputError
from pointsman.model.split import Match
from tests.docs.pages import ROOT, blocks

RATIO, ENVOY, CONCEPTS = (
    ROOT / "docs" / name for name in ("routers/replica-ratio.md", "routers/local-envoy.md", "concepts.md")
)


def rows(text: str, columns: int) -> list[list[str]]:
    """The cells of each table row with as many columns whose first is a number."""
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return [row for row in found if len(row) == columns and row[0].isdigit()]


def shown(page_name: str, language: str) -> str:
    (block,) = [one for one in blocks(language) if one.page.name == page_name]
    return block.text


def objects() -> tuple[Any, Any, Any]:
    service, stable, candidate = yaml.safe_load_all(shown(RATIO.name, "yaml"))
    return service, stable, candidate


def test_the_service_shown_sends_requests_to_both_deployments() -> None:
    service, stable, candidate = objects()
    refuse_unfit_service(service, (stable, candidate))
    assert (stable["spec"]["replicas"], candidate["spec"]["replicas"]) == (9, 0)


def expressed(weight: int, stable: int) -> str:
    try:
        instances = instances_for(weight, stable, MOST)
    except InputError:
        return "refused"
    return f"{instances} ({in_percent(share_of(instances, stable))})"


@pytest.mark.parametrize("row", rows(RATIO.read_text("utf-8"), 5), ids=lambda row: row[0])
def test_every_share_shown_is_the_one_that_is_made(row: list[str]) -> None:
    assert [expressed(weight, int(row[0])) for weight in (5, 10, 25, 50)] == row[1:]


def test_C24_the_refusal_shown_is_the_one_that_comes() -> None:
    with pytest.raises(InputError) as refused:
        instances_for(10, 1, MOST)
    assert shown(RATIO.name, "text").splitlines() == [refused.value.message, refused.value.advice]
    assert f"more than {WITHIN} percentage points, or takes more than {MOST} pods" in RATIO.read_text("utf-8")


@pytest.mark.parametrize("row", rows(CONCEPTS.read_text("utf-8"), 3), ids=lambda row: row[0])
def test_every_number_of_requests_shown_is_the_one_that_is_sent(row: list[str]) -> None:
    weight, requests, fit = int(row[0]), int(row[1]), [int(number) for number in re.findall(r"\d+", row[2])]
    assert requests_for(weight / 100) == requests
    assert bounds(requests, weight / 100) == (fit[0], fit[-1])


def test_the_rules_shown_are_the_ones_that_envoy_gets() -> None:
    rules = Match("always", header="X-Canary"), Match("testers", cookie="ring")
    written = [json.loads(routes(Written(1, {"a": 100, "b": 0}, rule, "b"))) for rule in rules]
    assert json.loads(shown(ENVOY.name, "json")) == [
        one["resources"][0]["virtual_hosts"][0]["routes"][0]["match"]["headers"][0] for one in written
    ]


def test_tables_are_found_at_all() -> None:
    assert len(rows(RATIO.read_text("utf-8"), 5)) == 6
    assert len(rows(CONCEPTS.read_text("utf-8"), 3)) == 8
