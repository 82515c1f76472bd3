"""The readiness section of pointsman.yaml: read as written, and every mistake has a file, a line and a way out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from pointsman.entry.cli import cli
from pointsman.entry.config import settings
from pointsman.entry.readiness_config import readiness_settings, refuse_stray_waivers
from pointsman.gen.schema import schema_of_file
from pointsman.model.errors import InputError
from pointsman.model.readiness import OwnCheck, Settings, Severity, Statement
from tests.readiness.sets import HERE

STATEMENT = '{owner: ana, reason: we know, expires: "2027-01-31"}'
GOOD = f"""\
services:
  shop:
    namespace: shop
    readiness:
      attestations:
        backup: {STATEMENT}
      waivers:
        spread: {STATEMENT}
      severity:
        load-tests: off
        image-by-digest: required
      ci:
        unit: build / unit
      checks:
        has-owner: checks/owner.py:has_owner
        has-team: {{expression: has(object.metadata.labels.team), kind: Ingress, message: nobody's, fix: name a team}}
        has-cost: {{run: checks/cost.py:has_cost, title: It says what it costs, severity: recommended}}
    environments:
      staging:
        readiness:
          severity: {{image-by-digest: recommended}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pointsman.yaml"


def read(file: Path, text: str, service: str = "shop", environment: str | None = None) -> Settings:
    file.write_text(text)
    return readiness_settings(str(file), service, environment)


def section(text: str) -> str:
    return f"services:\n  shop:\n    readiness:\n{text}"


def test_it_is_read_as_it_is_written(file: Path) -> None:
    found = read(file, GOOD)
    known = Statement("ana", "we know", date(2027, 1, 31))
    assert (found.attestations, found.waivers) == ({"backup": known}, {"spread": known})
    assert found.severities == {"load-tests": Severity.OFF, "image-by-digest": Severity.REQUIRED}
    assert found.ci == {"unit": "build / unit"}
    assert found.own == {
        "has-owner": OwnCheck("has-owner", "checks/owner.py:has_owner"),
        "has-team": OwnCheck(
            "has-team", expression="has(object.metadata.labels.team)", kind="Ingress", message="nobody's",
            fix="name a team",
        ),
        "has-cost": OwnCheck("has-cost", "checks/cost.py:has_cost", Severity.RECOMMENDED, "It says what it costs"),
    }  # fmt: skip
    assert str(found.own["has-team"].place) == f"{file}:16"


def test_an_environment_outranks_the_service_check_by_check(file: Path) -> None:
    found = read(file, GOOD, environment="staging")
    assert found.severities == {"load-tests": Severity.OFF, "image-by-digest": Severity.RECOMMENDED}
    assert "backup" in found.attestations


def test_it_is_no_input_of_a_step(file: Path) -> None:
    file.write_text(GOOD)
    assert settings(str(file), "shop", "staging") == {"service": "shop", "namespace": "shop"}


def test_without_a_file_or_a_section_nothing_is_said(file: Path) -> None:
    assert readiness_settings(str(file), "shop", None) == Settings()
    assert read(file, GOOD, service="web") == Settings()
    assert read(file, "services:\n  shop:\n    readiness:\n") == Settings()


def test_the_schema_takes_it_too() -> None:
    jsonschema.Draft202012Validator(schema_of_file()).validate(yaml.safe_load(GOOD))


WRONG = [
    pytest.param("      waiver: {}\n", 4, "'waiver'", "did you mean waivers?", id="a section"),
    pytest.param("      attestations:\n        bakup: {}\n", 5, "'bakup'", "did you mean backup?", id="a check"),
    pytest.param(
        f"      attestations:\n        replicas: {STATEMENT}\n", 5, "replicas cannot be attested", "waivers",
        id="what objects show needs no attestation",
    ),
    pytest.param("      severity:\n        spread: high\n", 5, "'high' is no severity", "required", id="a severity"),
    pytest.param("      ci:\n        units: x\n", 5, "'units'", "did you mean unit?", id="a kind of test"),
    pytest.param(
        "      waivers:\n        spread: {owner: ana, reason: x}\n", 5, "spread has no expires", "owner, reason",
        id="a waiver without an end",
    ),
    pytest.param(
        '      waivers:\n        spread: {owner: "", reason: x, expires: "2027-01-31"}\n', 5, "spread has no owner",
        "owner, reason", id="a waiver of nobody",
    ),
    pytest.param(
        "      waivers:\n        spread:\n          owner: a\n          reason: b\n          expires: soon\n",
        8, "'soon' is no date", "2027-01-31", id="a date",
    ),
    pytest.param("      checks:\n        mine: owner\n", 5, "'owner' is no check", "PATH.py:FUNCTION", id="a function"),
    pytest.param("      checks:\n        mine: {title: x}\n", 5, "neither run nor expression", "PATH.py", id="nothing"),
    pytest.param(
        "      checks:\n        mine: {run: a.py:b, expression: 'true'}\n", 5, "both run and expression", "CEL",
        id="both",
    ),
    pytest.param(
        "      checks:\n        mine:\n          run: a.py:b\n          kind: Service\n", 7, "kind means nothing",
        "function", id="a kind for a function",
    ),
    pytest.param("      checks:\n        spread: a.py:b\n", 5, "spread is a check", "another name", id="taken"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words", "advice"), WRONG)
def test_a_mistake_is_named_with_its_line(file: Path, text: str, line: int, words: str, advice: str) -> None:
    with pytest.raises(InputError) as wrong:
        read(file, section(text))
    assert wrong.value.message.startswith(f"{file}:{line}: ")
    assert words in wrong.value.message
    assert advice in wrong.value.advice


@pytest.mark.parametrize(
    ("expression", "flaw"),
    [
        ("object.spec.replicas >", "at column 23"),
        ("has(object)", "invalid argument to has() macro at column 5"),
        ("object.spec.replicas > 1 &&\n            objet.x", "it names 'objet', and knows object, service, objects"),
        ("object.metadata.name.startWith('a')", "it calls startWith(), which does not exist; did you mean startsWith"),
    ],
)
def test_an_expression_that_could_never_be_asked_is_found_before_anything_runs(
    file: Path, expression: str, flaw: str
) -> None:
    text = section(f"      checks:\n        mine:\n          expression: >\n            {expression}\n")
    file.write_text(text)
    options = ["--service", "shop", "--manifests", str(HERE / "good/deploy"), "--config", str(file)]
    ended = CliRunner().invoke(cli, ["readiness-check", *options], catch_exceptions=False)
    assert ended.exit_code == 2
    told = " ".join(ended.output.split())
    assert f"{file}:6: the expression of mine cannot be asked" in told
    assert flaw in told


@pytest.mark.parametrize(("text", "line", "words", "advice"), WRONG)
def test_every_step_that_reads_the_file_says_so(file: Path, text: str, line: int, words: str, advice: str) -> None:
    file.write_text(section(text))
    with pytest.raises(InputError, match=rf"pointsman.yaml:{line}: "):
        settings(str(file), "shop", None)
    assert words
    assert advice


def test_a_waiver_of_nothing_is_a_mistake(file: Path) -> None:
    found = read(file, section(f"      waivers:\n        spraed: {STATEMENT}\n"))
    with pytest.raises(InputError, match="spraed") as wrong:
        refuse_stray_waivers(found, str(file))
    assert wrong.value.advice == "did you mean spread?"
    refuse_stray_waivers(read(file, GOOD), str(file))


def test_results_of_a_forge_cannot_be_asked_for_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token of another platform would be sent to it, and its refusal read as evidence that is missing."""
    for name in ("GITHUB_ACTIONS", "ACT", "GITLAB_CI", "JENKINS_URL", "BUILD_TAG"):
        monkeypatch.delenv(name, raising=False)
    options = ["--service", "shop", "--manifests", f"{HERE}/good/deploy", "--ci-checks", "true"]
    ended = CliRunner().invoke(cli, ["readiness-check", *options], catch_exceptions=False)
    assert (ended.exit_code, "this is no job of either" in " ".join(ended.output.split())) == (2, True)
