"""Kubernetes objects of a namespace, as evidence.

Reads only (`list`). A kind that the cluster does not have is absent; one that we may not read comes back as a
sentence, for what nobody looked at proves nothing. Collectors of logs, monitors and alert rules stand in any
namespace, so they are asked for in all of them, else in the service's own, and then a sentence about the others comes
back too.
Velero and Argo CD keep their objects in namespaces of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pointsman.adapters.kube.access import Permission
from pointsman.adapters.kube.answers import ApiStatus
from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.kinds import DEPLOYMENT, INGRESS, SERVICE
from pointsman.adapters.kube.kinds import Kind as Resource
from pointsman.model.errors import NotPermitted
from pointsman.model.readiness import Item, Place, elsewhere

EVERYWHERE = "*"


@dataclass(frozen=True)
class Looked:
    """A kind, and the namespace it is looked for in: the service's own unless told, `*` for all, and with `own` at
    least in the service's."""

    resource: Resource
    namespace: str = ""
    own: bool = False

    @property
    def permission(self) -> Permission:
        """What it takes to look."""
        group = self.resource.api_version.rpartition("/")[0]
        return Permission(group, self.resource.plural, ("list",))


def _of(group: str, version: str, plural: str, kind: str, namespace: str = "", own: bool = False) -> Looked:
    root = f"/apis/{group}/{version}" if group else f"/api/{version}"
    return Looked(Resource(root, plural, kind), namespace, own)


KINDS: Mapping[str, Looked] = {
    looked.resource.kind: looked
    for looked in (
        Looked(SERVICE),
        Looked(DEPLOYMENT),
        _of("apps", "v1", "statefulsets", "StatefulSet"),
        Looked(INGRESS),
        _of("", "v1", "resourcequotas", "ResourceQuota"),
        _of("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
        _of("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget"),
        _of("batch", "v1", "cronjobs", "CronJob"),
        _of("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute"),
        _of("monitoring.coreos.com", "v1", "servicemonitors", "ServiceMonitor", EVERYWHERE, own=True),
        _of("monitoring.coreos.com", "v1", "podmonitors", "PodMonitor", EVERYWHERE, own=True),
        _of("monitoring.coreos.com", "v1", "prometheusrules", "PrometheusRule", EVERYWHERE, own=True),
        _of("networking.istio.io", "v1", "destinationrules", "DestinationRule"),
        _of("networking.istio.io", "v1alpha3", "envoyfilters", "EnvoyFilter"),
        _of("gateway.envoyproxy.io", "v1alpha1", "backendtrafficpolicies", "BackendTrafficPolicy"),
        _of("traefik.io", "v1alpha1", "middlewares", "Middleware"),
        _of("configuration.konghq.com", "v1", "kongplugins", "KongPlugin"),
        _of("postgresql.cnpg.io", "v1", "scheduledbackups", "ScheduledBackup"),
        _of("volsync.backube", "v1alpha1", "replicationsources", "ReplicationSource"),
        _of("logging.banzaicloud.io", "v1beta1", "flows", "Flow"),
        _of("logging.banzaicloud.io", "v1beta1", "outputs", "Output"),
        _of("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject"),
        _of("argoproj.io", "v1alpha1", "rollouts", "Rollout"),
        _of("flagger.app", "v1beta1", "canaries", "Canary"),
        _of("apps", "v1", "daemonsets", "DaemonSet", EVERYWHERE, own=True),
        _of("velero.io", "v1", "schedules", "Schedule", "velero"),
        _of("argoproj.io", "v1alpha1", "applications", "Application", "argocd"),
    )
}


class ClusterObjects:
    """The objects that the API server shows us."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api
        self._refused: dict[str, str] = {}

    def objects(self, kinds: Iterable[str]) -> tuple[Item, ...]:
        """One list of each kind. Raises NotPermitted when not a single one may be read."""
        self._refused = {}
        looked = [kind for kind in kinds if kind in KINDS]
        items = [item for kind in looked for item in self._listed(kind, KINDS[kind].namespace)]
        if looked and all(kind in self._refused for kind in looked):
            raise NotPermitted(next(iter(self._refused.values())), "give it the Role that the step's page shows")
        return tuple(items)

    def unreadable(self) -> Mapping[str, str]:
        """Kind to reason."""
        return dict(self._refused)

    def _listed(self, kind: str, namespace: str) -> list[Item]:
        looked = KINDS[kind]
        try:
            found = self._api.list_in(looked.resource, namespace)
        except NotPermitted:
            where = "all namespaces" if namespace == EVERYWHERE else f"namespace {namespace or self._api.namespace}"
            in_part = looked.own and namespace
            self._refused[elsewhere(kind) if in_part else kind] = (
                f"not permitted: {looked.permission.sentence()} in {where}"
            )
            return self._listed(kind, "") if in_part else []
        except ApiStatus as status:
            if status.code == 404:
                return []
            raise
        return [_item(kind, body) for body in found.get("items") or []]


def _item(kind: str, body: dict[str, object]) -> Item:
    """Items of a list come without their kind."""
    whole = {**body, "kind": kind}
    item = Item(whole, Place(), live=True)
    return Item(whole, Place(object=f"{kind}/{item.name}"), live=True)
