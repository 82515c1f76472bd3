"""What each command needs from Kubernetes RBAC, in the service's namespace: asked before the first write, shown on
each step's page, and the very Role the cluster tests run under."""

from __future__ import annotations

from pointsman.adapters.evidence.cluster_objects import EVERYWHERE, KINDS
from pointsman.adapters.kube.access import Permission

_LOOK = (
    Permission("", "services", ("get", "list", "watch")),
    Permission("apps", "deployments", ("list", "watch")),
    Permission("apps", "replicasets", ("list",)),
    Permission("", "pods", ("list", "watch")),
    Permission("discovery.k8s.io", "endpointslices", ("list", "watch")),
)
_ASK = (Permission("", "pods/proxy", ("get",)), Permission("", "services/proxy", ("get",)))
_RECORD = Permission("", "configmaps", ("get", "create", "update"))
_KEEP = (_RECORD, Permission("coordination.k8s.io", "leases", ("get", "create", "update")))
# A switch also watches its lease: a newer release may ask it to give way.
_KEEP_AND_GIVE_WAY = (
    _RECORD,
    Permission("coordination.k8s.io", "leases", ("get", "list", "watch", "create", "update")),
)
_CHANGE = (
    Permission("", "services", ("patch",)),
    Permission("apps", "deployments", ("get", "create", "patch", "delete")),
)

ROLLBACK = (*_LOOK, *_ASK, *_KEEP, *_CHANGE)
BLUE_GREEN_SWITCH = (*_LOOK, *_ASK, *_KEEP_AND_GIVE_WAY, *_CHANGE)
# A canary writes no Service: its pods make the share, or a route does.
CANARY_STEP = (*_LOOK, *_ASK, *_KEEP_AND_GIVE_WAY, _CHANGE[1])
# In addition, for a canary by a route, forth and back.
SPLIT_ROUTE = (Permission("gateway.networking.k8s.io", "httproutes", ("get", "list", "watch", "patch")),)
# In addition, for one by an Istio VirtualService; the second only where versions are subsets.
SPLIT_VIRTUAL_SERVICE = (Permission("networking.istio.io", "virtualservices", ("get", "list", "watch", "patch")),)
SPLIT_SUBSETS = (Permission("networking.istio.io", "destinationrules", ("list",)),)
# In addition, for one by a canary Ingress, which is made and removed.
CANARY_INGRESS = (Permission("networking.k8s.io", "ingresses", ("get", "list", "watch", "create", "patch", "delete")),)
# Both fly what canary-step has begun.
PROMOTE = ABORT = CANARY_STEP
VERIFY_HEALTH = (Permission("", "services", ("get",)), *_LOOK[1:], *_ASK)
# In addition, for a switch with a dead-man switch.
POST_DEAD_MAN = (
    Permission("batch", "jobs", ("get", "create", "delete")),
    Permission("", "serviceaccounts", ("get",)),
)
# The account of the dead-man switch: it only ever undoes, so it asks no version and creates nothing.
DEAD_MAN = (
    *_LOOK,
    Permission("", "configmaps", ("get", "update")),
    Permission("coordination.k8s.io", "leases", ("get", "list", "watch", "update")),
    Permission("", "services", ("patch",)),
    Permission("apps", "deployments", ("get", "patch", "delete")),
)
# readiness-check only lists; what it may not list makes the checks that need it unknown.
READINESS_CHECK = tuple(one.permission for one in KINDS.values() if not one.namespace or one.own)
# In addition: log collectors, monitors and alert rules in any namespace; Velero's and Argo CD's objects in theirs.
EVERYWHERE_LISTED = tuple(one.permission for one in KINDS.values() if one.namespace == EVERYWHERE)
ELSEWHERE_LISTED = {one.namespace: one.permission for one in KINDS.values() if one.namespace not in ("", EVERYWHERE)}
STATUS = (
    Permission("", "services", ("get",)),
    Permission("", "configmaps", ("get",)),
    Permission("coordination.k8s.io", "leases", ("get",)),
)
# Without these a failing pod's last words are missing from the report, nothing else.
WISHED = (Permission("", "pods/log", ("get",)), Permission("", "events", ("list",)))

OF_STEP = {
    "blue-green-switch": BLUE_GREEN_SWITCH,
    "canary-step": CANARY_STEP,
    "promote": PROMOTE,
    "abort": ABORT,
    "rollback": ROLLBACK,
    "verify-health": VERIFY_HEALTH,
    "readiness-check": READINESS_CHECK,
    "status": STATUS,
    "dead-man": DEAD_MAN,
}


def role_printed(step: str, namespace: str, router: str = "service", dead_man: bool = False) -> str:
    """Where the Role of `step` is to be had, for whoever lacks it: in words that follow "give it"."""
    more = f"{'' if router == 'service' else f' --router {router}'}{' --dead-man' if dead_man else ''}"
    return f"the Role that `pointsman rbac --command {step}{more} --namespace {namespace}` prints"
