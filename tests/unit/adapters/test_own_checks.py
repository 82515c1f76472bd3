"""Checks of the user's own: functions in Python files, asked in a process of their own that may break or hang."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pointsman.adapters.evidence.own_checks import OwnChecks
from pointsman.model.errors import InputError
from pointsman.model.readiness import Answer, OwnCheck, Status
from tests.unit.strategy.readiness_facts import deployment, facts, service

OWN = """
import os, subprocess, sys, time
from pointsman.model.readiness import failed, passed

def good(facts):
    yield passed(f"{facts.service} is fine, on {facts.today:%d.%m.%Y}")

def bad(facts):
    return [failed("it is not", "mend it", facts.items[0].place, {"spec": {"replicas": 2}})]

def broken(facts):
    yield passed("so far")
    raise KeyError("oops")

def ends(facts):
    raise SystemExit(0)

def dies(facts):
    os._exit(7)

def hangs(facts):
    while True:
        pass

def waits(facts):
    started = subprocess.Popen(["sleep", "600"])
    open(os.path.join(os.path.dirname(__file__), "started"), "w").write(str(started.pid))
    started.wait()

def crooked(facts):
    yield passed(3)

def silent(facts):
    return []

def strange(facts):
    return ["yes"]

def talks(facts):
    print("looking")
    subprocess.run(["echo", "asking"])
    yield 1

number = 1
"""

ASKING = """
import sys
from tests.unit.adapters.test_own_checks import Path, ask
ask(Path(sys.argv[1]), "waits")
"""
ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(OWN)
    return tmp_path


def ask(folder: Path, *names: str, seconds: float = 20) -> list[Answer]:
    asked = OwnChecks(str(folder), seconds).ask([OwnCheck(name, f"own.py:{name}") for name in names], facts())
    return [answer for name in names for answer in asked[name]]


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("good", Status.PASS, "shop is fine, on 27.11.2026"),
        ("bad", Status.FAIL, "it is not"),
        ("broken", Status.UNKNOWN, "KeyError: 'oops'"),
        ("ends", Status.UNKNOWN, "SystemExit"),
        ("dies", Status.UNKNOWN, "it ended its process, with 7"),
        ("silent", Status.UNKNOWN, "said nothing"),
        ("strange", Status.UNKNOWN, "yielded str"),
        ("crooked", Status.UNKNOWN, "its answer is crooked"),
    ],
)
def test_a_check_says_what_it_says_and_never_breaks_the_step(
    name: str, status: Status, words: str, folder: Path
) -> None:
    (answer,) = ask(folder, name)
    assert answer.status is status
    assert words in answer.evidence


def test_what_it_says_arrives_whole(folder: Path) -> None:
    (answer,) = ask(folder, "bad")
    assert (answer.fix, answer.patch, answer.place) == ("mend it", {"spec": {"replicas": 2}}, facts().items[0].place)


def test_one_that_hangs_is_ended_and_the_next_is_asked_all_the_same(folder: Path) -> None:
    hung, good = ask(folder, "hangs", "good", seconds=1)
    assert (hung.status, hung.evidence) == (Status.UNKNOWN, "it took longer than 1 s, and was ended")
    assert good.status is Status.PASS


def test_what_a_check_started_ends_with_it(folder: Path) -> None:
    ask(folder, "waits", seconds=1)
    number = int((folder / "started").read_text())
    assert any(ended(number) for _ in range(100))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_of_a_check_outlives_who_asked(number: signal.Signals, folder: Path) -> None:
    """However that ended: a run that is cancelled, or killed, cannot end what it started."""
    asking = subprocess.Popen([sys.executable, "-c", ASKING, str(folder)], cwd=ROOT)
    while not (folder / "started").exists() or not (folder / "started").read_text():
        assert asking.poll() is None
        time.sleep(0.05)
    asking.send_signal(number)
    asking.wait()
    started = int((folder / "started").read_text())
    assert any(ended(started) for _ in range(100))


def ended(number: int) -> bool:
    """Whether a process that was killed is gone; a dead one may wait to be collected."""
    time.sleep(0.05)
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize(
    ("run", "words"), [("no.py:x", "does not exist"), ("own.py:x", "no function x"), ("own.py:number", "no function")]
)
def test_a_check_that_is_not_there_is_a_mistake(run: str, words: str, folder: Path) -> None:
    with pytest.raises(InputError, match=words):
        OwnChecks(str(folder)).ask([OwnCheck("mine", run)], facts())


def test_a_file_that_cannot_be_imported_is_unknown(folder: Path) -> None:
    (folder / "own.py").write_text("import no_such_module_anywhere\n")
    (answer,) = ask(folder, "x")
    assert answer.status is Status.UNKNOWN


def test_what_it_prints_is_no_part_of_the_report(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ask(folder, "talks")
    printed = capfd.readouterr()
    assert printed.out == ""
    assert sorted(printed.err.split()) == ["asking", "looking"]


def test_an_expression_that_hangs_is_ended_too(tmp_path: Path) -> None:
    """CEL always ends, and may take years."""
    long = ", ".join(["0"] * 300)
    deep = f"[{long}].all(a, [{long}].all(b, [{long}].all(c, [{long}].all(d, a + b + c + d == 0))))"
    check = OwnCheck("deep", expression=deep)
    asked = OwnChecks(str(tmp_path), 1).ask([check], facts(deployment(), service()))
    assert [(one.status, one.evidence) for one in asked["deep"]] == [
        (Status.UNKNOWN, "it took longer than 1 s, and was ended")
    ]
