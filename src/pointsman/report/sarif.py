"""Findings of readiness-check as SARIF 2.1.0, so that they show in code scanning beside the line they are about.

What fails is an error (recommended: a warning), what is unknown a note; what is waived is suppressed, with the
waiver as its reason. What stands in no file is reported at the configuration, for a result needs a place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from pointsman import __version__
from pointsman.model.readiness import Assessment, Finding, Severity, Status
from pointsman.report.foreign import one_line

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://github.com/pointsman-dev/pointsman"
_NOWHERE = "pointsman.yaml"


def sarif_text(assessment: Assessment) -> str:
    """The document, indented by two, a newline at the end."""
    return json.dumps(sarif(assessment), indent=2, ensure_ascii=False).replace("##[", "##\\u005b") + "\n"


def sarif(assessment: Assessment) -> dict[str, Any]:
    """The document: one rule for each check that was asked, one result for each finding that is no plain pass."""
    told = [one for one in assessment.findings if one.status is not Status.PASS]
    driver = {
        "name": "Pointsman readiness-check",
        "version": __version__,
        "informationUri": _HOME,
        "rules": _rules(assessment.findings),
    }
    run = {"tool": {"driver": driver}, "columnKind": "utf16CodeUnits", "results": [_result(one) for one in told]}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rules(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    rules = {one.check: one for one in findings}
    return [
        {
            "id": one.check,
            "name": one.check,
            "shortDescription": {"text": one.title},
            "defaultConfiguration": {"level": _level(one.severity)},
            "properties": {"area": one.area.value, "severity": one.severity.value},
        }
        for one in rules.values()
    ]


def _level(severity: Severity) -> str:
    return "error" if severity is Severity.REQUIRED else "warning"


def _result(finding: Finding) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "level": "note" if finding.status is Status.UNKNOWN else _level(finding.severity),
        "message": {"text": one_line(f"{finding.title}: {finding.evidence}. To do: {finding.fix}")},
        "locations": [_location(finding)],
        "partialFingerprints": {"pointsman/v1": _fingerprint(finding)},
    }
    if finding.status is Status.WAIVED:
        result["suppressions"] = [{"kind": "external", "justification": one_line(finding.evidence)}]
    return result


def _location(finding: Finding) -> dict[str, Any]:
    place = finding.place
    physical: dict[str, Any] = {"artifactLocation": {"uri": (place.file or _NOWHERE).removeprefix("./")}}
    physical["region"] = {"startLine": max(place.line, 1)}
    location: dict[str, Any] = {"physicalLocation": physical}
    if place.object:
        location["logicalLocations"] = [{"fullyQualifiedName": place.object, "kind": "resource"}]
    return location


def _fingerprint(finding: Finding) -> str:
    """The same for the same gap however lines move."""
    text = "\0".join((finding.check, finding.place.object, finding.place.file))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
