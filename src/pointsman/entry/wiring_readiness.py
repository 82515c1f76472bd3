"""The sources of readiness-check: manifests, cluster, repository, CI."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.evidence.manifest_files import ManifestFiles
from pointsman.adapters.evidence.own_checks import OwnChecks
from pointsman.adapters.evidence.repository_files import RepositoryFiles
from pointsman.entry.config import DEFAULT_FILE, merged
from pointsman.entry.context import CiContext, ci_context
from pointsman.entry.readiness_config import readiness_settings, refuse_stray_waivers
from pointsman.entry.spec import Step
from pointsman.entry.values import values_of
from pointsman.entry.wiring import Surroundings, Values, refuse_nothing_to_look_at
from pointsman.model.errors import InputError
from pointsman.model.readiness import WORKLOADS
from pointsman.model.result import Result
from pointsman.ports.evidence import ObjectSource, RunSource, ScanSource
from pointsman.ports.record import RecordStore
from pointsman.report.checklist import checklist_markdown
from pointsman.steps import readiness_check
from pointsman.steps.checklist import filled
from pointsman.steps.readiness_check import ReadinessInputs, ReadinessSite
from pointsman.strategy.readiness.checklist import When
from pointsman.strategy.readiness.verdict import FailOn

_SHORT = {"Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds"}


def check_readiness(values: Values, around: Surroundings) -> Result:
    """Ask every check. Raises PointsmanError."""
    return readiness_check.run(site_of(values, around), inputs_of(values))


def checklist(step: Step, when: str, given: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """A checklist as Markdown, filled in. Raises PointsmanError."""
    clock, context = SystemClock(), ci_context(environment)
    values = values_of(step, merged(step, given))
    refuse_nothing_to_look_at(values)
    around = Surroundings(context, environment, clock, Quiet())
    parts = filled(site_of(values, around), inputs_of(values, FailOn.NEVER), _records(values, around), When(when))
    return checklist_markdown(values["service"], When(when), parts)


class Quiet:
    """What is printed is the list alone."""

    def say(self, text: str) -> None:
        """Nothing."""

    def waiting(self, text: str, seconds: float, limit: float) -> None:
        """Nothing."""


def _records(values: Values, around: Surroundings) -> RecordStore | None:
    if not values["namespace"]:
        return None
    from pointsman.adapters.records.config_map import ConfigMapRecord
    from pointsman.entry.wiring_kubernetes import api_for

    return ConfigMapRecord(api_for(values, around), values["service"])


def inputs_of(values: Values, fail_on: FailOn | None = None) -> ReadinessInputs:
    """The inputs as the step wants them."""
    settings = readiness_settings(values["config"], values["service"], values["environment"])
    refuse_stray_waivers(settings, values["config"] or DEFAULT_FILE)
    kind, name = workload_of(values["workload"]) if values["workload"] else ("", "")
    return ReadinessInputs(
        service=values["service"],
        namespace=values["namespace"] or "",
        workload=name,
        workload_kind=kind,
        settings=settings,
        fail_on=fail_on or FailOn(values["fail-on"]),
        min_score=0 if fail_on else values["min-score"],
        repository=values["repository"],
    )


def workload_of(text: str) -> tuple[str, str]:
    """`statefulset/db` -> (`StatefulSet`, `db`); a name alone is of any kind. Raises InputError."""
    told, slash, name = text.rpartition("/")
    kinds = {spelt: kind for kind in WORKLOADS for spelt in (kind.lower(), f"{kind.lower()}s", _SHORT[kind])}
    if not name or (slash and told not in kinds):
        raise InputError(
            f"--workload {text}: no such kind of workload", "write deployment/NAME, statefulset/NAME or daemonset/NAME"
        )
    return kinds.get(told, ""), name


def site_of(values: Values, around: Surroundings) -> ReadinessSite:
    """The sources that the inputs name."""
    return ReadinessSite(
        manifests=ManifestFiles(values["manifests"]) if values["manifests"] else None,
        cluster=_cluster(values, around),
        pages=RepositoryFiles(values["repository"]),
        runs=_runs(values, around),
        scans=_scans(values),
        own=OwnChecks(str(Path(values["config"] or DEFAULT_FILE).parent)),
        clock=around.clock,
        progress=around.progress,
    )


def _cluster(values: Values, around: Surroundings) -> ObjectSource | None:
    if not values["namespace"]:
        return None
    from pointsman.adapters.evidence.cluster_objects import ClusterObjects
    from pointsman.entry.wiring_kubernetes import api_for

    return ClusterObjects(api_for(values, around))


def _runs(values: Values, around: Surroundings) -> list[RunSource]:
    sources: list[RunSource] = []
    if values["junit"]:
        from pointsman.adapters.evidence.junit_files import JUnitFiles

        sources.append(JUnitFiles(values["junit"]))
    return [*sources, *results_of_forge(values["ci-checks"], around.context)]


def results_of_forge(wish: str, context: CiContext) -> list[RunSource]:
    """The forge that this job is on, where it is to be asked. Raises InputError when there is none to be."""
    forge = {"github": _on_github, "gitlab": _on_gitlab}.get(context.kind)
    if wish == "true" and forge is None:
        raise InputError(
            "--ci-checks true asks GitHub or GitLab, and this is no job of either", "give the results as --junit"
        )
    asked = wish == "true" or (wish == "auto" and context.token)
    return [forge(context)] if forge and asked else []


def _on_github(context: CiContext) -> RunSource:
    from pointsman.adapters.evidence.github_checks import GitHubChecks
    from pointsman.adapters.forges.github_target import Target

    return GitHubChecks(
        Target(context.api_url, context.repository, context.sha, context.token, context.run_url, context.is_rehearsal)
    )


def _on_gitlab(context: CiContext) -> RunSource:
    from pointsman.adapters.evidence.gitlab_checks import GitLabChecks
    from pointsman.adapters.forges.gitlab_target import GitLabTarget

    return GitLabChecks(
        GitLabTarget(context.api_url, context.project_id, context.sha, context.token, is_rehearsal=context.is_rehearsal)
    )


def _scans(values: Values) -> ScanSource | None:
    if not values["sarif"]:
        return None
    from pointsman.adapters.evidence.sarif_files import SarifFiles

    return SarifFiles(values["sarif"])
