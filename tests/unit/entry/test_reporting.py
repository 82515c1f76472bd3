"""One result, told everywhere, and never told wrongly because a report failed."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pointsman.adapters.forges.none import NoForge
from pointsman.entry.console import LiveProgress, PlainProgress, foldable
from pointsman.entry.context import CiContext
from pointsman.entry.failing import cancelled, defect, refused
from pointsman.entry.reporting import forge_for, tell
from pointsman.model.errors import Cancelled, ConflictError, InputError, RemoteError, Unreachable
from pointsman.model.result import Change, Outcome, Result
from pointsman.testing import FakeClock

SWITCHED = Result("blue-green-switch", "shop", Outcome.SWITCHED, "shop:2 serves", outputs={"active": "shop-green"})
REJECTED = Result("blue-green-switch", "shop", Outcome.REJECTED, "shop:2 is sick")
SETTINGS: dict[str, Any] = {"output": "text", "summary": "always"}


def github(folder: Path) -> CiContext:
    return CiContext(kind="github", output_path=str(folder / "out"), summary_path=str(folder / "summary"))


def test_outputs_and_summary_are_written_for_a_pipeline(tmp_path: Path) -> None:
    tell(SWITCHED, github(tmp_path), SETTINGS, NoForge(), colour=False)
    written = (tmp_path / "out").read_text()
    assert "outcome<<" in written
    assert "\nswitched\n" in written
    assert "\nshop-green\n" in written
    assert "shop:2 serves" in (tmp_path / "summary").read_text()


@pytest.mark.parametrize(
    ("wish", "result", "written"),
    [
        pytest.param("never", REJECTED, False, id="never means never"),
        pytest.param("on-change", SWITCHED, False, id="nothing changed"),
        pytest.param("on-change", REJECTED, True, id="a bad end is always told"),
        pytest.param(
            "on-change",
            Result("rollback", "shop", Outcome.ROLLED_BACK, "back", changes=(Change("shop", "serves", "a", "b"),)),
            True,
            id="something changed",
        ),
    ],
)
def test_a_summary_is_written_as_wished(wish: str, result: Result, written: bool, tmp_path: Path) -> None:
    tell(result, github(tmp_path), {**SETTINGS, "summary": wish}, NoForge(), colour=False)
    assert (tmp_path / "summary").exists() is written


def test_a_bad_end_is_an_error_annotation_and_a_good_one_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(REJECTED, github(tmp_path), SETTINGS, NoForge(), colour=False)
    assert "::error title=pointsman blue-green-switch::shop%3A2" in capsys.readouterr().out.replace(":2", "%3A2")
    tell(SWITCHED, github(tmp_path), SETTINGS, NoForge(), colour=False)
    assert "::error" not in capsys.readouterr().out


def test_a_report_that_cannot_be_written_is_a_notice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lost = CiContext(kind="github", output_path=str(tmp_path / "no" / "such" / "folder"))
    tell(SWITCHED, lost, SETTINGS, NoForge(), colour=False)
    assert "::notice title=pointsman::" in capsys.readouterr().out


def test_json_stands_alone_on_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell(REJECTED, github(tmp_path), {**SETTINGS, "output": "json"}, NoForge(), colour=False)
    assert json.loads(capsys.readouterr().out)["outcome"] == "rejected"


def test_a_report_folder_gets_both_forms(tmp_path: Path) -> None:
    tell(SWITCHED, CiContext(), {**SETTINGS, "report-dir": str(tmp_path / "r")}, NoForge(), colour=False)
    assert json.loads((tmp_path / "r" / "report.json").read_text())["outcome"] == "switched"
    assert "shop:2 serves" in (tmp_path / "r" / "report.md").read_text()


def test_a_report_folder_has_test_cases_wherever_it_is(tmp_path: Path) -> None:
    tell(REJECTED, CiContext(), {**SETTINGS, "report-dir": str(tmp_path)}, NoForge(), colour=False)
    assert "Rejected: shop:2 is sick" in (tmp_path / "junit.xml").read_text()
    assert not (tmp_path / "outputs.env").exists()


def test_a_gitlab_job_gets_its_variables_and_links(tmp_path: Path) -> None:
    context = CiContext(kind="gitlab", run_url="https://gitlab.example/acme/shop/-/jobs/9", workspace=str(tmp_path))
    wishes = {"report-dir": str(tmp_path / "r"), "environment": "production", "environment-url": "https://shop.example"}
    tell(SWITCHED, context, {**SETTINGS, **wishes}, NoForge(), colour=False)
    assert "POINTSMAN_OUT_ACTIVE=shop-green\n" in (tmp_path / "r" / "outputs.env").read_text()
    links = [one["external_link"] for one in json.loads((tmp_path / "r" / "annotations.json").read_text())["pointsman"]]
    assert links[0] == {"label": "production", "url": "https://shop.example"}
    assert links[1]["url"] == "https://gitlab.example/acme/shop/-/jobs/9/artifacts/file/r/report.md"


def test_progress_on_gitlab_can_be_folded_and_nowhere_else_is_there_a_section() -> None:
    for kind, sections in (("gitlab", 2), ("github", 0), ("jenkins", 0), ("none", 0)):
        stream = io.StringIO()
        with foldable(kind, "canary-step", "Pointsman canary-step", stream):  # type: ignore[arg-type]
            print("[0 s] at work", file=stream)
        assert stream.getvalue().count("section_") == sections


def test_the_evidence_of_a_judge_gets_a_file_and_an_output_of_its_own(tmp_path: Path) -> None:
    judged = replace(SWITCHED, details={"evidence": {"log_e": 0.5}})
    context = CiContext(output_path=str(tmp_path / "outputs"))
    tell(judged, context, {**SETTINGS, "report-dir": str(tmp_path)}, NoForge(), colour=False)
    assert json.loads((tmp_path / "evidence.json").read_text())["evidence"] == {"log_e": 0.5}
    assert str(tmp_path / "evidence.json") in (tmp_path / "outputs").read_text()


def test_a_dry_run_never_turns_a_required_status_green() -> None:
    context = CiContext(kind="github", repository="acme/shop", sha="a" * 40, token="made-up")
    wishes = {"commit-status": "true", "deployment": "off", "environment": "", "environment-url": ""}
    assert isinstance(forge_for(context, {**wishes, "dry-run": True}), NoForge)
    assert not isinstance(forge_for(context, {**wishes, "dry-run": False}), NoForge)


@pytest.mark.parametrize(
    ("error", "code"),
    [(InputError("no", "do"), 2), (RemoteError("no", "do"), 3), (ConflictError("no", "do"), 4)],
    ids=["input", "remote", "conflict"],
)
def test_an_error_keeps_its_exit_code_and_its_advice(error: InputError, code: int) -> None:
    result = refused("rollback", "shop", error)
    assert (result.exit_code, result.why, result.following) == (code, "no", ("do",))


def test_an_error_in_the_middle_of_a_release_says_where_users_are() -> None:
    for error, told in ((Unreachable("no", "do"), refused), (Cancelled("no", "do"), cancelled)):
        error.standing = "30 % on shop-canary"
        assert told("canary-step", "shop", error).why == "no; 30 % on shop-canary"


def test_a_cancelled_step_and_a_defect_have_codes_of_their_own() -> None:
    assert cancelled("rollback", "shop", Cancelled("stopped", "again")).exit_code == 130
    assert defect("rollback", "shop", ZeroDivisionError("x")).exit_code == 1


def test_plain_progress_tells_a_wait_once_and_again_after_a_while() -> None:
    clock, stream = FakeClock(), io.StringIO()
    progress = PlainProgress(clock, stream)
    progress.waiting("1 of 2 ready", 1, 60)
    progress.waiting("1 of 2 ready", 2, 60)
    clock.sleep(25)
    progress.waiting("1 of 2 ready", 27, 60)
    progress.waiting("2 of 2 ready", 28, 60)
    assert [line.count("of 2 ready") for line in stream.getvalue().splitlines()] == [1, 1, 1]


def test_reasons_of_a_wait_that_take_turns_are_told_once_and_again_after_a_while_or_an_event() -> None:
    clock, stream = FakeClock(), io.StringIO()
    progress = PlainProgress(clock, stream)

    def told(seconds: int) -> list[str]:
        before = len(stream.getvalue())
        for second in range(seconds):
            progress.waiting(f"shop-{second % 2} cannot be asked", second, 60)
            clock.sleep(1)
        return [line.partition("… ")[2].split()[0] for line in stream.getvalue()[before:].splitlines()]

    assert told(20) == ["shop-0", "shop-1"]
    assert told(20) == ["shop-0", "shop-1"]
    progress.say("shop serves")
    assert told(2) == ["shop-0", "shop-1"]


def test_no_line_of_progress_can_be_a_workflow_command() -> None:
    stream = io.StringIO()
    PlainProgress(FakeClock(), stream).say("::set-output name=outcome::hacked\n::error::x")
    assert not any(line.lstrip().startswith("::") for line in stream.getvalue().splitlines())


def test_live_progress_writes_its_line_over_and_leaves_a_clean_one() -> None:
    stream = io.StringIO()
    progress = LiveProgress(FakeClock(), stream)
    progress.waiting("1 of 2 ready", 1, 60)
    progress.say("ready")
    assert stream.getvalue().endswith("ready\n")
    assert "\r" in stream.getvalue()
