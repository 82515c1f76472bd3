"""Where the cluster for tests comes from. `provide()` chooses:

- `$POINTSMAN_TEST_KUBECONFIG`: a cluster that exists. Its images are yours to load (`images.archive()` is a
  `docker save` archive of all of them, `tests.images.product.archive()` one of Pointsman itself), it has no
  namespace of ours (`netns` is None), commands run plainly, and its cluster IPs must be reachable from this machine.
- `$POINTSMAN_TEST_CLUSTER=running`: the one that `python -m tests.cluster.harness up` started.
- else: a `LocalCluster`, started here and ended here. Needs root.

A `kind` cluster is the first case: create it, load the images, name its kubeconfig.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.cluster.harness import images, state
from tests.cluster.harness.cluster import Cluster
from tests.cluster.harness.local_cluster import LocalCluster
from tests.cluster.harness.network import Namespace
from tests.cluster.harness.reader import Reader


class RunningCluster(Cluster):
    """The cluster that `python -m tests.cluster.harness up` left running; stopping it is left to `down`."""

    def __init__(self) -> None:
        record = state.interactive()
        if record is None:
            raise LookupError("no cluster is running: `python -m tests.cluster.harness up` starts one")
        super().__init__(Path(record.run_dir) / "admin.kubeconfig", Namespace(record.name).path)
        self.reader = Reader(self.kubeconfig)
        self._run_dir = Path(record.run_dir)

    def load(self, tag: str, archive: Callable[[], Path]) -> None:
        """Make an image known to the node, unless it is."""
        images.load(self._run_dir, tag, archive)


def _given() -> Cluster:
    return Cluster(Path(os.environ["POINTSMAN_TEST_KUBECONFIG"]))


def provider() -> Callable[[], Cluster]:
    """How clusters come about on this machine, from the environment; `LocalCluster` alone needs root."""
    if os.environ.get("POINTSMAN_TEST_KUBECONFIG"):
        return _given
    if os.environ.get("POINTSMAN_TEST_CLUSTER") == "running":
        return RunningCluster
    return LocalCluster


def provide(bare: bool = False) -> Cluster:
    """A cluster, not started yet; a `bare` one has no node where it is started here."""
    chosen = provider()
    return LocalCluster(bare) if chosen is LocalCluster else chosen()
