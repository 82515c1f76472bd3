"""A stop reaches the main thread whatever it waits for: with real signals, real sockets and a process of its own."""

from __future__ import annotations

import json
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0
"""Seconds after which a test has failed; nothing here takes long when it works."""
_HEARS_HANGUPS = ("env", "--default-signal=HUP")
"""Whoever started the tests may have them outlive a terminal, and what they start would, too."""


class Mute:
    """A server that takes every request and answers only when told to."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._taken: queue.SimpleQueue[socket.socket] = queue.SimpleQueue()
        self.requests: list[str] = []
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def asked(self) -> socket.socket:
        """The connection of the next request, once that is here."""
        return self._taken.get(timeout=PATIENCE)

    def answer(self, connection: socket.socket, body: object) -> None:
        text = json.dumps(body).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            self.requests.append(connection.recv(65536).decode().partition("\r\n")[0])
            self._taken.put(connection)


class Program:
    """The process under test."""

    def __init__(self, act: str, server: Mute, folder: Path, started_by: Sequence[str] = _HEARS_HANGUPS) -> None:
        cluster = {"name": "c", "cluster": {"server": server.address}}
        context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
        user = {"name": "u", "user": {"token": "made-up"}}
        file = folder / "kubeconfig"
        parts = {"clusters": [cluster], "contexts": [context], "users": [user], "current-context": "c"}
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **parts}))
        words = [*started_by, sys.executable, "-m", "tests.unit.stopping.program", act, server.address, str(file)]
        self._process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._said: list[str] = []

    def is_sent(self, number: signal.Signals) -> None:
        """Send a signal that it does not hear."""
        self._process.send_signal(number)

    def gets(self, number: signal.Signals) -> None:
        """Send a signal; returns when it is known to have come: two threads hear of it, and either may speak first."""
        self._process.send_signal(number)
        assert self._process.stdout
        line = self._process.stdout.readline().strip()
        if line.startswith("ended: "):
            self._said.append(line)
        else:
            assert line == f"told {number.name}"

    def is_left_alone(self) -> None:
        """End its lifeline, as the death of the process that started it does."""
        assert self._process.stdin
        self._process.stdin.close()

    def ended(self) -> str:
        """What its act came to."""
        self._process.wait(timeout=PATIENCE)
        assert self._process.stdout
        lines = [*self._said, *self._process.stdout.read().splitlines()]
        return next(line.removeprefix("ended: ") for line in lines if line.startswith("ended: "))

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()


@pytest.fixture
def server() -> Mute:
    return Mute()


@pytest.fixture
def program(request: pytest.FixtureRequest, server: Mute, tmp_path: Path) -> Iterator[Program]:
    started = Program(request.param, server, tmp_path)
    yield started
    started.end()


acts = pytest.mark.parametrize  # what the program does


@acts("program", ["read", "probe"], indirect=True)
def test_a_read_that_hangs_is_left_at_once(program: Program, server: Mute) -> None:
    server.asked()
    program.gets(signal.SIGINT)
    assert program.ended() == "Cancelled stopped: SIGINT"
    assert len(server.requests) == 1, "nothing is asked again"


@acts("program", ["read"], indirect=True)
def test_a_run_whose_terminal_is_gone_stops(program: Program, server: Mute) -> None:
    server.asked()
    program.gets(signal.SIGHUP)
    assert program.ended() == "Cancelled stopped: SIGHUP"


def test_a_run_that_is_to_outlive_its_terminal_does(server: Mute, tmp_path: Path) -> None:
    program = Program("read", server, tmp_path, started_by=["nohup"])
    server.asked()
    program.is_sent(signal.SIGHUP)
    program.gets(signal.SIGTERM)
    assert program.ended() == "Cancelled stopped: SIGTERM"
    program.end()


@acts("program", ["change"], indirect=True)
def test_a_change_under_way_that_is_answered_in_time_is_known_to_have_happened(program: Program, server: Mute) -> None:
    connection = server.asked()
    program.gets(signal.SIGINT)
    server.answer(connection, {"metadata": {"name": "one", "resourceVersion": "2"}})
    assert program.ended() == str({"metadata": {"name": "one", "resourceVersion": "2"}})


@acts("program", ["change"], indirect=True)
def test_a_change_that_is_not_answered_in_time_is_left_behind_and_said_to_be(program: Program, server: Mute) -> None:
    server.asked()
    program.gets(signal.SIGINT)
    words = "stopped: SIGINT, before PUT /api/v1/namespaces/shop/configmaps/one was answered: its outcome is not known"
    assert program.ended() == f"Cancelled {words}"
    assert len(server.requests) == 1


@acts("program", ["change"], indirect=True)
def test_a_change_that_breaks_after_the_stop_is_not_tried_again(program: Program, server: Mute) -> None:
    connection = server.asked()
    program.gets(signal.SIGINT)
    connection.close()
    assert program.ended() == "Cancelled stopped: SIGINT"
    assert len(server.requests) == 1


@acts("program", ["change"], indirect=True)
def test_a_second_signal_disturbs_nothing_and_the_first_is_the_reason(program: Program, server: Mute) -> None:
    connection = server.asked()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        program.gets(number)
    connection.close()
    assert program.ended() == "Cancelled stopped: SIGINT"


@acts("program", ["busy"], indirect=True)
def test_a_call_that_no_signal_ends_is_left_too(program: Program, server: Mute) -> None:
    server.asked()
    program.gets(signal.SIGTERM)
    assert program.ended() == "Cancelled stopped: SIGTERM"


@acts("program", ["read"], indirect=True)
def test_the_end_of_the_lifeline_stops_as_a_signal_does(program: Program, server: Mute) -> None:
    server.asked()
    program.is_left_alone()
    assert program.ended() == "Cancelled stopped: the process that started us is gone"


@acts("program", ["at-once"], indirect=True)
def test_nothing_begins_after_a_signal_even_before_the_stop_itself_is_told(program: Program) -> None:
    assert program.ended() == "Cancelled stopped: SIGINT"


@acts("program", ["early"], indirect=True)
def test_a_signal_that_comes_before_anybody_listens_is_kept(program: Program) -> None:
    assert program.ended() == "Cancelled stopped: SIGINT"


@acts("program", ["late", "late-read"], indirect=True)
def test_nothing_is_asked_for_after_a_stop(program: Program, server: Mute) -> None:
    assert program.ended() == "Cancelled stopped: SIGINT"
    assert server.requests == []


@acts("program", ["parting"], indirect=True)
def test_the_lock_is_given_back_after_a_stop(program: Program, server: Mute) -> None:
    server.answer(server.asked(), {"kind": "Lease"})
    assert program.ended() == str({"kind": "Lease"})


@acts("program", ["parting"], indirect=True)
def test_nobody_waits_long_for_a_lock_that_cannot_be_given_back(program: Program, server: Mute) -> None:
    server.asked()
    assert program.ended() == "Cancelled stopped: SIGINT"
