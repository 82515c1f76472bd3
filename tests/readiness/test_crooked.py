"""Manifests of any shape: a check may say fail or unknown, it never breaks."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pointsman.adapters.evidence.manifest_files import ManifestFiles
from pointsman.adapters.evidence.repository_files import RepositoryFiles
from pointsman.model.readiness import Facts, Item, Page, Settings
from pointsman.strategy.readiness.policy import kinds_of_policy
from pointsman.strategy.readiness.verdict import assess
from tests.readiness.sets import HERE

ITEMS = [
    item
    for name in ("good", "dangerous")
    for item in ManifestFiles([f"{HERE}/{name}/deploy"]).objects(kinds_of_policy())
]
PAGES = RepositoryFiles(str(HERE / "good")).pages()
ODD = st.sampled_from(
    [None, "", "x", 0, -1, 1.5, True, [], {}, [None], ["x"], [{}], {"x": None}, {"x": [1]}, "100%", "%"]
)


def paths(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in nested JSON."""
    if isinstance(value, dict):
        return [above, *(one for key, kept in value.items() for one in paths(kept, (*above, key)))]
    if isinstance(value, list):
        return [above, *(one for key, kept in enumerate(value) for one in paths(kept, (*above, key)))]
    return [above]


PLACES = [(index, path) for index, item in enumerate(ITEMS) for path in paths(item.body) if path and path != ("kind",)]


def place(kind: str, *path: Any) -> tuple[int, tuple[Any, ...]]:
    """A place that once broke a check."""
    return next(one for one in PLACES if ITEMS[one[0]].kind == kind and one[1] == path)


def spoiled(body: Any, path: tuple[Any, ...], odd: Any) -> Any:
    changed = copy.deepcopy(body)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    return changed


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(PLACES), ODD, st.booleans())
@example(place("Schedule", "spec", "template", "includedNamespaces"), 1.5, False)
@example(place("Deployment", "spec", "template", "spec", "containers", 0, "ports", 0, "name"), [], False)
def test_no_shape_of_an_object_breaks_a_check(spot: tuple[int, tuple[Any, ...]], odd: Any, live: bool) -> None:
    index, path = spot
    bad = replace(ITEMS[index], body=spoiled(ITEMS[index].body, path, odd))
    items = tuple(replace(one, live=live) for one in [*ITEMS[:index], bad, *ITEMS[index + 1 :]])
    found = assess(Facts("shop", date(2026, 1, 1), namespace="shop", items=items, pages=PAGES), Settings())
    assert 0 <= found.score <= 100


@settings(max_examples=60, deadline=None)
@given(st.text(), st.sampled_from([".github/workflows/a.yml", "docs/rollback.md", "openapi.yaml", "a.drawio"]))
def test_no_text_of_a_file_breaks_a_check(text: str, path: str) -> None:
    assess(Facts("shop", date(2026, 1, 1), pages=(Page(path, text),)), Settings())


WORKFLOW = "jobs: {a: ODD, b: {steps: ODD, concurrency: ODD}, c: {steps: [ODD, {run: helm upgrade}]}}"


@given(st.sampled_from(["", "x", "1", "[]", "{}", "[x]", "{x: 1}", "null", "true"]))
def test_no_shape_of_a_workflow_breaks_a_check(odd: str) -> None:
    page = Page(".github/workflows/a.yml", WORKFLOW.replace("ODD", odd))
    assess(Facts("shop", date(2026, 1, 1), pages=(page,)), Settings())


def test_an_object_with_nothing_in_it_breaks_no_check() -> None:
    bare = tuple(Item({"kind": kind}, ITEMS[0].place) for kind in kinds_of_policy())
    named = tuple(Item({"kind": kind, "metadata": {"name": "shop"}}, ITEMS[0].place) for kind in kinds_of_policy())
    for items in (bare, named):
        assess(Facts("shop", date(2026, 1, 1), items=items), Settings())
