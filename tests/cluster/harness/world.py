"""Objects of the test cluster and questions about them; everything lies in one namespace per test.

Asks the API server itself or kubectl, not the client library the product uses, so that both can't be wrong together.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cluster.harness.cluster import Cluster, KubectlError

PORT = 8080
REPOSITORY = Path(__file__).parents[3]
"""Where `python -m tests...` works."""
_ORDINAL = itertools.count(1)

Object = dict[str, Any]
"""A Kubernetes object as JSON."""


def fresh_namespace(cluster: Cluster) -> str:
    """Create a namespace nobody used before; returns its name."""
    name = f"test-{os.getpid()}-{next(_ORDINAL)}-{int(time.time()) % 100000}"
    cluster.kubectl("create", "namespace", name)
    return name


def deployment(
    name: str,
    image: str,
    *,
    labels: dict[str, str],
    replicas: int = 2,
    ready_path: str | None = "/ready",
    health_path: str | None = None,
    env: dict[str, str] | None = None,
    progress_deadline: int = 30,
    **spec: Any,
) -> Object:
    """A Deployment of the test app: `labels` select its pods, `image` is a tag such as `v1`.

    A `health_path` is checked as a liveness probe, `progress_deadline` is in seconds;
    `spec` adds to the Deployment's spec (or replaces what is there).
    """
    container: Object = {
        "name": "app",
        "image": f"localhost/app:{image}",
        "imagePullPolicy": "Never",
        "ports": [{"name": "http", "containerPort": PORT}],
        "resources": {"requests": {"cpu": "5m", "memory": "8Mi"}},
        "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
    }
    if ready_path:
        container["readinessProbe"] = _probe(ready_path)
    if health_path:
        container["livenessProbe"] = _probe(health_path)
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    desired = {
        "replicas": replicas,
        "progressDeadlineSeconds": progress_deadline,
        "selector": {"matchLabels": labels},
        "template": template,
    }
    return _object("apps/v1", "Deployment", name, {**desired, **spec}, labels)


def service(name: str, selector: dict[str, str]) -> Object:
    """A Service on port 80 in front of the pods with these labels."""
    ports = [{"name": "http", "port": 80, "targetPort": PORT}]
    return _object("v1", "Service", name, {"selector": selector, "ports": ports})


def autoscaler(name: str, target: str, least: int = 2, most: int = 4) -> Object:
    """A HorizontalPodAutoscaler of a Deployment; with no metrics server it keeps to its bounds."""
    goal = {"type": "Utilization", "averageUtilization": 80}
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": goal}}
    scaled = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
    spec = {"scaleTargetRef": scaled, "minReplicas": least, "maxReplicas": most, "metrics": [metric]}
    return _object("autoscaling/v2", "HorizontalPodAutoscaler", name, spec)


class World:
    """One namespace of a cluster: put objects in, ask about them, take everything away."""

    def __init__(self, cluster: Cluster, namespace: str | None = None) -> None:
        self.cluster = cluster
        self.namespace = namespace or fresh_namespace(cluster)

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002
        """Run kubectl in this namespace with every permission."""
        return self.cluster.kubectl(f"--namespace={self.namespace}", *arguments, input=input)

    def kubectl_as(self, identity: str, *arguments: str) -> str:
        """Run kubectl in this namespace as somebody whom RBAC alone permits things."""
        kubeconfig = self.cluster.kubeconfig_as(identity)
        return self.cluster.kubectl_as(kubeconfig, f"--namespace={self.namespace}", *arguments)

    def apply(self, *objects: Object) -> None:
        """Create or update objects."""
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "-f-", input=json.dumps(listed))

    def get(self, kind: str, name: str) -> Object:
        """One object as JSON; raises `KubectlError` when there is none."""
        if found := self._find(kind, name):
            return found
        raise KubectlError(f"there is no {kind} {name} in {self.namespace}")

    def every(self, kind: str, labels: dict[str, str] | None = None) -> list[Object]:
        """All objects of a kind, or those with these labels."""
        selector = ",".join(f"{key}={value}" for key, value in (labels or {}).items())
        if (reader := self.cluster.reader) and reader.knows(kind):
            return reader.every(self.namespace, kind, selector)
        listed = json.loads(self.kubectl("get", kind, f"--selector={selector}", "-ojson"))
        return list(listed["items"])

    def exists(self, kind: str, name: str) -> bool:
        """Whether there is such an object."""
        return self._find(kind, name) is not None

    def patch(self, kind: str, name: str, change: Object) -> None:
        """Merge a change into an object."""
        self.kubectl("patch", kind, name, "--type=merge", f"--patch={json.dumps(change)}")

    def delete(self, kind: str, name: str) -> None:
        """Ask for an object's end; doesn't wait for it."""
        self.kubectl("delete", kind, name, "--wait=false", "--ignore-not-found")

    def selector(self, name: str) -> dict[str, str]:
        """The selector of a Service."""
        selector: dict[str, str] = self.get("service", name)["spec"].get("selector", {})
        return selector

    def cluster_ip(self, name: str) -> str:
        """The virtual address of a Service."""
        return str(self.get("service", name)["spec"]["clusterIP"])

    def pod_url(self, labels: dict[str, str], path: str = "/") -> str:
        """The address of one pod with these labels: no Service, no kube-proxy in between."""
        return f"http://{self.every('pod', labels)[0]['status']['podIP']}:{PORT}{path}"

    def url(self, name: str) -> str:
        """The address of a Service's front page."""
        return f"http://{self.cluster_ip(name)}/"

    def wait_ready(self, name: str, timeout: float = 60.0) -> None:
        """Wait until every replica of a Deployment runs its present template and is available."""
        self.wait_until(lambda: complete(self.get("deployment", name)), f"{name} is ready", timeout)

    def wait_serving(self, name: str, version: str = "", timeout: float = 30.0) -> None:
        """Wait until a Service answers steadily (as `version`): kube-proxy knows its pods."""
        options = [f"--url={self.url(name)}", f"--version={version}", f"--timeout={timeout}"]
        argv = [sys.executable, "-m", "tests.cluster.harness.settled", *options]
        if self.cluster.command(argv, cwd=REPOSITORY).returncode != 0:
            raise TimeoutError(f"{timeout:.0f} s passed before {name} served {version}\n{self._pods()}")

    def wait_until(self, reached: Callable[[], bool], what: str, timeout: float = 60.0) -> None:
        """Wait for something; raises `TimeoutError` with the state of all pods when it never comes."""
        deadline = time.monotonic() + timeout
        while not reached():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{timeout:.0f} s passed before: {what}\n{self._pods()}")
            time.sleep(0.2)

    def grant(self, identity: str, *rules: Object) -> Path:
        """Permit `identity` what these RBAC rules say, in this namespace; returns a kubeconfig for it."""
        kubeconfig = self.cluster.kubeconfig_as(identity)
        role: Object = _object("rbac.authorization.k8s.io/v1", "Role", identity, None)
        binding: Object = _object("rbac.authorization.k8s.io/v1", "RoleBinding", identity, None)
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": identity}
        subjects = [self.cluster.subject(identity)]
        self.apply({**role, "rules": list(rules)}, {**binding, "roleRef": reference, "subjects": subjects})
        return kubeconfig

    def remove(self) -> None:
        """Take the namespace away; doesn't wait for its pods to end."""
        self.cluster.kubectl("delete", "namespace", self.namespace, "--wait=false")

    def _find(self, kind: str, name: str) -> Object | None:
        if (reader := self.cluster.reader) and reader.knows(kind):
            return reader.find(self.namespace, kind, name)
        found: Object = json.loads(self.kubectl("get", kind, name, "--ignore-not-found", "-ojson") or "null")
        return found

    def _pods(self) -> str:
        try:
            events = self.kubectl("get", "events", "--sort-by=.lastTimestamp")
            return self.kubectl("get", "pods", "-owide") + events
        except KubectlError as error:
            return str(error)


def _object(version: str, kind: str, name: str, spec: Object | None, labels: dict[str, str] | None = None) -> Object:
    metadata = {"name": name, **({"labels": labels} if labels else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **({"spec": spec} if spec else {})}


def _probe(path: str) -> Object:
    # A busy machine may take seconds to answer; only what a pod answers is to make it unready here.
    waits = {"periodSeconds": 1, "failureThreshold": 2, "timeoutSeconds": 5}
    return {"httpGet": {"path": path, "port": PORT}, **waits}


def complete(found: Object) -> bool:
    """Whether every replica of a Deployment runs its present template and is available."""
    status, wanted = found.get("status", {}), found["spec"]["replicas"]
    if status.get("observedGeneration", 0) < found["metadata"]["generation"]:
        return False
    return all(status.get(key, 0) == wanted for key in ("replicas", "updatedReplicas", "availableReplicas"))
