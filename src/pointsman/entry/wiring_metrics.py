"""The metric source that canary-step's inputs name; secrets come from the environment alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pointsman.adapters.metrics.access import Access
from pointsman.adapters.metrics.presets import preset_named
from pointsman.adapters.metrics.probes import USUAL_PROBES, ProbeMetrics
from pointsman.adapters.metrics.prometheus import PrometheusMetrics
from pointsman.adapters.metrics.prometheus_api import PrometheusApi
from pointsman.adapters.metrics.questions import Comparison, Questions, alike
from pointsman.entry.canary_refusals import metrics_of
from pointsman.entry.table import variable_of
from pointsman.entry.wiring import Surroundings, Values
from pointsman.ports.metrics import Metrics
from pointsman.ports.prober import Prober


@dataclass(frozen=True)
class Versions:
    """How the two versions are called: as workloads, and in the labels that Prometheus has of them."""

    stable: str
    candidate: str
    stable_label: str = ""
    candidate_label: str = ""


def metrics_for(values: Values, around: Surroundings, versions: Versions, prober: Prober) -> Metrics:
    """Prometheus, or probes of our own."""
    if metrics_of(values) == "probes":
        return ProbeMetrics(prober, around.clock, versions.stable, versions.candidate, values["probes"] or USUAL_PROBES)
    api = PrometheusApi(access_of(values, around.environment), around.clock)
    stable = _placeholders(values, versions.stable_label or versions.stable)
    candidate = _placeholders(values, versions.candidate_label or versions.candidate)
    return PrometheusMetrics(api, comparison_of(values), stable, candidate)


def access_of(values: Values, environment: Mapping[str, str]) -> Access:
    """Where Prometheus is, and who we are there."""
    tenant = values["prometheus-tenant"]
    return Access(
        values["prometheus-url"],
        token=environment.get(variable_of("prometheus-token"), ""),
        user=values["prometheus-user"] or "",
        password=environment.get(variable_of("prometheus-password"), ""),
        headers={"X-Scope-OrgID": tenant} if tenant else {},
        ca_file=values["prometheus-ca"] or "",
    )


def comparison_of(values: Values) -> Comparison:
    """The questions: a preset's, or the user's own."""
    if values["preset"]:
        return preset_named(values["preset"])
    own = Questions(
        values["requests-query"],
        values["errors-query"] or "",
        values["buckets-query"] or "",
        values["buckets-unit"] or "s",
    )
    return alike(own)


def _placeholders(values: Values, version: str) -> dict[str, str]:
    known = {"version": version, "namespace": values["namespace"], "service": values["service"]}
    return {**known, "ingress": values["ingress"]} if values["ingress"] else known
