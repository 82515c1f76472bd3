"""One result, told everywhere: terminal or JSON, job summary, outputs, annotations, commit status, report folder.

A report that fails never changes the verdict: it becomes a notice.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pointsman.adapters import files
from pointsman.adapters.clock import token
from pointsman.entry.context import CiContext
from pointsman.entry.unheard import losses
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

    forge_on = {"github": _github, "gitlab": _gitlab}.get(context.kind)
    if forge_on is None or settings.get("commit-status") is None or settings.get("dry-run"):
        return NoForge()  # a dry run must never turn a required status green
    return forge_on(context, settings)


def _github(context: CiContext, settings: Settings) -> Forge:
    from pointsman.adapters.forges.github import GitHubForge
    from pointsman.adapters.forges.github_target import Target, Wishes

    target = Target(
        context.api_url, context.repository, context.sha, context.token, context.run_url, context.is_rehearsal
    )
    wishes = Wishes(
        settings["commit-status"],
        settings["deployment"],
        settings["environment"] or "",
        settings["environment-url"] or "",
    )
    return GitHubForge(target, wishes, StatusLines(settings["environment"] or ""))


def _gitlab(context: CiContext, settings: Settings) -> Forge:
    from pointsman.adapters.forges.gitlab import GitLabForge
    from pointsman.adapters.forges.gitlab_target import GitLabTarget, GitLabWishes
    from pointsman.report.note import merge_request_note

    target = GitLabTarget(
        context.api_url,
        context.project_id,
        context.sha,
        context.token,
        context.run_id,
        context.merge_request,
        context.run_url,
        context.is_rehearsal,
    )
    environment = settings["environment"] or ""
    return GitLabForge(
        target,
        GitLabWishes(settings["commit-status"], settings["merge-request-note"]),
        StatusLines(environment),
        lambda result: merge_request_note(result, environment, _footnote(context, settings)),
    )


def tell(result: Result, context: CiContext, settings: Settings, forge: Forge, colour: bool) -> None:
    """Report `result` to everybody who asked."""
    report = _report_folder(settings)
    complaints = [*context.notices, *settings.get("complaints", ()), *_write_folder(result, report)]
    complaints += _write_outputs(result, context, report)
    complaints += _write_for_gitlab(result, context, report, settings)
    complaints += _write_summary(result, context, settings)
    complaints += forge.report(result)
    _print(result, settings, colour)
    complaints += [f"{loss}; it ended {result.outcome.value}: {result.why}" for loss in losses()]
    _annotate(result, context, complaints, settings)


def _report_folder(settings: Settings) -> Path | None:
    given = settings.get("report-dir")
    return Path(given) if given else None


def _write_folder(result: Result, folder: Path | None) -> list[str]:
    if folder is None:
        return []
    from pointsman.report.junit import junit_xml

    complaints = [
        *files.replace(str(folder / "junit.xml"), junit_xml(result)),
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
    clean = {name: value.replace("\0", "") for name, value in _outputs(result, folder).items()}
    return files.append(context.output_path, outputs_text(clean, token()))


def _outputs(result: Result, folder: Path | None) -> dict[str, str]:
    return {
        "outcome": result.outcome.value,
        "why": result.why,
        "exit-code": str(result.exit_code),
        "report": str(folder / "report.json") if folder else "",
        **({_EVIDENCE: str(folder / "evidence.json") if folder else ""} if _EVIDENCE in result.details else {}),
        **({"sarif": str(folder / _SARIF) if folder else ""} if assessment_in(result) else {}),
        **result.outputs,
    }


def _write_for_gitlab(result: Result, context: CiContext, folder: Path | None, settings: Settings) -> list[str]:
    """What a GitLab job takes as its reports `dotenv` and `annotations`."""
    if folder is None or context.kind != "gitlab":
        return []
    from pointsman.report.dotenv import dotenv_text
    from pointsman.report.links import annotations_json

    return [
        *files.replace(str(folder / "outputs.env"), dotenv_text(_outputs(result, folder))),
        *files.replace(str(folder / "annotations.json"), annotations_json(_links(result, context, folder, settings))),
    ]


def _links(result: Result, context: CiContext, folder: Path, settings: Settings) -> dict[str, str]:
    """What a reader of the job's page wants next; the report is an artifact only below the project's folder."""
    links = {str(settings.get("environment") or "The environment"): str(settings.get("environment-url") or "")}
    place = (Path.cwd() / folder).resolve()
    project = Path(context.workspace or ".").resolve()
    if context.run_url and place.is_relative_to(project):
        page = quote((place.relative_to(project) / "report.md").as_posix())
        links[f"Report of {result.step}: {result.outcome.value}"] = f"{context.run_url}/artifacts/file/{page}"
    return links


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
