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

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pointsman.entry.spec import STEPS, Step, Type, Where
from pointsman.model.errors import InputError

DEFAULT_FILE = "pointsman.yaml"
_NOT_IN_FILE = {"config", "service", "environment", "github-token", "dry-run", "output", "release"}


@dataclass(frozen=True)
class _Entry:
    """A value with the line it stands on."""

    value: Any
    line: int


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
    return _chosen(_services(file), str(file), service, environment)


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
    return name == "keep-warm" and given.get("cleanup") == "keep"


def _services(file: Path) -> dict[str, _Entry]:
    root = _tree(file)
    top = _mapping(root, str(file), "the file")
    _known(top, ("version", "services"), str(file))
    version = top.get("version", _Entry("1", 1))
    if str(version.value) != "1":
        raise InputError(f"{file}:{version.line}: version {version.value} is not known", "write version: 1")
    return _mapping(top.get("services", _Entry({}, 1)), str(file), "services")


def _chosen(services: dict[str, _Entry], file: str, service: str | None, environment: str | None) -> dict[str, str]:
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


def _service(entry: _Entry, file: str, name: str) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    body = _mapping(entry, file, f"service {name}")
    _known(body, [*file_inputs(), "environments"], file)
    sections = _mapping(body.pop("environments", _Entry({}, entry.line)), file, "environments")
    environments = {}
    for section, inner in sections.items():
        values = _mapping(inner, file, f"environment {section}")
        _known(values, file_inputs(), file)
        environments[section] = _texts(values, file)
    return _texts(body, file), environments


def _texts(values: dict[str, _Entry], file: str) -> dict[str, str]:
    for name, entry in values.items():
        if not isinstance(entry.value, str):
            raise InputError(f"{file}:{entry.line}: {name} takes a single value", "write it on one line")
    return {name: entry.value for name, entry in values.items()}


def _known(values: dict[str, _Entry], names: Iterable[str], file: str) -> None:
    known = list(names)
    for name, entry in values.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            advice = f"did you mean {near[0]}?" if near else f"known words: {', '.join(known)}"
            raise InputError(f"{file}:{entry.line}: {name!r} is not known here", advice)


def _mapping(entry: _Entry, file: str, what: str) -> dict[str, _Entry]:
    if entry.value is None or entry.value == "":
        return {}
    if not isinstance(entry.value, dict):
        raise InputError(f"{file}:{entry.line}: {what} must be a mapping", "write `name: value` lines below it")
    return dict(entry.value)


def _tree(file: Path) -> _Entry:
    """The YAML as entries with lines; scalars stay the text that was written (`1.10` is no number here)."""
    import yaml

    try:
        node = yaml.compose(file.read_text("utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        raise InputError(f"{file}:{line}: {wrong.problem or 'not YAML'}", "correct the YAML") from wrong
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise InputError(f"{file}: cannot be read: {wrong}", "correct the file") from wrong
    return _Entry(None, 1) if node is None else _entry(node, str(file))


def _entry(node: Any, file: str) -> _Entry:
    import yaml

    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return _Entry("" if node.tag.endswith(":null") else node.value, line)
    if not isinstance(node, yaml.MappingNode):
        return _Entry([], line)
    entries: dict[str, _Entry] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in entries:
            raise InputError(f"{file}:{key.start_mark.line + 1}: {name!r} stands twice", "keep one of them")
        entries[name] = _Entry(_entry(value, file).value, key.start_mark.line + 1)
    return _Entry(entries, line)
