"""A real one-node cluster on this machine: started, watched until Ready, removed without a trace.

Needs root.
"""

from __future__ import annotations

import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.harness import images, state
from tests.cluster.harness.cgroups import ControlGroup
from tests.cluster.harness.cluster import Cluster, KubectlError
from tests.cluster.harness.control_plane import SERVICE_RANGE, ControlPlane
from tests.cluster.harness.iptables import lose_what_no_rule_is_for
from tests.cluster.harness.network import NOWHERE, Namespace
from tests.cluster.harness.node import NODE, Node
from tests.cluster.harness.processes import Processes
from tests.cluster.harness.reader import Reader
from tests.cluster.harness.yielding import yielding

_ORDINAL = itertools.count(1)
_READY = '{.status.conditions[?(@.type=="Ready")].status}'


class LocalCluster(Cluster):
    """Every process of a one-node cluster, inside a network namespace and a control group of its own; `bare`: without
    the node, for somebody who plays one."""

    def __init__(self, bare: bool = False) -> None:
        self._bare = bare
        self.name = f"pm{os.getpid()}-{next(_ORDINAL)}"
        self.run_dir = Path(tempfile.mkdtemp(prefix=f"{self.name}-"))
        self._namespace = Namespace(self.name)
        self._group = ControlGroup(self.name)
        self._processes = Processes(self.run_dir, self._namespace, self._group)
        super().__init__(self.run_dir / "admin.kubeconfig", self._namespace.path)
        self.reader = Reader(self.kubeconfig)
        self.timings: dict[str, float] = {}
        """Seconds from the beginning of `start` to each milestone."""

    def start(self) -> None:
        """Start everything and wait until the node is Ready; nothing is left behind when that fails."""
        try:
            self._start(time.monotonic())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every process and remove every mount, device, group and file of this cluster."""
        super().stop()
        state.end(self.record)
        self._processes.reap()

    @contextmanager
    def yielding(self) -> Iterator[None]:
        """For a while this cluster and this process give way to other clusters and processes."""
        self._group.yields(True)
        with yielding():
            yield
        self._group.yields(False)

    def load(self, tag: str, archive: Callable[[], Path]) -> None:
        """Make an image known to the node, unless it is."""
        images.load(self.run_dir, tag, archive)

    @property
    def record(self) -> state.Record:
        """What somebody else needs to know to end this cluster."""
        return state.Record(self.name, str(self.run_dir), os.getpid())

    def _start(self, began: float) -> None:
        def milestone(name: str) -> None:
            self.timings[name] = round(time.monotonic() - began, 2)

        state.sweep()
        state.write(self.record)
        if not self._bare:
            images.archive()
            milestone("images are built")
        self._namespace.create()
        self._group.create()
        control_plane = ControlPlane(self.run_dir, self._processes, self._namespace.address, self._bare)
        node = Node(self.run_dir, self._processes, self._group, self._namespace.address)
        control_plane.start_api()
        if not self._bare:
            node.start_runtime()
            node.import_images(images.archive())
            milestone("images are imported")
        control_plane.start_controllers()
        milestone("API server is ready")
        lose_what_no_rule_is_for(self._namespace.entering, SERVICE_RANGE, NOWHERE)
        if not self._bare:
            node.join(control_plane.kubeconfig)
            self._processes.wait_until("kubelet", self._node_is_ready)
            milestone("node is Ready")
        self._processes.wait_until("kube-controller-manager", self._default_account_exists)
        milestone("pods can be created")

    def _node_is_ready(self) -> bool:
        return self._answer("get", "node", NODE, f"-o=jsonpath={_READY}") == "True"

    def _default_account_exists(self) -> bool:
        return self._answer("get", "serviceaccount", "default", "-o=name") != ""

    def _answer(self, *arguments: str) -> str:
        try:
            return self.kubectl(*arguments)
        except KubectlError:
            return ""
