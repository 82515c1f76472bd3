"""What is installed in an image, by its own records: those of dpkg, those of pip, and the interpreter of its base."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from urllib.parse import quote

from release.archive import Saved
from release.mistake import Mistake

_DPKG = re.compile(r"var/lib/dpkg/(status|status\.d/[^/]+)")
_PIP = re.compile(r".*\.dist-info/METADATA")
_SYSTEM = "usr/lib/os-release"
_RECORDS = re.compile(f"{_DPKG.pattern}|{_PIP.pattern}|{_SYSTEM}")


@dataclass(frozen=True, order=True)
class Package:
    """One of them, with its package URL (https://github.com/package-url/purl-spec) and its SPDX licence, where told."""

    purl: str
    name: str
    version: str
    licence: str = ""


def installed(image: Saved) -> list[Package]:
    """Every package, sorted. Raises Mistake for an image without records: it would pass for one that has nothing."""
    files = image.files(_RECORDS)
    system = dict(_system(files.get(_SYSTEM, b"").decode()))
    found = {*_debian(files, system), *_python(files), *_interpreter(image)}
    if not any(one.purl.startswith("pkg:pypi/") for one in found):
        raise Mistake("the image has no records of Python packages: its list would be empty and would look complete")
    return sorted(found)


def _debian(files: Mapping[str, bytes], system: Mapping[str, str]) -> Iterator[Package]:
    for path, content in files.items():
        if not _DPKG.fullmatch(path):
            continue
        for paragraph in content.decode().split("\n\n"):
            told = HeaderParser().parsestr(paragraph)
            # In status.d, as of images without dpkg, nothing is listed that is not installed.
            if told["Package"] and told.get("Status", "installed").split()[-1] == "installed":
                yield _debian_package(told, system)


def _debian_package(told: Message, system: Mapping[str, str]) -> Package:
    name, version = told["Package"], told["Version"]
    distribution, codename = system.get("ID", "debian"), system.get("VERSION_CODENAME", "")
    qualifiers = f"?arch={told['Architecture']}" + (f"&distro={codename}" if codename else "")
    return Package(f"pkg:deb/{distribution}/{quote(name)}@{quote(version, safe='')}{qualifiers}", name, version)


def _python(files: Mapping[str, bytes]) -> Iterator[Package]:
    for path, content in files.items():
        if _PIP.fullmatch(path):
            told = HeaderParser().parsestr(content.decode("utf-8", "replace"))
            name = re.sub(r"[-_.]+", "-", told["Name"]).lower()
            licence = told.get("License-Expression", "")
            yield Package(f"pkg:pypi/{name}@{quote(told['Version'])}", name, told["Version"], licence)


def _interpreter(image: Saved) -> Iterator[Package]:
    """The official Python images compile theirs, which dpkg knows nothing of, and name it in a variable."""
    variables = dict(one.split("=", 1) for one in image.config["config"].get("Env") or [])
    if version := variables.get("PYTHON_VERSION"):
        yield Package(f"pkg:generic/python@{quote(version)}", "python", version, "PSF-2.0")


def _system(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, _, value = line.partition("=")
        yield name, value.strip('"')
