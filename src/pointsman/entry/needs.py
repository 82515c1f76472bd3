"""What each command needs from Kubernetes RBAC, in the service's namespace: asked before the first write, shown on
each step's page, and the very Role the cluster tests run under."""

from __future__ import annotations

from pointsman.adapters.kube.access import Permission

_LOOK = (
    Permission("", "services", ("get",)),
    Permission("apps", "deployments", ("list", "watch")),
    Permission("apps", "replicasets", ("list",)),
    Permission("", "pods", ("list", "watch")),
    Permission("discovery.k8s.io", "endpointslices", ("list", "watch")),
)
_ASK = (Permission("", "pods/proxy", ("get",)), Permission("", "services/proxy", ("get",)))
_KEEP = (
    Permission("", "configmaps", ("get", "create", "update")),
    Permission("coordination.k8s.io", "leases", ("get", "create", "update")),
)
_CHANGE = (
    Permission("", "services", ("patch",)),
    Permission("apps", "deployments", ("get", "create", "patch", "delete")),
)

BLUE_GREEN_SWITCH = (*_LOOK, *_ASK, *_KEEP, *_CHANGE)
ROLLBACK = BLUE_GREEN_SWITCH
VERIFY_HEALTH = (*_LOOK, *_ASK)
STATUS = (
    Permission("", "services", ("get",)),
    Permission("", "configmaps", ("get",)),
    Permission("coordination.k8s.io", "leases", ("get",)),
)
# Without these a failing pod's last words are missing from the report, nothing else.
WISHED = (Permission("", "pods/log", ("get",)), Permission("", "events", ("list",)))

OF_STEP = {
    "blue-green-switch": BLUE_GREEN_SWITCH,
    "rollback": ROLLBACK,
    "verify-health": VERIFY_HEALTH,
    "status": STATUS,
}
