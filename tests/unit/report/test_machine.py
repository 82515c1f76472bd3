"""The JSON document: a stable set of keys, and valid JSON whatever a result holds."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given

from pointsman.model.evidence import Check, Verdict
from pointsman.model.result import Outcome, Result
from pointsman.report.machine import evidence_json, result_json
from tests.unit.report.results import BARE, FULL, results

KEYS = [
    *("changes", "checks", "details", "exit_code", "following", "good", "outcome", "outputs", "problem"),
    *("schema", "step", "subject", "timeline", "verdict", "why"),
]


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


@given(results)
def test_every_result_is_valid_json_with_the_same_keys(result: Result) -> None:
    document = json.loads(result_json(result), parse_constant=refuse)
    assert list(document) == KEYS
    assert "##[" not in result_json(result)
    assert document["why"] == result.why.encode("utf-8", "replace").decode()
    assert document["exit_code"] == result.exit_code


def test_programs_find_everything() -> None:
    document = json.loads(result_json(FULL))
    assert document["schema"] == 1
    assert (document["outcome"], document["exit_code"], document["good"]) == ("rejected", 10, False)
    assert document["verdict"] == "fail"
    assert document["checks"][2] == {"name": "errors", "verdict": "no-data", "detail": "no sample yet"}
    assert document["changes"][0]["new"] == "shop:1.5"
    assert document["problem"]["log"] == ["no such table: carts"]
    assert document["timeline"][1]["seconds"] == 90.0
    assert document["outputs"] == {"active": "blue"}
    assert document["details"] == {"probes": [1, 2], "share": 0.25}


def test_nothing_checked_is_no_verdict() -> None:
    assert json.loads(result_json(BARE))["verdict"] is None
    assert json.loads(result_json(BARE))["problem"] is None


def test_details_of_any_kind_are_told() -> None:
    details = {
        "check": Check("rollout", Verdict.PASS, "ready"),
        "outcome": Outcome.HELD,
        "infinite": float("inf"),
        "names": {"b", "a"},
        "path": BARE.__class__,
        "none": None,
    }
    told = json.loads(result_json(replace(BARE, details=details)))["details"]
    assert told["check"] == {"name": "rollout", "verdict": "pass", "detail": "ready"}
    assert told["outcome"] == "held"
    assert told["infinite"] == "inf"
    assert told["names"] == ["a", "b"]
    assert "Result" in told["path"]
    assert told["none"] is None


def test_the_evidence_of_a_judge_stands_alone_as_well() -> None:
    details = {"evidence": {"log_e": float("inf")}, "weights": [{"weight": 5}], "api_requests": 9}
    told = json.loads(evidence_json(replace(BARE, details=details)))
    assert told == {
        "schema": 1,
        "outcome": BARE.outcome.value,
        "evidence": {"log_e": "inf"},
        "weights": [{"weight": 5}],
    }


def test_the_text_is_sorted_and_indented() -> None:
    assert result_json(BARE).startswith('{\n  "changes": [],\n  "checks": [],\n')
    assert result_json(BARE).endswith("}\n")
