"""The resource types that Pointsman reads and writes, and how each is called in the API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One resource type: API root (`/api/v1`, `/apis/apps/v1`), plural name, kind and apiVersion."""

    root: str
    plural: str
    kind: str

    @property
    def api_version(self) -> str:
        """`apps/v1`, `v1` …"""
        return self.root.removeprefix("/apis/").removeprefix("/api/")


SERVICE = Kind("/api/v1", "services", "Service")
POD = Kind("/api/v1", "pods", "Pod")
CONFIG_MAP = Kind("/api/v1", "configmaps", "ConfigMap")
EVENT = Kind("/api/v1", "events", "Event")
DEPLOYMENT = Kind("/apis/apps/v1", "deployments", "Deployment")
REPLICA_SET = Kind("/apis/apps/v1", "replicasets", "ReplicaSet")
ENDPOINT_SLICE = Kind("/apis/discovery.k8s.io/v1", "endpointslices", "EndpointSlice")
INGRESS = Kind("/apis/networking.k8s.io/v1", "ingresses", "Ingress")
LEASE = Kind("/apis/coordination.k8s.io/v1", "leases", "Lease")
JOB = Kind("/apis/batch/v1", "jobs", "Job")
SERVICE_ACCOUNT = Kind("/api/v1", "serviceaccounts", "ServiceAccount")
