"""`pointsman power`, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from pointsman.entry.cli import cli
from pointsman.entry.power_question import per_second_of, settings_for, weights_of
from pointsman.judge.tolerance import STRICT

ASKED = ("--traffic", "100/s", "--weight", "5,10", "--baseline", "0.5%", "--detect", "2%")


def power(*words: str) -> Result:
    return CliRunner().invoke(cli, ["power", *words])


def test_it_answers_for_each_weight() -> None:
    done = power(*ASKED)
    assert done.exit_code == 0
    assert "100/s in all, 0.5% bad now, 2% to be found; error-rate, tolerant" in done.output
    assert [line.split()[0] for line in done.output.splitlines()[3:5]] == ["5", "10"]


def test_it_answers_programs() -> None:
    assert [one["weight"] for one in json.loads(power(*ASKED, "--output", "json").output)] == [5, 10]


def test_a_percentile_is_asked_as_a_share_of_slow_requests() -> None:
    assert "p99, tolerant" in power(*ASKED, "--objective", "p99 ok<500ms rollback>2s").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--traffic", "much"), "--traffic: 'much' is no rate: write it like 100/s"),
        (("--weight", "5;10"), "--weight: '5;10' is no list of weights"),
        (("--baseline", "0.5"), "--baseline: '0.5' is no share of the requests"),
        (("--detect", "0.1%"), "is no regression"),
        (("--within", "5m"), "are too short to find the regression"),
        (("--within", "soon"), "--within: 'soon' is not a duration"),
        (("--objective", "error-rate ok<1%"), "has no threshold 'rollback'"),
    ],
)
def test_what_makes_no_sense_exits_2_and_is_named(words: tuple[str, ...], said: str) -> None:
    done = power(*ASKED, *words)
    assert done.exit_code == 2
    assert said in done.output


def test_long_enough_is_not_refused() -> None:
    assert power(*ASKED, "--within", "30m").exit_code == 0


@pytest.mark.parametrize(
    ("text", "rate"), [("100/s", 100), ("6000/min", 100), ("3600/h", 1), ("2.5", 2.5), (" 7/s ", 7)]
)
def test_a_rate_has_a_unit_of_time(text: str, rate: float) -> None:
    assert per_second_of(text) == rate


def test_weights_are_percent_with_or_without_the_sign() -> None:
    assert weights_of("5, 10%,12.5") == [5, 10, 12.5]


def test_the_objective_in_question_has_half_of_the_bound() -> None:
    settings = settings_for("success-rate ok>99% rollback<95%", "strict")
    assert len(settings.objectives) == 2
    assert settings.tolerance == STRICT


def test_the_judge_is_loaded_only_when_it_is_asked() -> None:
    code = "import sys, pointsman.entry.cli; sys.exit('pointsman.judge.power' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
