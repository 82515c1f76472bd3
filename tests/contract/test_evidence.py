"""Sources of evidence: whoever gives objects, pages, results or scans keeps the same promises, the fakes too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pointsman.adapters.evidence.cluster_objects import EVERYWHERE, KINDS, ClusterObjects
from pointsman.adapters.evidence.junit_files import JUnitFiles
from pointsman.adapters.evidence.manifest_files import ManifestFiles
from pointsman.adapters.evidence.repository_files import RepositoryFiles
from pointsman.adapters.evidence.sarif_files import SarifFiles
from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.connection import KubeSource, connect
from pointsman.model.readiness import Item, Page, Place, Scan, TestRun
from pointsman.ports.evidence import ObjectSource, PageSource, RunSource, ScanSource
from pointsman.testing import FakeClock, FakeObjects, FakePages, FakeRuns, FakeScans
from tests.fakes.kube_server import KubeServer, serving

MADE = [
    {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"}, "spec": {"replicas": 2}},
    {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop"}, "spec": {"selector": {"app": "shop"}}},
    {"apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {"name": "nightly"}, "spec": {"schedule": "@daily"}},
]
SourceOf = Callable[..., ObjectSource]


@pytest.fixture
def kube() -> Iterator[KubeServer]:
    with serving() as server:
        yield server


@pytest.fixture(params=["fake", "manifests", "cluster"])
def source_of(request: pytest.FixtureRequest, kube: KubeServer, tmp_path: Path) -> SourceOf:
    """Makes a source with some of MADE."""

    def make(*bodies: dict[str, Any]) -> ObjectSource:
        if request.param == "fake":
            return FakeObjects(tuple(Item(one, Place(f"{one['kind']}/{one['metadata']['name']}")) for one in bodies))
        if request.param == "manifests":
            (tmp_path / "all.yaml").write_text(yaml.safe_dump_all([*bodies, _other()]))
            return ManifestFiles([str(tmp_path)])
        api = KubeApi(connect(KubeSource(kube.kubeconfig(tmp_path))), "shop", FakeClock())
        for one in bodies:
            kube.objects.put(f"{_collection(api, one['kind'])}/{one['metadata']['name']}", dict(one))
        return ClusterObjects(api)

    return make


def _other() -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}


def _collection(api: KubeApi, kind: str) -> str:
    looked = KINDS[kind]
    if looked.namespace not in ("", EVERYWHERE):
        return f"{looked.resource.root}/namespaces/{looked.namespace}/{looked.resource.plural}"
    return api.path(looked.resource)


def test_objects_are_given_as_they_are_with_kind_and_place(source_of: SourceOf) -> None:
    found = source_of(*MADE).objects(["Deployment", "Service", "Schedule"])
    assert [(one.kind, one.name, dict(one.spec)) for one in found] == [
        (one["kind"], one["metadata"]["name"], one["spec"]) for one in MADE
    ]
    assert [one.place.object for one in found] == ["Deployment/shop", "Service/shop", "Schedule/nightly"]


def test_only_the_kinds_asked_for_are_given(source_of: SourceOf) -> None:
    assert [one.kind for one in source_of(*MADE).objects(["Service"])] == ["Service"]


def test_a_kind_that_is_not_there_has_no_objects_and_is_no_secret(source_of: SourceOf) -> None:
    source = source_of(*MADE)
    assert source.objects(["PodMonitor", "Deployment"])[0].kind == "Deployment"
    assert source.unreadable() == {}


class TestCluster:
    """What only a cluster does: it may say no."""

    @pytest.fixture
    def cluster(self, kube: KubeServer, tmp_path: Path) -> ClusterObjects:
        return ClusterObjects(KubeApi(connect(KubeSource(kube.kubeconfig(tmp_path))), "shop", FakeClock()))

    def test_a_kind_that_we_may_not_read_names_the_permission(self, cluster: ClusterObjects, kube: KubeServer) -> None:
        kube.raw["/apis/policy/v1/namespaces/shop/poddisruptionbudgets"] = (403, "no")
        kube.raw["/apis/apps/v1/daemonsets"] = (403, "no")
        kube.raw["/apis/velero.io/v1/namespaces/velero/schedules"] = (403, "no")
        assert cluster.objects(["PodDisruptionBudget", "DaemonSet", "Schedule", "Service"]) == ()
        assert cluster.unreadable() == {
            "PodDisruptionBudget": "not permitted: list poddisruptionbudgets (policy) in namespace shop",
            "DaemonSet elsewhere": "not permitted: list daemonsets (apps) in all namespaces",
            "Schedule": "not permitted: list schedules (velero.io) in namespace velero",
        }

    def test_what_may_stand_anywhere_is_looked_for_at_least_here(
        self, cluster: ClusterObjects, kube: KubeServer
    ) -> None:
        kube.raw["/apis/monitoring.coreos.com/v1/servicemonitors"] = (403, "no")
        here = "/apis/monitoring.coreos.com/v1/namespaces/shop/servicemonitors"
        kube.objects.put(f"{here}/m", {"metadata": {"name": "m"}})
        assert [one.name for one in cluster.objects(["ServiceMonitor", "Service"])] == ["m"]
        assert cluster.unreadable() == {
            "ServiceMonitor elsewhere": "not permitted: list servicemonitors (monitoring.coreos.com) in all namespaces"
        }

    def test_a_kind_without_a_definition_is_absent(self, cluster: ClusterObjects, kube: KubeServer) -> None:
        kube.raw["/apis/flagger.app/v1beta1/namespaces/shop/canaries"] = (404, "the server could not find it")
        assert cluster.objects(["Canary"]) == ()
        assert cluster.unreadable() == {}

    def test_an_identity_that_may_read_nothing_at_all_is_an_error(
        self, cluster: ClusterObjects, kube: KubeServer
    ) -> None:
        from pointsman.model.errors import NotPermitted

        kube.raw["/api/v1/namespaces/shop/services"] = (403, "no")
        with pytest.raises(NotPermitted, match="list services"):
            cluster.objects(["Service"])

    def test_any_other_refusal_is_an_error(self, cluster: ClusterObjects, kube: KubeServer) -> None:
        from pointsman.model.errors import RemoteError

        kube.raw["/api/v1/namespaces/shop/services"] = (400, "what?")
        with pytest.raises(RemoteError, match="400"):
            cluster.objects(["Service", "Deployment"])

    def test_it_only_ever_lists(self, cluster: ClusterObjects, kube: KubeServer) -> None:
        cluster.objects(KINDS)
        assert {method for method, _ in kube.asked} == {"GET"}
        assert len(kube.asked) == len(KINDS)


@pytest.fixture(params=["fake", "folder"])
def pages(request: pytest.FixtureRequest, tmp_path: Path) -> PageSource:
    if request.param == "fake":
        return FakePages((Page("docs/a.md", "A"),))
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("A")
    return RepositoryFiles(str(tmp_path))


def test_pages_have_a_relative_path_and_their_text(pages: PageSource) -> None:
    assert pages.pages() == (Page("docs/a.md", "A"),)


@pytest.fixture(params=["fake", "junit"])
def runs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunSource:
    monkeypatch.chdir(tmp_path)
    if request.param == "fake":
        return FakeRuns((TestRun("unit.xml", "success", "1 tests passed", Place(file="unit.xml")),))
    Path("unit.xml").write_text("<testsuite><testcase/></testsuite>")
    return JUnitFiles(["unit.xml"])


def test_results_have_a_name_a_state_and_a_place(runs: RunSource) -> None:
    assert runs.runs() == (TestRun("unit.xml", "success", "1 tests passed", Place(file="unit.xml")),)


@pytest.fixture(params=["fake", "sarif"])
def scans(request: pytest.FixtureRequest, tmp_path: Path) -> ScanSource:
    file = tmp_path / "t.sarif"
    if request.param == "fake":
        return FakeScans((Scan("Trivy", 1, 1, file.as_posix()),))
    run = {"tool": {"driver": {"name": "Trivy"}}, "results": [{"level": "error"}]}
    file.write_text(json.dumps({"version": "2.1.0", "runs": [run]}))
    return SarifFiles([str(file)])


def test_scans_count_their_errors(scans: ScanSource, tmp_path: Path) -> None:
    assert scans.scans() == (Scan("Trivy", 1, 1, f"{tmp_path.as_posix()}/t.sarif"),)
