"""A node that is only played: its pods exist, become ready at once and answer HTTP, but no container ever runs.

A process of its own inside the cluster's network namespace: `python -m tests.crash.played --kubeconfig FILE`. It is
the kubelet of the node `played` (pods name that node themselves) and, on every address of three networks at once, the
server in all its pods. What a pod is like follows from its image's tag: `crash` never becomes ready, `sick` becomes
ready and fails its health check, `late` passes it twice and fails from then on, every other one is well.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import urllib3

from tests.cluster.harness.api import MERGE, Api, Json, Refused
from tests.crash import played_routes

NODE = "played"
PORT = 8080
_WELL, _NETWORKS = "10.77", {"sick": "10.78", "late": "10.79"}
_LATE_AFTER = 2
_HEARTBEAT = 8.0
_AGAIN, _TRIES = 0.2, 3
_TROUBLE = (Refused, urllib3.exceptions.HTTPError, OSError, ValueError)
"""What a busy API server may do to a request or a stream; ValueError: half a line of JSON."""
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


class Node:
    """The Node object and the heartbeat that keeps it Ready."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def join(self) -> None:
        """Create the node, Ready, and keep it so in the background."""
        room = {"cpu": "1000", "memory": "1000Gi", "pods": "100000"}
        unschedulable = {"spec": {"taints": [{"key": "played", "effect": "NoSchedule"}]}}
        self._create("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}, **unschedulable})
        ready = {"type": "Ready", "status": "True", "reason": "Played", "lastHeartbeatTime": _now()}
        status = {"conditions": [{**ready, "lastTransitionTime": _now()}], "capacity": room, "allocatable": room}
        self._api.send("PATCH", f"/api/v1/nodes/{NODE}/status", {"status": status}, MERGE)
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": NODE}}
        self._create(_LEASES, {**lease, "spec": {"holderIdentity": NODE, "leaseDurationSeconds": 40}})
        self._beat()
        threading.Thread(target=self._keep_beating, daemon=True).start()

    def _create(self, path: str, body: Json) -> None:
        try:
            self._api.send("POST", path, body)
        except Refused as refused:
            if refused.status != 409:
                raise

    def _keep_beating(self) -> None:
        while True:
            time.sleep(_HEARTBEAT)
            with suppress(*_TROUBLE):  # one beat of several that fit into the node's time of grace
                self._beat()

    def _beat(self) -> None:
        self._api.send("PATCH", f"{_LEASES}/{NODE}", {"spec": {"renewTime": f"{_now()[:-1]}.000000Z"}}, MERGE)


class Kubelet:
    """Gives every pod of the node the status it would come to, and lets deleted ones go."""

    def __init__(self, api: Api) -> None:
        self._api, self._ordinal, self._started, self._gone = api, itertools.count(1), set[str](), set[str]()

    def follow(self) -> None:
        """Work until the process ends. A watch that ends, in whatever way, is begun again with a new list: the API
        server ends each one after half an hour or so."""
        with ThreadPoolExecutor(6) as workers:
            while True:
                try:
                    self._follow_once(workers)
                except _TROUBLE as trouble:
                    print(f"played: the watch ended: {trouble!r}", file=sys.stderr, flush=True)
                    time.sleep(_AGAIN)

    def _follow_once(self, workers: ThreadPoolExecutor) -> None:
        path = f"/api/v1/pods?fieldSelector=spec.nodeName%3D{NODE}"
        listed = self._api.send("GET", path)
        for pod in listed["items"]:
            workers.submit(self._tend, pod)
        for event in self._api.watch(path, listed["metadata"]["resourceVersion"]):
            if event["type"] == "ERROR":
                return
            if event["type"] in ("ADDED", "MODIFIED"):
                workers.submit(self._tend, event["object"])

    def _tend(self, pod: Json) -> None:
        for _ in range(_TRIES):
            with suppress(*_TROUBLE):
                self._tend_once(pod)
                return
            time.sleep(_AGAIN)

    def _tend_once(self, pod: Json) -> None:
        metadata = pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        if metadata["uid"] in self._gone:
            return
        if "deletionTimestamp" in metadata:
            self._gone.add(metadata["uid"])
            self._api.send("DELETE", path, {"gracePeriodSeconds": 0, "preconditions": {"uid": metadata["uid"]}})
        elif metadata["uid"] not in self._started:
            self._started.add(metadata["uid"])  # before the write, whose own event brings us here again
            try:
                self._api.send("PATCH", f"{path}/status", {"status": status_of(pod, next(self._ordinal))}, MERGE)
            except _TROUBLE:
                self._started.discard(metadata["uid"])
                raise


def status_of(pod: Json, ordinal: int) -> Json:
    """The status of a pod that has started, or that crashes again and again."""
    container = pod["spec"]["containers"][0]
    tag = str(container["image"]).rpartition(":")[2]
    ready = tag != "crash"
    address = f"{_NETWORKS.get(tag, _WELL)}.{ordinal // 250 % 250}.{ordinal % 250 + 1}"
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "played"}}
    one = {
        "name": container["name"],
        "image": container["image"],
        "imageID": f"sha256:{tag}",
        "ready": ready,
        "started": ready,
        "restartCount": 0 if ready else 3,
        "state": {"running": {"startedAt": _now()}} if ready else waiting,
    }
    known = {"PodScheduled": True, "Initialized": True, "ContainersReady": ready, "Ready": ready}
    conditions = [
        {"type": name, "status": str(true), "lastTransitionTime": _now(), "lastProbeTime": None}
        for name, true in known.items()
    ]
    addresses = {"podIP": address, "podIPs": [{"ip": address}], "hostIP": "10.77.255.254"}
    return {"phase": "Running", "conditions": conditions, "containerStatuses": [one], "startTime": _now(), **addresses}


class Pod(BaseHTTPRequestHandler):
    """The server in all pods; which one was asked is told by the address the connection came to."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar = Counter[str]()

    def do_GET(self) -> None:
        address = self.connection.getsockname()[0]
        self.asked[address] += 1
        late = address.startswith(f"{_NETWORKS['late']}.") and self.asked[address] > _LATE_AFTER
        self.send_response(500 if late or address.startswith(f"{_NETWORKS['sick']}.") else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        del format, args


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _end_with_its_parent() -> None:
    """A harness that is killed ends nobody; but then stdin, whose other end it has, comes to its end."""
    while os.read(0, 4096):
        pass
    os._exit(0)


def main() -> None:
    """Play the node until somebody ends this process, or the one that started it is gone."""
    threading.Thread(target=_end_with_its_parent, daemon=True).start()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    api = Api(parser.parse_args().kubeconfig)
    for network in (_WELL, *_NETWORKS.values()):
        subprocess.run(["ip", "route", "replace", "local", f"{network}.0.0/16", "dev", "lo"], check=True)
    server = ThreadingHTTPServer(("0.0.0.0", PORT), Pod)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Node(api).join()
    played_routes.begin(api)
    print("playing", flush=True)
    Kubelet(api).follow()


if __name__ == "__main__":
    main()
