"""The parts of a summary that only readiness-check has: an overview, a table for each area, and patches.

They are drawn from `Result.details`; a result without them has none of these parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pointsman.model.readiness import Area, Assessment, Finding, Status
from pointsman.model.result import Result
from pointsman.report.headline import STATUSES
from pointsman.report.markdown import Section, escaped, folded, table

_COLUMNS = ["check", "status", "evidence", "fix"]
_ORDER = [Status.FAIL, Status.UNKNOWN, Status.WAIVED, Status.PASS]


def assessment_in(result: Result) -> Assessment | None:
    """What was found, where the result has it."""
    found = result.details.get("readiness")
    return found if isinstance(found, Assessment) else None


def readiness_sections(result: Result) -> list[Section]:
    """The findings of `result`, area by area, and the patches that can be written."""
    assessment = assessment_in(result)
    if assessment is None:
        return []
    return [_overview(assessment), *_areas(assessment.findings), *_skipped(assessment), *_patches(assessment.findings)]


def _overview(assessment: Assessment) -> Section:
    areas = _grouped(assessment.findings)
    rows = [[area.value, *(str(_count(those, status)) for status in _ORDER)] for area, those in areas]
    return table(f"Score {assessment.score}", ["area", *(str(STATUSES[status]) for status in _ORDER)], rows)


def _areas(findings: Sequence[Finding]) -> list[Section]:
    return [
        table(area.value.capitalize(), _COLUMNS, map(_row, _gravest_first(those))) for area, those in _grouped(findings)
    ]


def _row(finding: Finding) -> list[str]:
    where = f"{finding.place}: " if str(finding.place) else ""
    status = f"{STATUSES[finding.status]}, {finding.severity.value}"
    fix = "" if finding.status.good else finding.fix
    return [
        f"{escaped(finding.title)} ({escaped(finding.check)})",
        status,
        escaped(f"{where}{finding.evidence}"),
        escaped(fix),
    ]


def _skipped(assessment: Assessment) -> list[Section]:
    names = ", ".join(map(escaped, assessment.skipped))
    return [Section(f"Switched off in pointsman.yaml: {names}\n")] if names else []


def _patches(findings: Sequence[Finding]) -> list[Section]:
    patched = [one for one in findings if one.patch is not None and not one.status.good]
    lines = [line for one in patched for line in patch_text(one).splitlines()]
    return [folded("Patches (kubectl patch --patch-file, or for the manifests)", lines)] if lines else []


def patch_text(finding: Finding) -> str:
    """The patch as YAML under a comment that says of what."""
    import yaml

    text = yaml.safe_dump(_plain(finding.patch), sort_keys=False, allow_unicode=True)
    return f"# {finding.check}: {finding.place}\n{text}"


def _plain(value: object) -> object:
    """Mappings of any kind as dictionaries, for YAML."""
    if hasattr(value, "items"):
        return {key: _plain(kept) for key, kept in value.items()}
    return [_plain(kept) for kept in value] if isinstance(value, list | tuple) else value


def _grouped(findings: Iterable[Finding]) -> list[tuple[Area, list[Finding]]]:
    told = list(findings)
    areas = [(area, [one for one in told if one.area is area]) for area in Area]
    return [(area, those) for area, those in areas if those]


def _gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: (_ORDER.index(one.status), one.severity.value != "required"))


def _count(findings: Iterable[Finding], status: Status) -> int:
    return sum(one.status is status for one in findings)
