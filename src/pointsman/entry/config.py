"""pointsman.yaml: inputs kept in the repository, per service and per environment.

    version: 1
    services:
      shop:
        namespace: shop
        health-path: /ready
        environments:
          staging:
            namespace: shop-staging

An option or a variable wins over the environment's section, that over the service's, that over the default.
Every mistake is an error with file and line and the nearest right word, before anything is touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pointsman.entry.spec import STEPS, Step, Type, Where
from pointsman.entry.yaml_tree import Entry, mapping, refuse_unknown, text, tree
from pointsman.model.errors import InputError

DEFAULT_FILE = "pointsman.yaml"
READINESS = "readiness"
_NOT_IN_FILE = {"config", "service", "environment", "github-token", "dry-run", "output", "release"}


def file_inputs() -> list[str]:
    """The names of the inputs that pointsman.yaml may hold."""
    names = {
        one.name
        for step in STEPS
        for one in step.inputs
        if one.where is Where.CORE and one.type is not Type.SECRET and one.name not in _NOT_IN_FILE
    }
    return sorted(names)


def settings(path: str | None, service: str | None, environment: str | None) -> dict[str, str]:
    """The inputs that the file has for `service` (the only one there when None) in `environment`."""
    file = Path(path or DEFAULT_FILE)
    if not file.exists():
        if path:
            raise InputError(f"the configuration {path} does not exist", "check --config")
        return {}
    return _chosen(services_in(file), str(file), service, environment)


def merged(step: Step, given: Mapping[str, str]) -> dict[str, str]:
    """What was given explicitly, over what the file has for this service and step.

    A step that was asked about a workload or an address alone gets nothing of a service. What the file has for other
    steps, or what an explicit input has made meaningless, is left out rather than called a contradiction.
    """
    about_no_service = ("workload" in given or "url" in given) and "service" not in given
    kept = {} if about_no_service else settings(given.get("config"), given.get("service"), given.get("environment"))
    known = {one.name for one in step.inputs}
    fitting = {name: text for name, text in kept.items() if name in known and not _overruled(step, name, given)}
    return {**fitting, **given}


def _overruled(step: Step, name: str, given: Mapping[str, str]) -> bool:
    if step.name == "verify-health":
        return name == "health-port" and "url" in given
    if step.name in ("readiness-check", "checklist"):
        return name in ("namespace", "kubeconfig", "context") and "manifests" in given and "namespace" not in given
    return name == "keep-warm" and given.get("cleanup") == "keep"


def services_in(file: Path) -> dict[str, Entry]:
    """The sections of the services in the file. Raises InputError."""
    root = tree(file)
    top = mapping(root, str(file), "the file")
    refuse_unknown(top, ("version", "services"), str(file))
    version = top.get("version", Entry("1", 1))
    if str(version.value) != "1":
        raise InputError(f"{file}:{version.line}: version {version.value} is not known", "write version: 1")
    return mapping(top.get("services", Entry({}, 1)), str(file), "services")


def _chosen(services: dict[str, Entry], file: str, service: str | None, environment: str | None) -> dict[str, str]:
    found = {name: _service(entry, file, name) for name, entry in services.items()}
    if service is None and len(found) == 1:
        service = next(iter(found))
    if service is None or service not in found:
        return {}
    shared, environments = found[service]
    if environment and environments and environment not in environments:
        known = ", ".join(environments)
        raise InputError(f"{file}: service {service} has no environment {environment!r}", f"it has: {known}")
    return {**shared, **environments.get(environment or "", {}), "service": service}


def _service(entry: Entry, file: str, name: str) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    body = mapping(entry, file, f"service {name}")
    refuse_unknown(body, [*file_inputs(), READINESS, "environments"], file)
    _refuse_bad_readiness(body.pop(READINESS, None), file)
    sections = mapping(body.pop("environments", Entry({}, entry.line)), file, "environments")
    environments = {}
    for section, inner in sections.items():
        values = mapping(inner, file, f"environment {section}")
        refuse_unknown(values, [*file_inputs(), READINESS], file)
        _refuse_bad_readiness(values.pop(READINESS, None), file)
        environments[section] = _texts(values, file)
    return _texts(body, file), environments


def _refuse_bad_readiness(entry: Entry | None, file: str) -> None:
    """The section is for one step; a mistake in it is one for every step that reads the file."""
    if entry is not None:
        from pointsman.entry.readiness_config import section_of

        section_of(entry, file)


def _texts(values: dict[str, Entry], file: str) -> dict[str, str]:
    return {name: text(entry, file, name) for name, entry in values.items()}
