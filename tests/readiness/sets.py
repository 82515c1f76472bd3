"""Three sets of manifests, documents, workflows and reports of a made-up shop, and the step run over one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pointsman.entry.context import CiContext
from pointsman.entry.spec import READINESS_CHECK
from pointsman.entry.values import values_of
from pointsman.entry.wiring import Surroundings, perform
from pointsman.model.readiness import Assessment, Finding
from pointsman.model.result import Result
from pointsman.testing import FakeClock

HERE = Path(__file__).parent


class Silent:
    """Progress that nobody watches."""

    def say(self, text: str) -> None:
        """Nothing."""

    def waiting(self, text: str, seconds: float, limit: float) -> None:
        """Nothing."""


def checked(folder: Path, **more: str) -> Result:
    """The whole step over a set, from texts to result. Options as keywords; an empty one is left out."""
    given = {
        "service": "shop",
        "manifests": str(folder / "deploy"),
        "repository": str(folder),
        "junit": str(folder / "reports"),
        "sarif": f"{folder}/reports" if list(folder.glob("reports/*.sarif")) else "",
        "config": str(folder / "pointsman.yaml"),
        **{name.replace("_", "-"): text for name, text in more.items()},
    }
    values = values_of(READINESS_CHECK, {name: text for name, text in given.items() if text})
    return perform("readiness-check", values, Surroundings(CiContext(), {}, FakeClock(), Silent()))  # type: ignore[arg-type]


def assessment(result: Result) -> Assessment:
    """What was found."""
    found = result.details["readiness"]
    assert isinstance(found, Assessment)
    return found


def gaps(result: Result) -> set[tuple[str, str, str]]:
    """(check, status, object or file) of everything that is not good."""
    return {(one.check, one.status.value, where(one)) for one in assessment(result).findings if not one.status.good}


def where(finding: Finding) -> str:
    """The object, or the file's name."""
    return finding.place.object or Path(finding.place.file).name


def merged(target: Any, patch: Any) -> Any:
    """A strategic merge patch, as far as ours go: mappings are merged, lists of named things by their names."""
    if isinstance(patch, dict) and isinstance(target, dict):
        both = {**target, **{key: merged(target.get(key), value) for key, value in patch.items()}}
        return {key: value for key, value in both.items() if value is not None}
    if isinstance(patch, list) and isinstance(target, list) and all("name" in one for one in [*patch, *target]):
        known = {one["name"]: one for one in target}
        return list({**known, **{one["name"]: merged(known.get(one["name"], {}), one) for one in patch}}.values())
    return patch
