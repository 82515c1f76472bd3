"""Cuts the endpoints a forge uses out of GitHub's published OpenAPI description.

    npm pack @octokit/openapi@23.0.2
    python -m tests.contract.github.slice octokit-openapi-23.0.2.tgz

writes `openapi_slice.json` beside this file. The original leaves request bodies open and does not know that a
description has at most 140 characters; the slice is stricter on both.
"""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path
from typing import Any

SLICE = Path(__file__).with_name("openapi_slice.json")
PATHS = [
    "/repos/{owner}/{repo}/statuses/{sha}",
    "/repos/{owner}/{repo}/deployments",
    "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
]
LONGEST_DESCRIPTION = 140
_PROSE = {
    "examples",
    "example",
    "summary",
    "tags",
    "externalDocs",
    "x-github",
    "x-octokit",
    "x-multi-segment",
}

Json = dict[str, Any]


def sliced(spec: Json, package: Json, licence: str) -> Json:
    """The slice of `spec`, with the name, version and licence text of the npm `package` it came in."""
    paths = {path: {"post": _bare(spec["paths"][path]["post"])} for path in PATHS}
    for operations in paths.values():
        _tighten(operations["post"])
    return {
        "openapi": spec["openapi"],
        "info": {
            "title": f"Slice of {package['name']}",
            "version": package["version"],
            "license": {"name": package["license"], "url": spec["info"]["license"]["url"]},
            "x-license-text": licence,
        },
        "servers": spec["servers"],
        "paths": paths,
        "components": _components(spec, paths),
    }


def _tighten(operation: Json) -> None:
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    body["additionalProperties"] = False
    body["properties"]["description"]["maxLength"] = LONGEST_DESCRIPTION


def _bare(value: Any) -> Any:
    """`value` without examples and prose, but for the first words of a description, which some must have."""
    if isinstance(value, list):
        return [_bare(kept) for kept in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _bare(inner) for key, inner in value.items() if not _is_prose(key, inner)}
    if isinstance(kept.get("description"), str):
        kept["description"] = kept["description"].split("\n")[0][:60]
    return kept


def _is_prose(key: str, value: Any) -> bool:
    """A property may well be called `summary`, and then it stays."""
    return key in _PROSE and not (isinstance(value, dict) and "type" in value)


def _components(spec: Json, root: Any) -> Json:
    """Everything that `root` refers to, directly or through something else."""
    found: Json = {}
    waiting = _references(root)
    while waiting:
        kind, name = waiting.pop().split("/")[2:]
        if name not in found.setdefault(kind, {}):
            found[kind][name] = _bare(spec["components"][kind][name])
            waiting |= _references(found[kind][name])
    return {kind: dict(sorted(named.items())) for kind, named in sorted(found.items())}


def _references(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_references, value))
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
    return own.union(*map(_references, value.values()))


def main(archive: str) -> None:
    """Write the slice of the packed npm package `archive`."""
    with tarfile.open(archive) as package:
        spec, about, licence = (
            (package.extractfile(f"package/{name}") or sys.exit(f"no {name} in {archive}")).read()
            for name in ("generated/api.github.com.json", "package.json", "LICENSE")
        )
    cut = sliced(json.loads(spec), json.loads(about), licence.decode())
    SLICE.write_text(json.dumps(cut, indent=1, sort_keys=True) + "\n")
    print(f"{SLICE.name}: {SLICE.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
