"""pointsman.yaml: every mistake has a file, a line and the nearest right word."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.entry.config import file_inputs, merged, settings
from pointsman.entry.spec import READINESS_CHECK
from pointsman.model.errors import InputError

GOOD = """\
version: 1
services:
  shop:
    namespace: shop
    health-port: 8080
    health-path: /ready
    environments:
      staging:
        namespace: shop-staging
      production:
        bake: 10m
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pointsman.yaml"


def read(file: Path, text: str, service: str | None = "shop", environment: str | None = None) -> dict[str, str]:
    file.write_text(text)
    return settings(str(file), service, environment)


def test_the_services_section_is_read(file: Path) -> None:
    assert read(file, GOOD) == {
        "service": "shop", "namespace": "shop", "health-port": "8080", "health-path": "/ready",
    }  # fmt: skip


def test_the_environments_section_wins_over_the_services(file: Path) -> None:
    found = read(file, GOOD, environment="staging")
    assert (found["namespace"], found["health-path"]) == ("shop-staging", "/ready")


def test_the_only_service_is_meant_when_none_is_named(file: Path) -> None:
    assert read(file, GOOD, service=None)["service"] == "shop"
    assert read(file, GOOD + "  web:\n    namespace: web\n", service=None) == {}


def test_a_service_that_is_not_in_the_file_has_no_settings(file: Path) -> None:
    assert read(file, GOOD, service="web") == {}


@pytest.mark.parametrize("text", ["1.10", "0123", "1e3", "0x1F", "on", "10_000"])
def test_numbers_and_words_stay_the_text_that_was_written(file: Path, text: str) -> None:
    assert read(file, f"services:\n  shop:\n    health-path: {text}\n")["health-path"] == text


def test_an_empty_value_is_not_given(file: Path) -> None:
    assert read(file, "services:\n  shop:\n    bake:\n")["bake"] == ""


@pytest.mark.parametrize("text", ["", "# nothing\n", "version: 1\n", "services:\n"])
def test_a_file_that_says_nothing_sets_nothing(file: Path, text: str) -> None:
    assert read(file, text) == {}


@pytest.mark.parametrize(
    ("text", "line", "words", "advice"),
    [
        pytest.param("services:\n  shop:\n    nmespace: x\n", 3, "'nmespace'", "did you mean namespace?", id="a typo"),
        pytest.param("service:\n  shop: {}\n", 1, "'service'", "did you mean services?", id="a typo at the top"),
        pytest.param("services:\n  shop:\n    zzzzzz: x\n", 3, "'zzzzzz'", "known words:", id="no word is near"),
        pytest.param("version: 2\n", 1, "version 2", "write version: 1", id="another version"),
        pytest.param("version: 1\nversion: 1\n", 2, "'version' stands twice", "keep one", id="a word twice"),
        pytest.param(
            "services:\n  shop:\n    bake: 1m\n    bake: 2m\n", 4, "'bake' stands twice", "keep one", id="input twice"
        ),
        pytest.param("services:\n  shop:\n    bake: [1m]\n", 3, "takes a single value", "one line", id="a list"),
        pytest.param("services:\n  shop:\n    bake: {a: b}\n", 3, "takes a single value", "one line", id="a mapping"),
        pytest.param("services:\n  shop: 5\n", 2, "must be a mapping", "name: value", id="a service that is a number"),
        pytest.param("services: [shop]\n", 1, "must be a mapping", "name: value", id="services as a list"),
        pytest.param("- a\n", 1, "must be a mapping", "name: value", id="a file that is a list"),
        pytest.param(
            "services:\n  shop:\n    environments:\n      live:\n        bke: 1m\n", 5, "'bke'", "did you mean bake?",
            id="a typo in an environment",
        ),
        pytest.param("services:\n  shop:\n   a: b\n  - c\n", 4, "", "correct the YAML", id="not YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_the_nearest_right_word(
    file: Path, text: str, line: int, words: str, advice: str
) -> None:
    with pytest.raises(InputError) as refused:
        read(file, text)
    assert refused.value.message.startswith(f"{file}:{line}: ")
    assert words in refused.value.message
    assert advice in refused.value.advice


def test_an_unknown_environment_is_answered_with_the_known_ones(file: Path) -> None:
    with pytest.raises(InputError, match="no environment 'live'") as refused:
        read(file, GOOD, environment="live")
    assert "staging, production" in refused.value.advice


def test_a_service_without_environments_takes_any(file: Path) -> None:
    assert read(file, "services:\n  shop:\n    bake: 1m\n", environment="live")["bake"] == "1m"


def test_a_file_that_was_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="does not exist"):
        settings(str(tmp_path / "none.yaml"), "shop", None)
    monkeypatch.chdir(tmp_path)
    assert settings(None, "shop", None) == {}


def test_a_file_that_is_no_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        settings(str(file), "shop", None)


def test_no_secret_may_stand_in_the_file() -> None:
    assert "github-token" not in file_inputs()
    assert {"namespace", "bake", "cleanup"} <= set(file_inputs())


def test_manifests_that_are_given_keep_the_files_namespace_from_asking_a_cluster(file: Path) -> None:
    file.write_text("services:\n  shop:\n    namespace: shop\n    context: prod\n    fail-on: any\n")
    given = {"config": str(file), "service": "shop", "manifests": "deploy"}
    found = merged(READINESS_CHECK, given)
    assert (found.get("namespace"), found.get("context"), found["fail-on"]) == (None, None, "any")
    both = merged(READINESS_CHECK, {**given, "namespace": "other"})
    assert (both["namespace"], both["context"]) == ("other", "prod")
