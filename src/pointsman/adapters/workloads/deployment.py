"""Versions that are Deployments of one namespace.

Reads: deployments, replicasets, pods (list, watch), events and pods/log (last words). Writes: deployments (create,
patch, delete). Objects are watched, so observing costs no request. Cannot: StatefulSets, paused Deployments.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from pointsman.adapters.clock import epoch_of
from pointsman.adapters.kube.api import Json, KubeApi
from pointsman.adapters.kube.guarded import AUTOSCALER, Fence, Gone, change, complete, number_on, remove, stamp
from pointsman.adapters.kube.kinds import DEPLOYMENT, EVENT, POD, REPLICA_SET
from pointsman.adapters.kube.mirror import Mirror
from pointsman.adapters.kube.ownership import fields_of, owner_of, readable
from pointsman.adapters.workloads import deployment_change as changes
from pointsman.adapters.workloads.deployment_creation import create
from pointsman.adapters.workloads.deployment_state import (
    REVISION,
    TEMPLATE_HASH,
    current_template,
    desired_of,
    images_of,
    is_of,
    is_ready,
    observed,
    owned_by,
    pods_are_ahead,
    replica_set_of,
    state_of,
    terminating,
)
from pointsman.model.drift import Field, Writer
from pointsman.model.errors import ConflictError, InputError, PointsmanError, RemoteError
from pointsman.model.version import Snapshot, VersionState
from pointsman.ports.clock import Clock

_WORDS = 15


class DeploymentWorkload:
    """`labels` selects the pods of all versions; `told_apart(name)` gives the labels a new version's pods need."""

    def __init__(
        self,
        api: KubeApi,
        labels: str,
        told_apart: Callable[[str], Mapping[str, str]],
        fence: Fence,
        clock: Clock,
        names: frozenset[str] = frozenset(),
    ) -> None:
        self._api, self._labels, self._told_apart = api, labels, told_apart
        self._fence, self._clock, self._names = fence, clock, names
        self._changed = threading.Event()
        self._deployments = Mirror(api, DEPLOYMENT, "", clock, self._changed.set)
        self._pods = Mirror(api, POD, labels, clock, self._changed.set)
        self._replica_sets: list[Json] | None = None
        self._observed: dict[str, Json] = {}

    def observe(self, name: str) -> VersionState | None:
        """What Deployment `name` looks like now; None when it does not exist."""
        deployment = self._deployments.get(name)
        if deployment is None:
            self._observed.pop(name, None)
            return None
        state = self._state(deployment)
        if pods_are_ahead(deployment, state) and self._read_again(name):
            return self.observe(name)
        self._observed[name] = deployment
        return state

    def deployment(self, name: str) -> Json:
        """The Deployment itself. Raises InputError naming those that exist."""
        found = self._deployments.get(name)
        if found is None:
            raise InputError(f"there is no Deployment {name} in namespace {self._api.namespace}", self._others())
        return found

    def deployments(self) -> list[Json]:
        """Every Deployment of the namespace."""
        return self._deployments.all()

    def ready_pods(self, name: str) -> list[Json]:
        """Ready pods of the current template, by name."""
        deployment = self._deployments.get(name)
        if deployment is None:
            return []
        template = current_template(deployment, self._sets_for(deployment))
        pods = [pod for pod in self._pods.all() if is_of(pod, deployment, template)]
        return sorted(
            (pod for pod in pods if is_ready(pod) and not terminating(pod)),
            key=lambda pod: str(pod["metadata"]["name"]),
        )

    def pods_of(self, name: str) -> list[Json]:
        """Every pod of every template of Deployment `name`, those on their way out too."""
        deployment = self._deployments.get(name)
        hashes = self._hashes(deployment) if deployment else set()
        return [pod for pod in self._pods.all() if deployment and any(is_of(pod, deployment, one) for one in hashes)]

    def release(self, name: str, images: Mapping[str, str], instances: int, like: str, template: str = "") -> None:
        """Make `name` run `images` with at least `instances` replicas; create it from `like` when it is missing."""
        existing = self._as_observed(name)
        if existing is None:
            self._create(name, images, instances, like)
            return

        def operations_of(now: Json) -> list[Json]:
            older = self._older(now, template)
            body = changes.template_operations(now, older) if older else changes.image_operations(now, images)
            return [*body, *changes.replica_operations(now, max(instances, desired_of(now)))]

        self._change(existing, operations_of)

    def scale(self, name: str, instances: int) -> None:
        """Set spec.replicas."""
        existing = self._as_observed(name) or self.deployment(name)
        self._change(existing, lambda now: changes.replica_operations(now, instances))

    def restore(self, name: str, before: Snapshot) -> None:
        """Put `name` back; one that we made is deleted, and seen to be gone."""
        existing = self._as_observed(name)
        if existing is None:
            return
        if not before.existed:
            self._delete(existing)
            return

        def operations_of(now: Json) -> list[Json]:
            return [
                *changes.image_operations(now, before.images),
                *changes.replica_operations(now, before.desired),
            ]

        self._change(existing, operations_of)

    def writer(self, name: str, field: Field) -> Writer:
        """Who wrote the images or spec.replicas of Deployment `name` last; nobody is kept for a deletion."""
        deployment = self._deployments.get(name)
        if deployment is None or field is Field.EXISTENCE:
            return Writer("", f"Deployment {name}")
        path = fields_of(deployment, field)[0]
        manager = owner_of(deployment, path)
        if field is Field.INSTANCES and not manager and desired_of(deployment) == 0:
            manager = "somebody (for a scale to 0 Kubernetes keeps no name)"
        autoscaled = field is Field.INSTANCES and manager == AUTOSCALER
        return Writer(manager, f"{readable(path)} of Deployment {name}", autoscaled)

    def wake(self) -> None:
        """Something else that a waiting step looks at has changed: `wait` returns."""
        self._changed.set()

    def stamp(self) -> None:
        """Leave our fencing number on the Deployments this release may change."""
        for item in self._deployments.all():
            if item["metadata"]["name"] in self._names:
                try:
                    self._take(stamp(self._api, DEPLOYMENT, item, self._fence))
                except Gone:  # an older run's removal was on its way when we took over
                    self._await_end(item)

    def number(self) -> int:
        """The highest fencing number on the Deployments this release may change."""
        ours = (item for item in self._deployments.all() if item["metadata"]["name"] in self._names)
        return max(map(number_on, ours), default=0)

    def wait(self, seconds: float) -> None:
        """Return on the next change of a Deployment or pod, at the latest after `seconds`."""
        end = self._clock.seconds() + seconds
        while not self._changed.is_set() and self._clock.seconds() < end:
            self._clock.sleep(min(0.1, max(end - self._clock.seconds(), 0.0)))
        self._changed.clear()

    def previous(self, name: str) -> tuple[str, str, Mapping[str, str]] | None:
        """(revision, template hash, images) of the newest template before the current one."""
        deployment = self.deployment(name)
        current = int(deployment["metadata"].get("annotations", {}).get(REVISION, "0"))
        older = [one for one in owned_by(deployment, self._sets_for(deployment)) if 0 < _revision(one) < current]
        return _named(max(older, key=_revision)) if older else None

    def template(self, name: str, revision: str) -> tuple[str, str, Mapping[str, str]] | None:
        """(revision, template hash, images) of a numbered revision."""
        deployment = self.deployment(name)
        found = replica_set_of(deployment, self._sets_for(deployment), revision)
        return _named(found) if found else None

    def last_words(self, name: str, pod: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(last log lines, events) of `pod` of Deployment `name`, or of the Deployment when there is no pod."""
        return self._log(pod) if pod else (), self._events(pod or name)

    def _create(self, name: str, images: Mapping[str, str], instances: int, like: str) -> None:
        """What is created is an empty version; the guarded change that follows gives it its instances."""
        source, labels = self.deployment(like), self._told_apart(name)
        body = changes.copy_of(source, name, labels, images, 0, self._fence.number)
        made = create(self._api, body, self._fence)
        self._take(made)
        self._take(
            complete(self._api, DEPLOYMENT, made, lambda now: changes.replica_operations(now, instances), self._fence)
        )

    def _delete(self, existing: Json) -> None:
        remove(self._api, DEPLOYMENT, existing, self._fence)
        self._await_end(existing)

    def _await_end(self, existing: Json) -> None:
        """Until the watch has shown it as well."""
        name, uid = existing["metadata"]["name"], existing["metadata"]["uid"]
        while True:
            found = self._deployments.get(name)
            if found is None or found["metadata"]["uid"] != uid:
                self._observed.pop(name, None)
                return
            self.wait(5.0)

    def _state(self, deployment: Json) -> VersionState:
        return state_of(deployment, self._sets_for(deployment), self._pods.all(), epoch_of(self._clock.now()))

    def _read_again(self, name: str) -> bool:
        """Whether the Deployment is another one than its watch has shown so far."""
        before = self._deployments.get(name)
        with suppress(RemoteError):  # then what the watches have shown is all there is
            for fresh in self._api.list(DEPLOYMENT, "", f"metadata.name={name}")["items"]:
                self._deployments.put(fresh)
        return self._deployments.get(name) != before

    def _as_observed(self, name: str) -> Json | None:
        """What the decision to write was based on, so that a change since then is a conflict, not overwritten."""
        return self._observed.get(name) or self._deployments.get(name)

    def _change(self, existing: Json, operations_of: Callable[[Json], list[Json]]) -> None:
        try:
            self._take(change(self._api, DEPLOYMENT, existing, operations_of, self._fence))
        except ConflictError:
            with suppress(RemoteError):  # the watch may lag: whoever looks again shall see why
                fresh = self._api.get(DEPLOYMENT, existing["metadata"]["name"])
                if fresh is not None:
                    self._deployments.put(fresh)
            raise

    def _take(self, written: Json) -> None:
        self._deployments.put(written)
        self._observed[written["metadata"]["name"]] = written

    def _older(self, deployment: Json, template: str) -> Json | None:
        sets = owned_by(deployment, self._sets_for(deployment)) if template else []
        return next((one for one in sets if one["metadata"]["labels"].get(TEMPLATE_HASH) == template), None)

    def _sets_for(self, deployment: Json) -> list[Json]:
        """ReplicaSets, listed again when the one of the Deployment's current revision is not among those we know. What
        has not been looked at yet may have none; but it has pods of others, also when only our stamp is new on it."""
        known = self._replica_sets
        if known is None or (observed(deployment) and not current_template(deployment, known)):
            known = self._replica_sets = self._api.list(REPLICA_SET, self._labels).get("items", [])
        return known

    def _hashes(self, deployment: Json) -> set[str]:
        sets = owned_by(deployment, self._sets_for(deployment))
        return {str(one["metadata"]["labels"].get(TEMPLATE_HASH, "")) for one in sets}

    def _others(self) -> str:
        names = sorted(item["metadata"]["name"] for item in self._deployments.all())
        return f"Deployments there: {', '.join(names[:20])}" if names else "there is no Deployment in this namespace"

    def _log(self, pod: str) -> tuple[str, ...]:
        for query in (f"tailLines={_WORDS}&previous=true", f"tailLines={_WORDS}"):
            try:
                answer = self._api.text(f"{self._api.path(POD, pod, 'log')}?{query}")
            except PointsmanError:
                return ()
            if answer.status == 200 and answer.body.strip():
                return tuple(answer.body.splitlines()[-_WORDS:])
        return ()

    def _events(self, name: str) -> tuple[str, ...]:
        try:
            found = self._api.list(EVENT, fields=f"involvedObject.name={name}").get("items", [])
        except PointsmanError:
            return ()
        newest = sorted(found, key=lambda one: str(one.get("lastTimestamp") or one.get("eventTime") or ""))
        return tuple(f"{one.get('type')} {one.get('reason')}: {one.get('message')}" for one in newest[-_WORDS:])


def _revision(replica_set: Json) -> int:
    return int(replica_set["metadata"].get("annotations", {}).get(REVISION, "0"))


def _named(replica_set: Json) -> tuple[str, str, Mapping[str, str]]:
    labels: Mapping[str, Any] = replica_set["metadata"]["labels"]
    return (
        str(_revision(replica_set)),
        str(labels.get(TEMPLATE_HASH, "")),
        images_of(replica_set["spec"]["template"]),
    )
