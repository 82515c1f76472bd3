"""The JSON Schema of pointsman.yaml (draft 2020-12), for editors and for check-jsonschema.

It says what `entry/config.py` and `entry/values.py` accept. They read every scalar as the text that was
written, so numbers are welcome wherever their text would be.
"""

from __future__ import annotations

import json
from typing import Any

from pointsman.entry.config import file_inputs
from pointsman.entry.spec import STEPS, Input, Type
from pointsman.model.readiness import Severity
from pointsman.strategy.readiness.policy import POLICY
from pointsman.strategy.readiness.testing import KINDS

Schema = dict[str, Any]

SCHEMA_ID = "https://raw.githubusercontent.com/pointsman-dev/pointsman/v1/schema/pointsman.schema.json"
_NAME = "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"

_RUN: Schema = {"type": "string", "pattern": r"^.+\.py:[A-Za-z_]\w*$"}
_OWN = {
    "title": "What is shown when it passes.",
    "expression": "CEL that is true when all is well; it knows object, service and objects.",
    "kind": "The kind of objects it is asked about; each workload of the service unless told.",
    "message": "What to say when it is false.",
    "fix": "What to do then.",
}

_FORMS: dict[Type, Schema] = {
    Type.TEXT: {"type": ["string", "number"]},
    Type.NAME: {"type": "string", "pattern": _NAME},
    Type.ROUTE: {"type": "string", "pattern": "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(/.+)?$"},
    Type.DURATION: {
        "anyOf": [
            {"type": "number", "minimum": 0},
            {"type": "string", "pattern": r"^(\d+(\.\d+)?|(\d+(\.\d+)?(ms|s|m|h))+)$"},
        ]
    },
    Type.FLAG: {"type": "boolean"},
    Type.NUMBER: {
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": 999999999},
            {"type": "string", "pattern": r"^\d{1,9}$"},
        ]
    },
    Type.PORT: {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 65535},
            {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$"},
        ]
    },
    Type.PATH: {"type": "string", "pattern": r"^/\S*$"},
    Type.IMAGE: {
        "type": "string",
        "pattern": "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?=)?[A-Za-z0-9][A-Za-z0-9._:/@-]{0,510}$",
    },
    Type.PAIR: {"type": "string", "pattern": "^[^=]+=.+$"},
    Type.PATHS: {"type": "string"},
    Type.URL: {"type": "string", "pattern": "^https?://[^/]+"},
    Type.PATTERN: {"type": "string", "format": "regex"},
    Type.WEIGHTS: {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 100},
            {"type": "string", "pattern": r"^\s*\d{1,3}%?\s*(,\s*\d{1,3}%?\s*)*$"},
        ]
    },
    Type.OBJECTIVES: {"type": "string", "pattern": "[<>]"},
    Type.RATE: {
        "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?(/(s|min|h))?$"}]
    },
    Type.STATUS: {
        "anyOf": [
            {"type": "integer", "minimum": 100, "maximum": 599},
            {"type": "string", "pattern": r"^[1-5]\d\d(-[1-5]\d\d)?$"},
        ]
    },
}


def schema_json() -> str:
    """The text of `schema/pointsman.schema.json`."""
    return json.dumps(schema_of_file(), indent=2, ensure_ascii=False) + "\n"


def schema_of_file() -> Schema:
    """The whole schema."""
    inputs = {name: _property(_input_named(name)) for name in file_inputs()}
    environments = {
        "description": "The inputs that differ in an environment, by its name.",
        **_mapping_of({"$ref": "#/$defs/inputs"}),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "pointsman.yaml",
        "description": "Inputs of Pointsman kept in a repository, per service and per environment.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "version": {"description": "The version of this format.", "enum": [1, "1"]},
            "services": {
                "description": "The inputs of each service, by its name.",
                **_mapping_of({"$ref": "#/$defs/service"}),
            },
        },
        "$defs": {
            "inputs": _section({**inputs, "readiness": {"$ref": "#/$defs/readiness"}}),
            "service": _section({**inputs, "readiness": {"$ref": "#/$defs/readiness"}, "environments": environments}),
            "readiness": _readiness(),
            "statement": _statement(),
        },
    }


def _readiness() -> Schema:
    statement: Schema = {"$ref": "#/$defs/statement"}
    attestable = {check.id: statement for check in POLICY if check.attestable}
    severity: Schema = {"enum": [*(one.value for one in Severity), False]}
    words: Schema = {name: {"description": told, "type": "string"} for name, told in _OWN.items()}
    shared = {"title": words.pop("title"), "severity": severity}
    by_function = {"run": _RUN, **shared}
    by_expression = {**words, **shared}
    return {
        "description": "What people answer for, what does not count, and checks of one's own.",
        **_section(
            {
                "attestations": {"description": "What no object shows, by check.", **_section(attestable)},
                "waivers": {"description": "Gaps that are accepted for a while, by check.", **_mapping_of(statement)},
                "severity": {
                    "description": "Another severity of a check, or off.",
                    **_section({check.id: severity for check in POLICY}),
                },
                "ci": {
                    "description": "What the result of a kind of test is called.",
                    **_section({kind: {"type": "string"} for kind in KINDS}),
                },
                "checks": {
                    "description": "Checks of your own, by name.",
                    **_mapping_of(
                        {"anyOf": [_RUN, _needing("run", by_function), _needing("expression", by_expression)]}
                    ),
                },
            }
        ),
    }


def _statement() -> Schema:
    properties: Schema = {
        "owner": {"description": "Who answers for it.", "type": "string", "minLength": 1},
        "reason": {"description": "Why.", "type": "string", "minLength": 1},
        "expires": {"description": "Its last day.", "type": "string", "format": "date"},
    }
    return {**_section(properties), "type": "object", "required": list(properties)}


def _needing(name: str, properties: Schema) -> Schema:
    return {**_section(properties), "type": "object", "required": [name]}


def _section(properties: Schema) -> Schema:
    return {"type": ["object", "null"], "additionalProperties": False, "properties": properties}


def _mapping_of(values: Schema) -> Schema:
    return {"type": ["object", "null"], "additionalProperties": values}


def _input_named(name: str) -> Input:
    """Steps may share a name with different words for it; the first one stands for all."""
    return next(one for step in STEPS for one in step.inputs if one.name == name)


def _property(one: Input) -> Schema:
    told: Schema = {"description": one.help, **_form(one)}
    return told if one.default is None else {**told, "default": one.default}


def _form(one: Input) -> Schema:
    if one.type is not Type.CHOICE:
        return _FORMS[one.type]
    truths = [text == "true" for text in one.choices if text in ("true", "false")]
    return {"enum": [*one.choices, *truths]}
