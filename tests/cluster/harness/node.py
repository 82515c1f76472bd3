"""The one node: containerd, kubelet and kube-proxy, with their files inside the cluster's run directory."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.cluster.harness import images
from tests.cluster.harness.binaries import CONTAINERD, folder, program
from tests.cluster.harness.cgroups import ControlGroup
from tests.cluster.harness.iptables import path_with_atomic_tables
from tests.cluster.harness.processes import Processes, StartError

NODE = "node1"
_POD_RANGE = "10.88.0.0/16"


class Node:
    """`start_runtime` needs nothing; `join` needs a ready API server."""

    def __init__(self, run_dir: Path, processes: Processes, group: ControlGroup, address: str) -> None:
        self._run_dir = run_dir
        self._processes = processes
        self._group = group
        self._address = address
        self._socket = run_dir / "containerd.sock"

    def start_runtime(self) -> None:
        """Start containerd; doesn't wait."""
        cni = self._run_dir / "cni"
        cni.mkdir()
        (cni / "10-bridge.conflist").write_text(json.dumps(network_plugins(self._group.name, self._run_dir)))
        configuration = self._run_dir / "containerd.toml"
        configuration.write_text(containerd_configuration(self._run_dir, self._socket))
        path = os.pathsep.join([str(folder(CONTAINERD)), os.environ.get("PATH", ""), "/usr/sbin"])
        argv = [str(program("containerd")), "--config", str(configuration)]
        self._processes.start("containerd", argv, {**os.environ, "PATH": path})

    def import_images(self, archive: Path) -> None:
        """Load every image of a `docker save` archive once containerd answers."""
        self._processes.wait_until("containerd", lambda: self._ctr("version").returncode == 0)
        imported = self._ctr("--namespace", "k8s.io", "images", "import", str(archive))
        if imported.returncode != 0:
            raise StartError(f"importing {archive.name}: {imported.stderr}")

    def join(self, kubeconfig: Path) -> None:
        """Start kubelet and kube-proxy; doesn't wait for the node to be Ready."""
        configuration = self._run_dir / "kubelet.json"
        configuration.write_text(json.dumps(self._kubelet_configuration()))
        common = [f"--kubeconfig={kubeconfig}", f"--hostname-override={NODE}"]
        files = [f"--root-dir={self._run_dir / 'kubelet'}", f"--cert-dir={self._run_dir / 'kubelet-pki'}"]
        own = [f"--config={configuration}", f"--node-ip={self._address}"]
        self._processes.start("kubelet", [str(program("kubelet")), *common, *files, *own])
        proxy = [str(program("kube-proxy")), *common, f"--cluster-cidr={_POD_RANGE}", "--proxy-mode=iptables"]
        # connection tracking limits belong to the machine, not to the namespace
        tables = {"PATH": path_with_atomic_tables(self._run_dir)}
        self._processes.start("kube-proxy", [*proxy, "--conntrack-max-per-core=0"], tables)

    def _ctr(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        argv = [str(program("ctr")), "--address", str(self._socket), *arguments]
        return subprocess.run(argv, capture_output=True, text=True, check=False)

    def _kubelet_configuration(self) -> dict[str, Any]:
        authority = str(self._run_dir / "pki" / "ca.crt")
        # tests must not depend on how full the machine's disk is: no eviction, no image removal
        thresholds = dict.fromkeys(("nodefs.available", "imagefs.available", "nodefs.inodesFree"), "0%")
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "failCgroupV1": False,
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": self._group.path,
            "failSwapOn": False,
            "authentication": {"anonymous": {"enabled": False}, "x509": {"clientCAFile": authority}},
            "authorization": {"mode": "Webhook"},
            "containerRuntimeEndpoint": f"unix://{self._socket}",
            "podLogsDir": str(self._run_dir / "pod-logs"),
            "volumePluginDir": str(self._run_dir / "volume-plugins"),
            "evictionHard": {"memory.available": "1Mi", **thresholds},
            "imageGCHighThresholdPercent": 100,
            "maxPods": 200,
            "nodeStatusUpdateFrequency": "5s",
            "syncFrequency": "5s",
        }


def network_plugins(network: str, run_dir: Path) -> dict[str, Any]:
    """One bridge inside the namespace, with addresses handed out from files in the run directory.

    The network carries the cluster's name, by which `state.end` finds what plug-ins keep elsewhere.
    """
    addresses = {
        "type": "host-local",
        "dataDir": str(run_dir / "cni-addresses"),
        "ranges": [[{"subnet": _POD_RANGE}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True, "ipam": addresses}
    return {"cniVersion": "1.0.0", "name": network, "plugins": [bridge]}


def containerd_configuration(run_dir: Path, socket: Path) -> str:
    """containerd's settings (TOML; a JSON string is a TOML string)."""
    quoted = {
        "ROOT": json.dumps(str(run_dir / "containerd")),
        "RUNC": json.dumps(str(run_dir / "runc")),
        "STATE": json.dumps(str(run_dir / "containerd-state")),
        "SOCKET": json.dumps(str(socket)),
        "CNI": json.dumps(str(run_dir / "cni")),
        "PAUSE": json.dumps(images.PAUSE),
    }
    text = _CONTAINERD
    for name, value in quoted.items():
        text = text.replace(f"<{name}>", value)
    return text


# restrict_oom_score_adj: without CAP_SYS_RESOURCE runc may not lower the score and would fail instead.
_CONTAINERD = """\
version = 3
root = <ROOT>
state = <STATE>

[grpc]
address = <SOCKET>

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = <PAUSE>

[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["/usr/lib/cni", "/opt/cni/bin"]
conf_dir = <CNI>

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
SystemdCgroup = false
Root = <RUNC>
"""
