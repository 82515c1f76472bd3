"""The bill of materials of an image: CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/).

It is made from what the image itself records, after it is built, and so tells what is in it and not what was meant to
be. The same image gives the same bytes.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from release.archive import Saved
from release.contents import Package, installed

_PREFIX = "org.opencontainers.image."
_ROOT = "pointsman-image"


def sbom_text(image: Saved) -> str:
    """The document as JSON. Raises Mistake for an image that records nothing."""
    packages = installed(image)
    return json.dumps(_document(image, packages), indent=2) + "\n"


def _document(image: Saved, packages: list[Package]) -> dict[str, Any]:
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{image.config_name} {image.config['created']}")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": identity.urn,
        "version": 1,
        "metadata": {
            "timestamp": _in_seconds(image.config["created"]),
            "tools": {"components": [{"type": "application", "name": "python -m release sbom", "group": "pointsman"}]},
            "component": _subject(image),
        },
        "components": [_component(one) for one in packages],
        "dependencies": [{"ref": _ROOT, "dependsOn": [one.purl for one in packages]}],
    }


def _subject(image: Saved) -> dict[str, Any]:
    labels = image.config["config"].get("Labels") or {}
    kept = {name: labels[_PREFIX + name] for name in ("revision", "base.name") if labels.get(_PREFIX + name)}
    return {
        "type": "container",
        "bom-ref": _ROOT,
        "name": "pointsman",
        "version": labels.get(f"{_PREFIX}version", ""),
        "properties": [{"name": f"{_PREFIX}{name}", "value": value} for name, value in kept.items()],
    }


def _component(one: Package) -> dict[str, Any]:
    told = {"type": "library", "bom-ref": one.purl, "name": one.name, "version": one.version, "purl": one.purl}
    return {**told, "licenses": [{"expression": one.licence}]} if one.licence else told


def _in_seconds(moment: str) -> str:
    """Docker writes nanoseconds, which not every reader of the format takes."""
    return f"{moment[:19]}Z"
