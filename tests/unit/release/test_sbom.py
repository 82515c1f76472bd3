"""The bill of materials names what the image records as installed, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from release.archive import saved
from release.mistake import Mistake
from release.sbom import sbom_text
from tests.unit.release.archives import Layer, archive

SITE = "opt/pointsman/lib/python3.11/site-packages"
STATUS = """Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Version: 2.36-9+deb12u9
Description: GNU C Library
 Package: not-this

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1
"""
LAYERS: tuple[Layer, ...] = (
    {"usr/lib/os-release": 'ID=debian\nVERSION_CODENAME="bookworm"\n', "var/lib/dpkg/status": STATUS},
    {f"{SITE}/Old_Name.x-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: Old_Name.x\nVersion: 1.0\n"},
    {
        f"{SITE}/click-8.2.dist-info/METADATA": "Metadata-Version: 2.4\nName: click\nVersion: 8.2\n"
        "License-Expression: BSD-3-Clause\n\nName: not-this\n"
    },
)


def document(tmp_path: Path, *layers: Layer, **config: Any) -> dict[str, Any]:
    with saved(archive(tmp_path / "image.tar", *layers, **config)) as image:
        text = sbom_text(image)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    made: dict[str, Any] = json.loads(text)
    return made


def test_it_names_packages_of_debian_and_of_python_by_their_urls(tmp_path: Path) -> None:
    made = document(tmp_path, *LAYERS)
    assert [one["purl"] for one in made["components"]] == [
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64&distro=bookworm",
        "pkg:pypi/click@8.2",
        "pkg:pypi/old-name-x@1.0",
    ]
    assert [one.get("licenses") for one in made["components"]] == [None, [{"expression": "BSD-3-Clause"}], None]
    (subject,) = made["dependencies"]
    assert subject["dependsOn"] == [one["bom-ref"] for one in made["components"]]


def test_the_interpreter_that_a_base_compiled_itself_is_named_too(tmp_path: Path) -> None:
    made = document(tmp_path, *LAYERS, Env=["PATH=/bin", "PYTHON_VERSION=3.13.9"])
    assert "pkg:generic/python@3.13.9" in [one["purl"] for one in made["components"]]


def test_it_says_of_which_image_it_is(tmp_path: Path) -> None:
    prefix = "org.opencontainers.image."
    labels = {f"{prefix}version": "1.2.3", f"{prefix}revision": "abc", f"{prefix}base.name": "python@sha256:0"}
    subject = document(tmp_path, *LAYERS, Labels=labels)["metadata"]["component"]
    assert (subject["type"], subject["name"], subject["version"]) == ("container", "pointsman", "1.2.3")
    assert {one["name"]: one["value"] for one in subject["properties"]} == {
        f"{prefix}revision": "abc",
        f"{prefix}base.name": "python@sha256:0",
    }


def test_the_same_image_gives_the_same_document(tmp_path: Path) -> None:
    assert document(tmp_path, *LAYERS) == document(tmp_path, *LAYERS)


def test_a_package_that_was_removed_again_is_not_in_it(tmp_path: Path) -> None:
    removed = {f"{SITE}/.wh.Old_Name.x-1.0.dist-info": ""}
    assert "old-name-x" not in [one["name"] for one in document(tmp_path, *LAYERS, removed)["components"]]


def test_an_image_without_records_has_no_empty_bill(tmp_path: Path) -> None:
    with saved(archive(tmp_path / "image.tar", LAYERS[0])) as image, pytest.raises(Mistake, match="no records"):
        sbom_text(image)
