"""What a pod says about itself: probes, its end, resources, image, privileges."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pointsman.model.readiness import Answer, Facts, Item, Json, failed, missing, passed
from pointsman.strategy.readiness.objects import (
    container_patch,
    containers,
    dig,
    listed,
    mapping,
    named,
    number,
    pod_patch,
    serving,
    template,
)

DRAIN_SECONDS = 5
"""What requests under way may still take after the preStop hook, at least."""

_ASKS = ("httpGet", "exec", "tcpSocket", "grpc")
_SLEEP = re.compile(r"\bsleep\s+(\d+(?:\.\d+)?)")


def health_checks(facts: Facts, deployment: Item) -> Answer | None:
    """Every container that takes requests says when it is ready."""
    del facts
    bare = [one for one in serving(deployment) if not mapping(one, "readinessProbe")]
    if not bare:
        return passed(f"{_all(serving(deployment))} with a readinessProbe", deployment.place)
    patch = container_patch(_names(bare), {"readinessProbe": {"httpGet": {"path": "/ready", "port": _port(bare[0])}}})
    return failed(
        f"{_all(bare)} without a readinessProbe",
        "add a readinessProbe that asks whether requests can be answered; without one, users meet a starting pod",
        deployment.place,
        patch,
    )


def probes_differ(facts: Facts, deployment: Item) -> Answer | None:
    """Liveness and readiness are two questions."""
    del facts
    both = [one for one in containers(deployment) if one.get("livenessProbe") and one.get("readinessProbe")]
    if not both:
        return None
    same = [one for one in both if _question(one["livenessProbe"]) == _question(one["readinessProbe"])]
    if not same:
        return passed("livenessProbe and readinessProbe ask different things", deployment.place)
    return failed(
        f"livenessProbe and readinessProbe of {_all(same)} ask the same",
        "let liveness ask only whether the process is stuck: a slow dependency would restart every pod at once",
        deployment.place,
    )


def graceful_shutdown(facts: Facts, deployment: Item) -> Answer | None:
    """A pod goes on answering while the data plane forgets it."""
    del facts
    abrupt = [one for one in serving(deployment) if not mapping(one, "lifecycle", "preStop")]
    if not abrupt:
        return passed(f"{_all(serving(deployment))} with a preStop hook", deployment.place)
    return missing(
        f"{_all(abrupt)} without a preStop hook",
        "let it wait before it ends: requests still come until every proxy has heard that the pod goes",
        deployment.place,
        container_patch(_names(abrupt), {"lifecycle": {"preStop": {"sleep": {"seconds": 10}}}}),
    )


def grace_period(facts: Facts, deployment: Item) -> Answer | None:
    """terminationGracePeriodSeconds leaves time after the preStop hook."""
    del facts
    grace = number(template(deployment).get("terminationGracePeriodSeconds"), 30)
    pause = max((_pause(one) for one in containers(deployment)), default=0.0)
    if grace >= pause + DRAIN_SECONDS:
        return passed(f"{grace} s of grace, of which the preStop hook takes {pause:g} s", deployment.place)
    return failed(
        f"terminationGracePeriodSeconds is {grace}, and the preStop hook takes {pause:g} s of it",
        f"give at least {DRAIN_SECONDS} s more than the hook takes: a pod is killed when the grace is over",
        deployment.place,
        pod_patch({"terminationGracePeriodSeconds": int(pause) + 30}),
    )


def resources(facts: Facts, deployment: Item) -> Answer | None:
    """Requests for CPU and memory, and a limit of memory."""
    del facts
    lacking = {str(one.get("name", "?")): gaps for one in containers(deployment) if (gaps := _resource_gaps(one))}
    if not lacking:
        return passed("every container has requests for CPU and memory, and a limit of memory", deployment.place)
    told = "; ".join(f"container {name} has no {', '.join(gaps)}" for name, gaps in lacking.items())
    return failed(
        told, "set what it needs at its busiest: a pod without requests is the first to be evicted", deployment.place
    )


def image_named(facts: Facts, deployment: Item) -> Answer | None:
    """No image floats: a tag other than latest, or a digest."""
    del facts
    floating = [image for image in _images(deployment) if _floats(image)]
    if not floating:
        return passed(f"{', '.join(_images(deployment))}", deployment.place)
    return failed(
        f"{', '.join(floating)}: what runs depends on when it was pulled",
        "name a version, better a digest; else a rollback may bring the same image back",
        deployment.place,
    )


def image_by_digest(facts: Facts, deployment: Item) -> Answer | None:
    """Every image by digest."""
    del facts
    tagged = [image for image in _images(deployment) if "@sha256:" not in image]
    if not tagged:
        return passed("every image is named by digest", deployment.place)
    return failed(f"{', '.join(tagged)}: no digest", "write IMAGE@sha256:…, which cannot be moved", deployment.place)


def no_privileges(facts: Facts, deployment: Item) -> Answer | None:
    """Nothing that reaches out of the container."""
    del facts
    reaching = list(_reaching(deployment))
    if not reaching:
        return passed("neither privileged, nor in a namespace or on a path of its node", deployment.place)
    return failed(
        f"it has {', '.join(reaching)}", "take it away: who breaks into the pod has the node", deployment.place
    )


def least_privileges(facts: Facts, deployment: Item) -> Answer | None:
    """Not root, no new privileges, no capabilities."""
    del facts
    lacking = [f"container {one.get('name', '?')}: {', '.join(gaps)}" for one in containers(deployment)
               if (gaps := _privilege_gaps(template(deployment), one))]  # fmt: skip
    if not lacking:
        return passed("not root, no new privileges, no capabilities", deployment.place)
    change = {
        "securityContext": {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
    }
    return failed(
        "; ".join(lacking),
        "set them in securityContext (the image must be able to run as another user than root)",
        deployment.place,
        container_patch(_names(containers(deployment)), change),
    )


def _question(probe: Any) -> Any:
    return [(kind, probe[kind]) for kind in _ASKS if isinstance(probe, dict) and kind in probe]


def _pause(container: Json) -> float:
    hook = mapping(container, "lifecycle", "preStop")
    seconds = dig(hook, "sleep", "seconds")
    if isinstance(seconds, int | float):
        return float(seconds)
    command = dig(hook, "exec", "command")
    found = _SLEEP.search(" ".join(map(str, command))) if isinstance(command, list) else None
    return float(found[1]) if found else 0.0


def _resource_gaps(container: Json) -> list[str]:
    wanted = [("requests", "cpu"), ("requests", "memory"), ("limits", "memory")]
    return [f"{kind}.{what}" for kind, what in wanted if dig(container, "resources", kind, what) is None]


def _images(deployment: Item) -> list[str]:
    every = [*listed(template(deployment), "initContainers"), *containers(deployment)]
    return list(dict.fromkeys(str(one.get("image", "")) for one in every))


def _floats(image: str) -> bool:
    if "@sha256:" in image:
        return False
    _, colon, tag = image.rpartition("/")[2].partition(":")
    return not colon or tag == "latest"


def _reaching(deployment: Item) -> Iterable[str]:
    pod = template(deployment)
    yield from (key for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key) is True)
    yield from (f"hostPath {dig(one, 'hostPath', 'path')}" for one in listed(pod, "volumes") if one.get("hostPath"))
    for one in containers(deployment):
        if dig(one, "securityContext", "privileged") is True:
            yield f"privileged {named(one)}"


def _privilege_gaps(pod: Json, container: Json) -> list[str]:
    shared, own = mapping(pod, "securityContext"), mapping(container, "securityContext")
    merged = {**shared, **own}
    gaps = [] if merged.get("runAsNonRoot") is True else ["runAsNonRoot is not true"]
    if own.get("allowPrivilegeEscalation") is not False:
        gaps.append("allowPrivilegeEscalation is not false")
    dropped = dig(own, "capabilities", "drop")
    return gaps if isinstance(dropped, list) and "ALL" in dropped else [*gaps, "capabilities are not dropped"]


def _port(container: Json) -> Any:
    port = next(iter(listed(container, "ports")), {})
    return port.get("name") or port.get("containerPort") or 8080


def _names(those: list[Json]) -> list[str]:
    return [str(one.get("name", "")) for one in those]


def _all(those: list[Json]) -> str:
    return ", ".join(named(one) for one in those)
