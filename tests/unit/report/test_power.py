"""How long each weight takes, for people and for programs."""

from __future__ import annotations

import json
import math

from pointsman.judge.power import Expected
from pointsman.report.power import power_json, power_text

FOUND = [
    Expected(5.0, 5.0, 315.0, 510.0, 555.0, 1080.0, 5400.0),
    Expected(0.5, 0.5, math.inf, math.inf, 7200.0, math.inf, math.inf),
]


def test_each_weight_is_a_line_under_its_headings() -> None:
    lines = power_text("what was asked", FOUND).splitlines()
    assert lines[0] == "what was asked"
    assert lines[2].startswith("weight  candidate  regression found: usually")
    assert lines[3].split("  ")[0] == "5 %"
    assert "5 min 15 s" in lines[3]
    assert lines[4].count("never") == 3
    assert lines[4].endswith("-")


def test_programs_get_seconds_and_null_for_never() -> None:
    first, second = json.loads(power_json(FOUND))
    assert first == {
        "weight": 5.0,
        "per_second": 5.0,
        "detect_usually": 315.0,
        "detect_mostly": 510.0,
        "promote_usually": 555.0,
        "promote_mostly": 1080.0,
        "requests": 5400.0,
    }
    assert second["detect_usually"] is None
