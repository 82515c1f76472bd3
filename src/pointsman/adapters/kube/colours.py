"""Finding the two colours of a Service, and every reason not to touch them. Pure functions over plain JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pointsman.adapters.routers.service_selector import Colours
from pointsman.model.errors import InputError

Json = dict[str, Any]


def colours_of(
    service: Json, deployments: Sequence[Json], blue: str, green: str, key: str, adopting: bool = False
) -> Colours:
    """The label value that tells each colour's pods. Raises InputError for everything that makes a switch unsafe."""
    named = {item["metadata"]["name"]: item for item in deployments}
    if not adopting:
        _need_key(service, key)
    values = {name: _value(named.get(name), key, default) for name, default in ((blue, "blue"), (green, "green"))}
    if values[blue] == values[green]:
        raise InputError(
            f"{blue} and {green} both carry {key}={values[blue]}, so the Service cannot tell them apart",
            f"give their pods different {key} labels",
        )
    for name in (blue, green):
        if name in named:
            _need_selectable(service, named[name], key)
    _need_no_third(service, deployments, {blue, green}, Colours(key, values), adopting)
    return Colours(key, values)


def pod_labels(service: Json, colours: Colours) -> str:
    """A label selector for the pods of both colours (and of a plain workload that is being adopted)."""
    base = base_selector(service, colours.key)
    if base:
        return ",".join(f"{name}={value}" for name, value in sorted(base.items()))
    return f"{colours.key} in ({','.join(sorted(colours.values.values()))})"


def base_selector(service: Json, key: str) -> dict[str, str]:
    """The Service's selector without the key that names the colour."""
    return {name: value for name, value in (service["spec"].get("selector") or {}).items() if name != key}


def selects(selector: Mapping[str, str], deployment: Json) -> bool:
    """True when pods of `deployment` match `selector`."""
    labels = template_labels(deployment)
    return bool(selector) and all(labels.get(name) == value for name, value in selector.items())


def template_labels(deployment: Json) -> dict[str, str]:
    """The labels that the Deployment's pods get."""
    return dict(deployment["spec"]["template"].get("metadata", {}).get("labels") or {})


def target_port(service: Json, wanted: str) -> tuple[str, str]:
    """(the Service's port, its target port) to ask; `wanted` is a target port (number or name), empty the first one.

    The first is empty when no port of the Service leads to the wanted one.
    """
    ports = service["spec"].get("ports") or []
    for port in ports:
        target = str(port.get("targetPort", port["port"]))
        if not wanted or wanted in (target, str(port["port"]), port.get("name")):
            return str(port.get("name") or port["port"]), target
    return "", wanted


def _need_key(service: Json, key: str) -> None:
    selector = service["spec"].get("selector") or {}
    name = service["metadata"]["name"]
    if service["spec"].get("type") == "ExternalName":
        raise InputError(f"Service {name} is an ExternalName and selects no pods", "release the Service that does")
    if key not in selector:
        has = ", ".join(f"{one}={value}" for one, value in selector.items()) or "nothing"
        raise InputError(
            f"the selector of Service {name} has no key {key!r} (it has {has}), so it names no colour",
            "give --selector-key, or --adopt DEPLOYMENT to make colours of the Deployment behind it, without a gap",
        )


def _value(deployment: Json | None, key: str, default: str) -> str:
    if deployment is None:
        return default
    value = template_labels(deployment).get(key)
    if value is None:
        name = deployment["metadata"]["name"]
        raise InputError(
            f"the pods of Deployment {name} have no label {key!r}, so the Service could not select them",
            f"add {key} to the labels of its pod template (and to its selector), or give --selector-key",
        )
    return value


def _need_selectable(service: Json, deployment: Json, key: str) -> None:
    base, name = base_selector(service, key), deployment["metadata"]["name"]
    labels = template_labels(deployment)
    wrong = next((one for one, value in base.items() if labels.get(one) != value), None)
    if wrong:
        raise InputError(
            f"the pods of Deployment {name} have {wrong}={labels.get(wrong)!r}, the Service wants {base[wrong]!r}",
            "after a switch the Service would select nothing: correct the labels first",
        )
    if deployment["spec"].get("paused"):
        raise InputError(f"Deployment {name} is paused", f"run `kubectl rollout resume deployment/{name}` first")


def _need_no_third(
    service: Json, deployments: Sequence[Json], ours: set[str], colours: Colours, adopting: bool
) -> None:
    base = base_selector(service, colours.key)
    if adopting:
        return
    for item in deployments:
        name = item["metadata"]["name"]
        clash = [value for value in colours.values.values() if selects({**base, colours.key: value}, item)]
        if clash and name not in ours:
            raise InputError(
                f"two Deployments match {colours.key}={clash[0]}: {name} and {colours.version(clash[0])}",
                f"the Service would send requests to both: give {name}'s pods another {colours.key} label",
            )


def selector_text(selector: Json) -> str:
    """A Deployment's selector as a label selector string; expressions too."""
    parts = [f"{name}={value}" for name, value in sorted((selector.get("matchLabels") or {}).items())]
    parts += [_expression(one) for one in selector.get("matchExpressions") or []]
    return ",".join(parts)


def _expression(one: Json) -> str:
    key, values = str(one["key"]), ",".join(one.get("values") or [])
    match one["operator"]:
        case "In":
            return f"{key} in ({values})"
        case "NotIn":
            return f"{key} notin ({values})"
        case "Exists":
            return key
        case _:
            return f"!{key}"
