"""The schema of pointsman.yaml takes what the program takes, and refuses what it refuses."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pointsman.entry.config import file_inputs, settings
from pointsman.entry.spec import STEPS
from pointsman.entry.values import values_of
from pointsman.gen.schema import schema_of_file
from pointsman.model.errors import InputError

SCHEMA = schema_of_file()

RIGHT = {
    "namespace": ["shop", "a-b.c"],
    "bake": ["60s", "0", "90", "1h30m", "0.5s"],
    "successes": ["3", "0", '"5"'],
    "health-port": ["8080", "http", '"80"'],
    "health-path": ["/healthz", "/ready?deep=1"],
    "image": ["ghcr.io/acme/shop:1.4", "app=shop@sha256:abc"],
    "url": ["https://shop.example.com/", "http://127.0.0.1:8080"],
    "expect-status": ["200", "200-299"],
    "expect-body": ["'ok|fine'"],
    "cleanup": ["keep", "update"],
    "commit-status": ["auto", "true", "'false'"],
    "selector-key": ["version", "pointsman.dev/colour"],
}
WRONG = {
    "namespace": ["Shop", "a_b"],
    "bake": ["soon", "10 min", "-5"],
    "successes": ["many", "-1", "1.5"],
    "health-port": ["0", "70000", "HTTP"],
    "health-path": ["healthz", "'/a b'"],
    "url": ["shop.example.com", "ftp://shop"],
    "expect-status": ["600", "ok"],
    "cleanup": ["delete"],
    "commit-status": ["maybe"],
    "colour": ["blue"],
}


def cases(values: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in values.items() for text in texts]


def written(name: str, text: str) -> str:
    return f"version: 1\nservices:\n  shop:\n    {name}: {text}\n"


def taken_by_schema(text: str) -> bool:
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(yaml.safe_load(text)))


def taken_by_program(text: str, name: str, folder: Path) -> bool:
    file = folder / "pointsman.yaml"
    file.write_text(text)
    try:
        given = settings(str(file), "shop", None)
        for step in STEPS:
            if any(one.name == name for one in step.inputs):
                values_of(step, {"namespace": "shop", "service": "shop", name: given[name]})
    except InputError:
        return False
    return True


@pytest.mark.parametrize(("name", "text"), cases(RIGHT))
def test_what_the_program_takes_the_schema_takes(name: str, text: str, tmp_path: Path) -> None:
    assert taken_by_program(written(name, text), name, tmp_path)
    assert taken_by_schema(written(name, text))


@pytest.mark.parametrize(("name", "text"), cases(WRONG))
def test_what_the_program_refuses_the_schema_refuses(name: str, text: str, tmp_path: Path) -> None:
    assert not taken_by_program(written(name, text), name, tmp_path)
    assert not taken_by_schema(written(name, text))


def test_it_is_a_schema_of_its_draft() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_it_has_every_input_that_the_file_may_hold() -> None:
    assert sorted(SCHEMA["$defs"]["inputs"]["properties"]) == sorted([*file_inputs(), "readiness"])


def test_an_environment_has_the_inputs_and_no_environments_of_its_own() -> None:
    assert taken_by_schema("services: {shop: {environments: {staging: {bake: 5s}}}}")
    assert not taken_by_schema("services: {shop: {environments: {staging: {environments: {}}}}}")


@pytest.mark.parametrize("text", ["version: 1", "version: 1\nservices:", "services:\n  shop:"])
def test_what_is_empty_is_allowed(text: str, tmp_path: Path) -> None:
    file = tmp_path / "pointsman.yaml"
    file.write_text(text)
    assert settings(str(file), "nobody", None) == {}
    assert taken_by_schema(text)


def test_defaults_are_those_of_the_specification() -> None:
    properties: dict[str, Any] = SCHEMA["$defs"]["inputs"]["properties"]
    assert properties["bake"]["default"] == "60s"
    assert "default" not in properties["url"]
