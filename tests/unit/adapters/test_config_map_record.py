"""The record in a ConfigMap: compare-and-swap over a real connection that breaks."""

from __future__ import annotations

import pytest

from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.records.config_map import ConfigMapRecord
from pointsman.model.errors import ConflictError
from pointsman.model.record import Record, broken_link, with_event
from tests.fakes.kube_server import Fault, KubeServer

PATH = "/api/v1/namespaces/shop/configmaps/pointsman-shop"
ONE = with_event(Record("shop"), "begin", "one", "2026-01-01T00:00:00Z", "run-1")
TWO = with_event(ONE, "shift", "two", "2026-01-01T00:00:01Z", "run-1")


@pytest.fixture
def records(api: KubeApi) -> ConfigMapRecord:
    return ConfigMapRecord(api, "shop")


def test_what_is_saved_is_what_is_loaded(records: ConfigMapRecord, api: KubeApi) -> None:
    assert records.load() is None
    records.save(ONE)
    records.save(TWO)
    found = ConfigMapRecord(api, "shop").load()
    assert found == TWO
    assert broken_link(found) is None


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_save_whose_connection_broke_is_done_once(
    kube: KubeServer, records: ConfigMapRecord, method: str, after: bool
) -> None:
    kube.faults = [Fault(reset=True, after=after, method=method)]
    records.save(ONE)
    records.save(TWO)
    assert records.load() == TWO


def test_a_stale_writer_loses_and_is_told_who_won(kube: KubeServer, records: ConfigMapRecord) -> None:
    records.save(ONE)
    item = kube.objects.get(PATH)
    item["metadata"]["managedFields"] = [{"manager": "kubectl-edit", "time": "2026-01-01T00:00:02Z"}]
    item["data"] = {"record.json": "{}"}
    kube.objects.put(PATH, item)
    with pytest.raises(ConflictError, match="kubectl-edit"):
        records.save(TWO)


def test_two_first_writers_do_not_both_win(api: KubeApi, records: ConfigMapRecord) -> None:
    other = ConfigMapRecord(api, "shop")
    assert (records.load(), other.load()) == (None, None)
    records.save(ONE)
    with pytest.raises(ConflictError):
        other.save(TWO)


def test_a_record_that_was_deleted_meanwhile_is_a_conflict(kube: KubeServer, records: ConfigMapRecord) -> None:
    records.save(ONE)
    kube.objects.delete(PATH, {})
    with pytest.raises(ConflictError, match="deleted"):
        records.save(TWO)


def test_labels_that_others_put_on_it_survive(kube: KubeServer, records: ConfigMapRecord) -> None:
    records.save(ONE)
    item = kube.objects.get(PATH)
    item["metadata"]["labels"]["team"] = "web"
    kube.objects.put(PATH, item)
    records.load()
    records.save(TWO)
    assert kube.objects.get(PATH)["metadata"]["labels"]["team"] == "web"


def test_a_config_map_without_a_record_has_none(kube: KubeServer, records: ConfigMapRecord) -> None:
    kube.objects.put(PATH, {"metadata": {"name": "pointsman-shop"}})
    assert records.load() is None
    records.save(ONE)
    assert records.load() == ONE
