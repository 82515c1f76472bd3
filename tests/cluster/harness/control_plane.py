"""etcd, API server, controller manager and scheduler: a Kubernetes API that decides as a real one does."""

from __future__ import annotations

import ssl
import urllib.request
from pathlib import Path

from tests.cluster.harness import kubeconfig
from tests.cluster.harness.binaries import program
from tests.cluster.harness.pki import Authority
from tests.cluster.harness.processes import Processes

SERVICE_RANGE = "10.96.0.0/16"
_ADMIN_TOKEN = "admin-of-a-test-cluster"
_ETCD = "http://127.0.0.1:2379"


class ControlPlane:
    """Started in two steps, so that the node can get ready while the API server does; `bare`: without a scheduler."""

    def __init__(self, run_dir: Path, processes: Processes, address: str, bare: bool = False) -> None:
        self._run_dir = run_dir
        self._processes = processes
        self._address = address
        self._bare = bare
        self._server = f"https://{address}:6443"
        self._authority = Authority(run_dir / "pki")
        self._authority.issue("apiserver", ["127.0.0.1", "10.96.0.1", address])
        self._authority.issue("kubelet-client", [], organization="system:masters")
        self._authority.signer("tokens")
        self.kubeconfig = kubeconfig.write(
            run_dir / "admin.kubeconfig",
            kubeconfig.cluster_entry(self._server, Path(self._authority.path("ca.crt"))),
            {"token": _ADMIN_TOKEN},
        )

    def start_api(self) -> None:
        """Start etcd and the API server; doesn't wait."""
        self._start_etcd()
        tokens = self._run_dir / "tokens.csv"
        tokens.write_text(f"{_ADMIN_TOKEN},admin,admin,system:masters\n")
        path = self._authority.path
        options = {
            "etcd-servers": _ETCD,
            "secure-port": "6443",
            "advertise-address": self._address,
            "tls-cert-file": path("apiserver.crt"),
            "tls-private-key-file": path("apiserver.key"),
            "client-ca-file": path("ca.crt"),
            "kubelet-client-certificate": path("kubelet-client.crt"),
            "kubelet-client-key": path("kubelet-client.key"),
            # the node's name is in no DNS; logs and exec go to its address
            "kubelet-preferred-address-types": "InternalIP",
            "token-auth-file": str(tokens),
            "service-account-key-file": path("tokens.pub"),
            "service-account-signing-key-file": path("tokens.key"),
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-cluster-ip-range": SERVICE_RANGE,
            "authorization-mode": "Node,RBAC",
            "allow-privileged": "true",
        }
        self._start("kube-apiserver", options)

    def start_controllers(self) -> None:
        """Wait for the API server, then start what acts on its objects."""
        self._processes.wait_until("kube-apiserver", self._api_is_ready)
        client = {"kubeconfig": str(self.kubeconfig), "leader-elect": "false"}
        signer = {
            "service-account-private-key-file": self._authority.path("tokens.key"),
            "root-ca-file": self._authority.path("ca.crt"),
        }
        # Their own limit of 20 requests a second would have many small releases at once wait for one another.
        brisk = {"kube-api-qps": "400", "kube-api-burst": "800"}
        self._start("kube-controller-manager", {**client, **signer, **brisk})
        if not self._bare:
            self._start("kube-scheduler", client)

    def _start_etcd(self) -> None:
        argv = ["etcd", f"--data-dir={self._run_dir / 'etcd'}", "--unsafe-no-fsync"]
        argv += [f"--listen-client-urls={_ETCD}", f"--advertise-client-urls={_ETCD}"]
        self._processes.start("etcd", [*argv, "--listen-peer-urls=http://127.0.0.1:2380"])

    def _start(self, name: str, options: dict[str, str]) -> None:
        flags = [f"--{key}={value}" for key, value in options.items()]
        self._processes.start(name, [str(program(name)), *flags])

    def _api_is_ready(self) -> bool:
        trust = ssl.create_default_context(cafile=self._authority.path("ca.crt"))
        headers = {"Authorization": f"Bearer {_ADMIN_TOKEN}"}
        asked = urllib.request.Request(f"{self._server}/readyz", headers=headers)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
        )
        try:
            with opener.open(asked, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:  # refused, still starting, or not ready (HTTPError is one, too)
            return False
