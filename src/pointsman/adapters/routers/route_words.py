"""What routes of every product have in common: rules with names, rules of ours among them, shares of two versions.

Pure functions over plain JSON, for `gateway_api_*` and `istio_*`, whose objects are lists of rules with weights.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pointsman.adapters.kube.guarded import escaped
from pointsman.model.errors import InputError

Json = dict[str, Any]
TESTERS = "pointsman-testers-"
FOUND = "pointsman.dev/found"
_FOUND_PATH = f"/metadata/annotations/{escaped(FOUND)}"


def named(route: Json) -> str:
    """The route in words."""
    return f"{route.get('kind', 'HTTPRoute')} {route['metadata']['name']}"


def is_testers(rule: Json) -> bool:
    """The rule is one of ours, for testers."""
    return str(rule.get("name", "")).startswith(TESTERS)


def testers_name(rule: Json, place: int) -> str:
    """The name of the rule for testers that stands before `rule`."""
    return f"{TESTERS}{rule.get('name') or place}"[:253]


def key_of(rule: Json, matches: object) -> str:
    """What tells a rule from its neighbours when rules are added before it: its name, else its matches."""
    text = json.dumps(matches, sort_keys=True).encode()
    return str(rule.get("name") or f"matches-{hashlib.sha256(text).hexdigest()[:12]}")


def percent_of_parts(stable: int, candidate: int) -> int:
    """Percent for the candidate, of both versions' parts; 0 and 100 only when they are exactly that."""
    exact = 100 * candidate / (stable + candidate)
    return round(exact) if exact in (0, 100) else min(99, max(1, round(exact)))


def agreed(route: Json, candidate: str, found: Mapping[str, int]) -> int:
    """The percent that all weighted rules have, by rule. Raises InputError when they differ."""
    if len(set(found.values())) > 1:
        listed = ", ".join(f"{where} {percent} %" for where, percent in found.items())
        raise InputError(
            f"the rules of {named(route)} send different shares to {candidate}: {listed}",
            "give all of them the same weights, or name the one rule that is released",
        )
    return next(iter(found.values()))


def found_before(route: Json) -> dict[str, int | None]:
    """The weight that stable had (None: it was left out), for each rule to which the candidate was added."""
    try:
        kept = json.loads(annotations_of(route).get(FOUND, "{}"))
    except ValueError:  # somebody edited it: then nothing is known, and nothing is taken away
        return {}
    if not isinstance(kept, dict):
        return {}
    return {str(key): None if weight is None else int(weight) for key, weight in kept.items()}


def remembered(route: Json, more: Mapping[str, int | None]) -> Json:
    """Keep on the route what stable had before the candidate was added."""
    found = {**found_before(route), **more}
    return {"op": "add", "path": _FOUND_PATH, "value": json.dumps(found, sort_keys=True)}


def forgotten(route: Json) -> list[Json]:
    """Keep it no longer."""
    return [{"op": "remove", "path": _FOUND_PATH}] if FOUND in annotations_of(route) else []


def annotations_of(route: Json) -> dict[str, str]:
    """The annotations of a route."""
    return route["metadata"].get("annotations") or {}
