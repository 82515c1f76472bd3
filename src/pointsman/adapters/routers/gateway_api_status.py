"""Whether those who serve a route have taken in what is written: level 1 of the effect ladder.

Pure functions over plain JSON, for `gateway_api`. What counts is each parent that the route names now. A controller
that served a parent before, or is dead, leaves its words in `status.parents` for good: words about a parent that is
not ours, or about an older generation while another controller speaks about this one, say nothing.

Accepted says that a controller took the object in, not that requests follow it: Traefik reports it within
milliseconds and moves traffic up to two seconds later.
"""

from __future__ import annotations

from typing import Any

from pointsman.model.evidence import Effect

Json = dict[str, Any]
_NEEDED = ("Accepted", "ResolvedRefs")
_DREADED = ("PartiallyInvalid",)


def accepted(route: Json) -> Effect:
    """Level 1 once every parent of the route has accepted this generation and found every backend."""
    parents = route["spec"].get("parentRefs") or []
    if not parents:
        return Effect(False, 0, "the route has no parent, so nothing serves it")
    objections = [said for said in (objection(route, parent) for parent in parents) if said]
    if objections:
        return Effect(False, 0, objections[0])
    names = " and ".join(parent_name(parent) for parent in parents)
    return Effect(True, 1, f"{names} accepted generation {route['metadata']['generation']} of the route")


def objection(route: Json, parent: Json) -> str:
    """Why this parent does not serve what is written; empty when it has accepted it."""
    generation = route["metadata"]["generation"]
    said = words_about(route, parent)
    current = [one for one in said if observed(one) == generation]
    if not current:
        heard = max((observed(one) for one in said), default=0)
        seen = f"it has seen {heard}" if heard else "no controller has said anything about it"
        return f"{parent_name(parent)} has not seen generation {generation} of the route yet: {seen}"
    return next((fault for fault in (fault_in(one) for one in current) if fault), "")


def words_about(route: Json, parent: Json) -> list[Json]:
    """What controllers say about one parent of the route."""
    namespace = str(route["metadata"].get("namespace", ""))
    wanted = identity(parent, namespace)
    listed = (route.get("status") or {}).get("parents") or []
    return [one for one in listed if identity(one["parentRef"], namespace) == wanted]


def observed(words: Json) -> int:
    """The oldest generation that any of a controller's conditions is about; 0 when it has none."""
    return min((int(one.get("observedGeneration", 0)) for one in words.get("conditions") or []), default=0)


def fault_in(words: Json) -> str:
    """What a controller objects to; empty when nothing."""
    conditions = {one["type"]: one for one in words.get("conditions") or []}
    by = words.get("controllerName", "its controller")
    for name in _NEEDED:
        if conditions.get(name, {}).get("status") != "True":
            return f"{by} says {_sentence(name, conditions.get(name))}"
    bad = next((name for name in _DREADED if conditions.get(name, {}).get("status") == "True"), "")
    return f"{by} says {_sentence(bad, conditions[bad])}" if bad else ""


def identity(ref: Json, namespace: str) -> tuple[object, ...]:
    """A parentRef with its defaults filled in, to compare."""
    return (
        ref.get("group", "gateway.networking.k8s.io"),
        ref.get("kind", "Gateway"),
        ref.get("namespace", namespace),
        ref["name"],
        ref.get("sectionName", ""),
        ref.get("port", 0),
    )


def parent_name(ref: Json) -> str:
    """A parent in words: Gateway public, Service shop."""
    section = f" ({ref['sectionName']})" if ref.get("sectionName") else ""
    return f"{ref.get('kind', 'Gateway')} {ref['name']}{section}"


def _sentence(name: str, condition: Json | None) -> str:
    if condition is None:
        return f"nothing about {name}"
    text = " ".join(part for part in (condition.get("reason", ""), condition.get("message", "")) if part)
    return f"{name}={condition['status']}: {text[:200]}"
