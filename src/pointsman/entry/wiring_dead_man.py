"""The dead-man switch on Kubernetes, from both sides: the Job that a switch posts, and the guard that runs in it."""

from __future__ import annotations

import re

from pointsman.adapters.clock import token
from pointsman.adapters.guards.dead_man_job import DeadManJob
from pointsman.adapters.guards.dead_man_manifest import Post, refuse_selected
from pointsman.adapters.kube.access import require
from pointsman.adapters.kube.api import KubeApi
from pointsman.adapters.kube.colours import base_selector
from pointsman.adapters.records.config_map import ConfigMapRecord
from pointsman.adapters.records.lease import LeaseLock
from pointsman.adapters.records.lease_object import Watched
from pointsman.adapters.records.lease_watch import LeaseWatch
from pointsman.entry import needs
from pointsman.entry.canary_inputs import percents_of
from pointsman.entry.wiring import Surroundings, Values, colour_names, run_name
from pointsman.entry.wiring_canary import flight_ports
from pointsman.entry.wiring_kubernetes import service_of, site_of
from pointsman.model.errors import InputError
from pointsman.model.result import Result
from pointsman.steps import dead_man
from pointsman.steps.colours import UNDO_SECONDS
from pointsman.steps.dead_man import DeadManInputs, Vigil
from pointsman.steps.site import Routed
from pointsman.strategy.canary_seen import CANARY

IMAGE_VARIABLE = "POINTSMAN_PINNED_IMAGE"
_PINNED = re.compile(r"localhost/\S+|\S+@sha256:[0-9a-f]{64}")
_SETTLE = 10.0  # users are back by then and nobody waits: time for slow nodes, before the candidate is removed
_PROMOTION_THINGS = 6
_MARGIN = 300.0  # for the image to be pulled, for the lock to run out, and for restarts of the guard


def dead_man_of(api: KubeApi, values: Values, around: Surroundings) -> DeadManJob:
    """The guard that a switch posts. Raises InputError for everything that would keep it from its duty."""
    image, name = guard_image(values["dead-man-image"], around.environment.get(IMAGE_VARIABLE)), values["service"]
    refuse_selected(name, base_selector(service_of(api, name), values.get("selector-key", "")))
    post = Post(name, image, values["dead-man-account"], guard_arguments(api.namespace, values), guard_seconds(values))
    job = DeadManJob(api, post, token(), around.clock)
    job.require_account()
    return job


def guard_image(given: str | None, pinned: str | None) -> str:
    """The image of the Job: the one that was given, else the one the launcher pins. Raises InputError."""
    image = given or pinned
    if not image:
        raise InputError(
            "--dead-man needs the image of Pointsman, and no released one is known here",
            "give --dead-man-image NAME@sha256:DIGEST",
        )
    if not _PINNED.fullmatch(image):
        raise InputError(f"--dead-man-image: {image} is not pinned", "give it as NAME@sha256:DIGEST")
    return image


def guard_arguments(namespace: str, values: Values) -> tuple[str, ...]:
    """What the command `dead-man` is told, besides the release; the versions of a canary are in its record."""
    colours = dict(zip(("blue", "green"), colour_names(values), strict=True)) if "selector-key" in values else {}
    given = {
        "namespace": namespace,
        "service": values["service"],
        **colours,
        "selector-key": values.get("selector-key"),
        "health-path": values["health-path"],
        "health-port": values["health-port"],
        "timeout": f"{UNDO_SECONDS:.0f}s",
    }
    return tuple(f"--{name}={text}" for name, text in given.items() if text)


def guard_seconds(values: Values) -> int:
    """How long the guard may be needed: the release, its own undoing, then the guard's."""
    forward = _forward_seconds(values)
    return int(forward + 2 * UNDO_SECONDS + _MARGIN)


def _forward_seconds(values: Values) -> float:
    if "selector-key" in values:
        return float(values["timeout"] * (2 if values["cleanup"] == "update" else 1))
    weights = len(percents_of(values))
    judged = weights * (values["bake"] + values["patience"])
    # Each weight has its capacity and its effect; so have the promotion and the return.
    return float(judged + (2 * weights + _PROMOTION_THINGS) * values["timeout"])


def keep_watch(api: KubeApi, values: Values, around: Surroundings) -> Result:
    """Run the command `dead-man`: what was seen of a silent run while waiting counts when its lock is taken."""
    require(api, needs.DEAD_MAN, "the Role of examples/kubernetes/dead-man.yaml")
    name, watched = values["service"], Watched()

    def site() -> Routed:
        lock = LeaseLock(api, name, run_name(around.context), token()[:8], around.clock, around.progress, watched)
        record = ConfigMapRecord(api, name).load()
        if record is not None and record.flight is not None and record.flight.strategy == CANARY:
            return flight_ports(api, record.flight, values, around, True, lock)
        return site_of(api, values, around, lock=lock, settle=_SETTLE)

    vigil = Vigil(
        service=name,
        records=ConfigMapRecord(api, name),
        lock=LeaseWatch(api, name, watched, around.clock),
        clock=around.clock,
        progress=around.progress,
        site=site,
    )
    return dead_man.run(vigil, DeadManInputs(values["timeout"], values["release"] or ""))
