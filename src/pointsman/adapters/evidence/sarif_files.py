"""SARIF 2.1.0 reports of security scanners."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pointsman.adapters.evidence.report_files import reports_of
from pointsman.model.errors import InputError
from pointsman.model.readiness import Scan


class SarifFiles:
    """The reports that `patterns` name."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = patterns

    def scans(self) -> tuple[Scan, ...]:
        """One for each run in each file. Raises InputError for what is no SARIF."""
        files = [file for pattern in self._patterns for file in reports_of(pattern, "--sarif", ".sarif")]
        return tuple(scan for file in files for scan in scans_of(file.as_posix(), _document(file)))


def scans_of(file: str, document: Any) -> list[Scan]:
    """The scans in a SARIF document. Raises InputError."""
    runs = document.get("runs") if isinstance(document, dict) else None
    if not isinstance(runs, list) or not all(isinstance(run, dict) for run in runs):
        raise InputError(f"{file}: no SARIF: it has no runs", "check --sarif")
    return [_scan(file, run) for run in runs]


def _scan(file: str, run: dict[str, Any]) -> Scan:
    driver = (run.get("tool") or {}).get("driver") or {}
    defaults = {
        rule.get("id"): (rule.get("defaultConfiguration") or {}).get("level") for rule in driver.get("rules") or []
    }
    found = [
        one for one in run.get("results") or [] if not one.get("suppressions") and one.get("kind", "fail") == "fail"
    ]
    levels = [one.get("level") or defaults.get(one.get("ruleId")) or "warning" for one in found]
    return Scan(str(driver.get("name") or "a scanner"), levels.count("error"), len(found), file)


def _document(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8-sig"))
    except (OSError, ValueError) as wrong:
        raise InputError(f"{file}: no SARIF: {wrong}", "check --sarif") from wrong
