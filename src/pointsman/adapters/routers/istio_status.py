"""Whether Istio says that its proxies have a VirtualService: level 1 of the effect ladder, where it says anything.

Pure functions over plain JSON, for `istio`. An istiod that distributes status writes the condition Reconciled, with the
generation that it is about; those of today write no word about a VirtualService, or (PILOT_ENABLE_ANALYSIS) only what
is wrong with it. Not a word is not a yes: then requests have to show it.
"""

from __future__ import annotations

from typing import Any

from pointsman.model.evidence import Effect

Json = dict[str, Any]
_SILENT = "Istio says nothing about the VirtualService"
_GRAVE = ("ERROR", 3)  # the level of a message of the analysis, by name or by number


def speaks(route: Json) -> bool:
    """Istio has ever said of this VirtualService that its proxies have it."""
    return _reconciled(route) is not None


def accepted(route: Json, asked: bool) -> Effect:
    """Level 1 once the proxies have this generation. Where Istio says nothing it is level 0, and nothing is reached
    unless requests are `asked` after that."""
    fault = fault_in(route)
    if fault:
        return Effect(False, 0, f"Istio says {fault}")
    condition = _reconciled(route)
    if condition is None:
        return Effect(asked, 0, _SILENT if asked else f"{_SILENT}, so nothing shows that requests follow it")
    generation = int(route["metadata"]["generation"])
    seen = observed(route, condition)
    if seen != generation:
        return Effect(False, 0, f"Istio has not seen generation {generation} of the VirtualService yet: it has {seen}")
    if condition.get("status") != "True":
        told = " ".join(part for part in (condition.get("reason", ""), condition.get("message", "")) if part)
        return Effect(False, 0, f"Istio says Reconciled={condition.get('status')}: {told[:200]}")
    return Effect(True, 1, f"the proxies have generation {generation} of the VirtualService")


def fault_in(route: Json) -> str:
    """What Istio's analysis holds for wrong in the generation that is written; empty when nothing."""
    status, generation = route.get("status") or {}, int(route["metadata"].get("generation", 0))
    if int(status.get("observedGeneration", 0)) != generation:
        return ""
    grave = [one for one in status.get("validationMessages") or [] if one.get("level") in _GRAVE]
    return " ".join(_sentence(one) for one in grave)[:300]


def observed(route: Json, condition: Json) -> int:
    """The generation that a condition is about; the API writes such numbers as text."""
    status = route.get("status") or {}
    return int(condition.get("observedGeneration") or status.get("observedGeneration") or 0)


def _reconciled(route: Json) -> Json | None:
    conditions = (route.get("status") or {}).get("conditions") or []
    return next((one for one in conditions if one.get("type") == "Reconciled"), None)


def _sentence(message: Json) -> str:
    kind = message.get("type") or {}
    return f"{kind.get('code', '')} {kind.get('name', '')}".strip() or "that something is wrong"
