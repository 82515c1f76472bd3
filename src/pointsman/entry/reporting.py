"""One result, told everywhere: terminal or JSON, job summary, outputs, annotations, commit status, report folder.

A report that fails never changes the verdict: it becomes a notice.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pointsman.adapters import files
from pointsman.adapters.clock import token
from pointsman.entry.context import CiContext
from pointsman.model.result import Outcome, Result
from pointsman.ports.forge import Forge
from pointsman.report import commands
from pointsman.report.machine import evidence_json, result_json
from pointsman.report.outputs import outputs_text
from pointsman.report.readiness import assessment_in
from pointsman.report.sarif import sarif_text
from pointsman.report.status_line import StatusLines
from pointsman.report.summary import summary_markdown
from pointsman.report.text import plan_text, result_text

Settings = Mapping[str, Any]
_EVIDENCE = "evidence"
_SARIF = "readiness.sarif"


def forge_for(context: CiContext, settings: Settings) -> Forge:
    """The pipeline's home, where there is something to tell it."""
    from pointsman.adapters.forges.none import NoForge

    if context.kind != "github" or settings.get("commit-status") is None or settings.get("dry-run"):
        return NoForge()  # a dry run must never turn a required status green
    from pointsman.adapters.forges.github import GitHubForge
    from pointsman.adapters.forges.github_target import Target, Wishes

    target = Target(context.api_url, context.repository, context.sha, context.token, context.run_url, context.is_act)
    wishes = Wishes(
        settings["commit-status"],
        settings["deployment"],
        settings["environment"] or "",
        settings["environment-url"] or "",
    )
    return GitHubForge(target, wishes, StatusLines(settings["environment"] or ""))


def tell(result: Result, context: CiContext, settings: Settings, forge: Forge, colour: bool) -> None:
    """Report `result` to everybody who asked."""
    report = _report_folder(settings)
    complaints = [*context.notices, *settings.get("complaints", ()), *_write_folder(result, report)]
    complaints += _write_outputs(result, context, report)
    complaints += _write_summary(result, context, settings)
    complaints += forge.report(result)
    _print(result, settings, colour)
    _annotate(result, context, complaints, settings)


def _report_folder(settings: Settings) -> Path | None:
    given = settings.get("report-dir")
    return Path(given) if given else None


def _write_folder(result: Result, folder: Path | None) -> list[str]:
    if folder is None:
        return []
    complaints = [
        *files.replace(str(folder / "report.json"), result_json(result)),
        *files.replace(str(folder / "report.md"), summary_markdown(result)),
    ]
    if _EVIDENCE in result.details:
        complaints += files.replace(str(folder / "evidence.json"), evidence_json(result))
    assessment = assessment_in(result)
    if assessment:
        complaints += files.replace(str(folder / _SARIF), sarif_text(assessment))
    return complaints


def _write_outputs(result: Result, context: CiContext, folder: Path | None) -> list[str]:
    outputs = {
        "outcome": result.outcome.value,
        "why": result.why,
        "exit-code": str(result.exit_code),
        "report": str(folder / "report.json") if folder else "",
        **({_EVIDENCE: str(folder / "evidence.json") if folder else ""} if _EVIDENCE in result.details else {}),
        **({"sarif": str(folder / _SARIF) if folder else ""} if assessment_in(result) else {}),
        **result.outputs,
    }
    clean = {name: value.replace("\0", "") for name, value in outputs.items()}
    return files.append(context.output_path, outputs_text(clean, token()))


def _write_summary(result: Result, context: CiContext, settings: Settings) -> list[str]:
    wish = settings.get("summary") or "never"
    if wish == "never" or (wish == "on-change" and result.outcome.good and not result.changes):
        return []
    return files.append(context.summary_path, summary_markdown(result, _footnote(context, settings)))


def _footnote(context: CiContext, settings: Settings) -> str:
    where = context.run_url or context.run_name
    parts = [f"{where}, attempt {context.attempt}" if where else "", str(settings.get("launched") or "")]
    return "; ".join(part for part in parts if part)


def _print(result: Result, settings: Settings, colour: bool) -> None:
    if settings.get("output") == "json":
        print(result_json(result), file=sys.stdout, flush=True)
        return
    lines = result.details.get("lines")
    text = plan_text(result, colour) if result.outcome is Outcome.PLANNED else result_text(result, colour)
    print(text.rstrip(), flush=True)
    if isinstance(lines, list):
        print(commands.neutralised("\n".join(str(line) for line in lines)), flush=True)


def _annotate(result: Result, context: CiContext, complaints: list[str], settings: Settings) -> None:
    if context.kind != "github" or settings.get("output") == "json":
        for complaint in complaints:
            print(f"note: {commands.neutralised(complaint)}", file=sys.stderr, flush=True)
        return
    if not result.outcome.good:
        print(commands.annotation("error", result.why, f"pointsman {result.step}"), flush=True)
    if result.outcome is Outcome.UNCHANGED:
        print(commands.annotation("notice", result.why, f"pointsman {result.step}"), flush=True)
    for complaint in complaints:
        print(commands.annotation("notice", complaint, "pointsman"), flush=True)
