"""What the local platform promises beside its ports: the pure parts, and processes that outlive their
keeper."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.local import envoy, proxy
from pointsman.adapters.local.files import replace_file
from pointsman.adapters.local.layout import Folder, folder_of
from pointsman.adapters.local.process import is_alive, start_mark
from pointsman.adapters.local.rollout import Patience, moves
from pointsman.adapters.local.routes import Written, cookie_pattern, routes, written_in
from pointsman.adapters.local.service import Service, define, image_of, service_of
from pointsman.adapters.local.state import LEAVING, READY, STARTING, Desired, Instance, read_state
from pointsman.adapters.probers.http_url import ask
from pointsman.adapters.routers.local_envoy import LocalEnvoyRouter, split_of
from pointsman.adapters.workloads.local_process import LocalProcessWorkload
from pointsman.model.errors import ConflictError, InputError
from pointsman.model.split import Match, Split
from pointsman.model.version import Problem
from tests.contract.local_service import BLUE, GREEN, described, until
from tests.contract.worlds import remove_all


def instance(name: str, template: str = "new", phase: str = READY) -> Instance:
    return Instance(name, 8000, 1, "mark", template, phase)


def wanted(instances: int) -> Desired:
    return Desired("shop:v2", ("shop",), "new", instances, 2)


@pytest.mark.parametrize(
    ("there", "instances", "start", "leave"),
    [
        pytest.param([], 2, 2, set(), id="nothing-runs-yet"),
        pytest.param([instance("a"), instance("b")], 2, 0, set(), id="all-is-as-wanted"),
        pytest.param([instance("a", "old")], 1, 1, set(), id="the-old-one-serves-until-replaced"),
        pytest.param([instance("a", "old"), instance("b")], 1, 0, {"a"}, id="the-old-one-is-replaced"),
        pytest.param([instance("a", "old"), instance("b", phase=STARTING)], 1, 0, set(), id="the-new-one-starts"),
        pytest.param([instance("a", "old", STARTING)], 1, 1, {"a"}, id="an-old-one-of-no-use-goes"),
        pytest.param([instance("a"), instance("b")], 1, 0, {"b"}, id="the-newest-goes-first"),
        pytest.param([instance("a", phase=STARTING), instance("b")], 1, 0, {"a"}, id="the-one-not-ready-goes-first"),
        pytest.param([instance("a", phase=LEAVING)], 1, 1, set(), id="one-that-leaves-does-not-count"),
        pytest.param([instance("a"), instance("b", "old")], 0, 0, {"a", "b"}, id="none-is-wanted"),
    ],
)
def test_new_instances_come_before_old_ones_go(
    there: list[Instance], instances: int, start: int, leave: set[str]
) -> None:
    planned = moves(wanted(instances), there)
    assert (planned.start, set(planned.leave)) == (start, leave)


def test_a_third_quick_exit_is_a_loop_and_each_restart_waits_longer() -> None:
    patience, waits = Patience(), []
    for _ in range(3):
        assert not patience.looping
        patience = patience.after_exit(lived=0.1, now=0.0)
        waits.append(patience.not_before)
    assert patience.looping
    assert waits == sorted(set(waits))


def test_an_exit_after_a_long_life_is_forgiven() -> None:
    patience = Patience(quick_exits=5).after_exit(lived=3600.0, now=0.0)
    assert not patience.looping


@pytest.mark.parametrize("rule", [None, Match("always", header="X-Canary"), Match("a b+c", cookie="ring")], ids=str)
def test_written_routes_read_back_as_they_were_written(rule: Match | None) -> None:
    written = Written(7, {BLUE: 70, GREEN: 30}, rule, GREEN if rule else "")
    assert written_in(routes(written)) == written


@pytest.mark.parametrize(
    ("header", "fits"),
    [
        pytest.param("over=abc123", True, id="alone"),
        pytest.param("a=1; over=abc123; b=2", True, id="among-others"),
        pytest.param("a=1;over=abc123;b=2", True, id="without-spaces"),
        pytest.param("over=abc123x", False, id="a-longer-value"),
        pytest.param("over=xabc123", False, id="a-longer-value-in-front"),
        pytest.param("moreover=abc123", False, id="a-longer-name"),
        pytest.param("a=over=abc123", False, id="inside-another-value"),
        pytest.param("over=", False, id="no-value"),
        pytest.param("", False, id="no-cookie"),
    ],
)
def test_a_cookie_fits_as_a_whole_or_not_at_all(header: str, fits: bool) -> None:
    assert bool(re.fullmatch(cookie_pattern("over", "abc123"), header)) is fits


def test_a_cookie_with_a_value_that_looks_like_a_pattern_fits_only_itself() -> None:
    pattern = cookie_pattern("ring", "a.*(b")
    assert re.fullmatch(pattern, "x=1; ring=a.*(b")
    assert not re.fullmatch(pattern, "ring=aXX(b")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"resources": []}', '{"version_info": "x"}'])
def test_routes_that_somebody_else_wrote_are_not_guessed_at(text: str) -> None:
    with pytest.raises(ValueError, match="Pointsman"):
        written_in(text)


def test_a_third_version_with_requests_fits_no_split() -> None:
    with pytest.raises(InputError, match="shop-red"):
        split_of({"shop-red": 100, BLUE: 0}, BLUE, GREEN)
    assert split_of({"shop-red": 0, BLUE: 100}, BLUE, GREEN) == Split(BLUE, GREEN, 0)


def test_an_unknown_image_is_refused_by_naming_those_there_are(tmp_path: Path) -> None:
    folder, _ = described(tmp_path)
    with pytest.raises(InputError, match="shop:v7") as refused:
        image_of(folder, "shop:v7")
    assert "shop:v1, shop:v2" in refused.value.advice


def test_the_same_image_name_for_another_command_is_another_image(tmp_path: Path) -> None:
    folder, service = described(tmp_path)
    before = image_of(folder, "shop:v1").identity
    define(folder, service, {"shop:v1": ["true"]})
    assert image_of(folder, "shop:v1").identity != before


@pytest.mark.parametrize(
    "text",
    ["", "service: shop", "port: a", "colour: blue", "service: s\nport: 1\nadmin-port: 2\nversions: [a]"],
)
def test_a_wrong_service_file_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    folder = Folder(tmp_path)
    folder.service.write_text(text)
    with pytest.raises(InputError, match=r"service\.yaml"):
        service_of(folder)


@pytest.mark.parametrize("namespace", ["..", "a/b", "", "A", "/etc"])
def test_a_namespace_cannot_lead_out_of_the_local_root(tmp_path: Path, namespace: str) -> None:
    with pytest.raises(InputError, match="namespace"):
        folder_of(tmp_path, namespace)


def test_a_process_id_given_to_somebody_else_is_not_our_process() -> None:
    mark = start_mark(os.getpid())
    assert is_alive(os.getpid(), mark)
    assert not is_alive(os.getpid(), "another start")
    assert not is_alive(os.getpid(), "")


def test_a_version_the_service_does_not_have_is_refused(running_service: tuple[Folder, Service]) -> None:
    folder, service = running_service
    router = LocalEnvoyRouter(folder, service, SystemClock(), BLUE, GREEN)
    with pytest.raises(InputError, match="shop-red"):
        router.write(Split(BLUE, "shop-red", 50))
    assert router.read().share("shop-red") == 0


def test_routes_that_envoy_refuses_are_never_taken_for_served(
    running_service: tuple[Folder, Service],
) -> None:
    folder, service = running_service
    clock, split = SystemClock(), Split(BLUE, GREEN, 100)
    router = LocalEnvoyRouter(folder, service, clock, BLUE, GREEN)
    router.write(Split(BLUE, GREEN, 0))
    router.stamp()
    number = written_in(folder.routes.read_text()).number
    until(lambda: proxy.routes_version(service.admin_port) == str(number))
    refused_before = proxy.routes_rejected(service.admin_port)
    replace_file(folder.routes, routes(Written(number + 9, {BLUE: 0, GREEN: 100, "shop-red": 0})))
    until(lambda: proxy.routes_rejected(service.admin_port) > refused_before)
    effect = router.settled(split)
    assert not effect.reached
    assert f"{number + 9} is written" in effect.detail
    assert ask(f"http://127.0.0.1:{service.port}/", clock, 5.0, envoy.SERVED_BY).marker == BLUE


def test_routes_broken_by_hand_are_a_conflict_and_not_overwritten(tmp_path: Path) -> None:
    folder, service = described(tmp_path)
    folder.discovery.mkdir(parents=True)
    folder.routes.write_text("{}")
    router = LocalEnvoyRouter(folder, service, SystemClock(), BLUE, GREEN)
    with pytest.raises(ConflictError):
        router.write(Split(BLUE, GREEN, 100))
    assert folder.routes.read_text() == "{}"


def test_envoy_counts_what_each_version_answered(running_service: tuple[Folder, Service]) -> None:
    folder, service = running_service
    router = LocalEnvoyRouter(folder, service, SystemClock(), BLUE, GREEN)
    router.read()
    router.write(Split(BLUE, GREEN, 100))
    before = router.counters(GREEN)
    until(lambda: router.settled(Split(BLUE, GREEN, 100)).reached)
    after = router.counters(GREEN)
    assert after.succeeded - before.succeeded >= 60
    assert after.server_errors == before.server_errors


def test_instances_outlive_their_supervisor_and_the_next_one_finds_them(tmp_path: Path) -> None:
    folder, service = described(tmp_path)
    workload = LocalProcessWorkload(folder, service, SystemClock())
    try:
        workload.deploy(BLUE, "shop:v1", 1)
        (before,) = instances_when_rolled_out(workload, 1)
        os.kill(supervisor_of(folder, BLUE), signal.SIGKILL)
        until(lambda: not workload.supervised(BLUE))
        state = workload.observe(BLUE)
        assert state is not None
        assert state.ready == 1
        workload.scale(BLUE, 2)
        assert before in instances_when_rolled_out(workload, 2)
    finally:
        remove_all(folder, service)


def test_an_instance_gets_nothing_of_the_step_that_started_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what a pipeline trusts it with, nor the folder of its code, which is gone after the job."""
    theirs = {"GITHUB_TOKEN": "secret", "PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1", "SHOP_COLOUR": "red"}
    for name, text in theirs.items():
        monkeypatch.setenv(name, text)
    folder, service = described(tmp_path)
    workload = LocalProcessWorkload(folder, service, SystemClock())
    try:
        workload.deploy(BLUE, "shop:v1", 1)
        (number,) = instances_when_rolled_out(workload, 1)
        inherited = {word.partition("=")[0] for word in Path(f"/proc/{number}/environ").read_text().split("\0")}
    finally:
        remove_all(folder, service)
    assert inherited & theirs.keys() == {"SHOP_COLOUR"}
    assert {"PORT", "VERSION", "IMAGE"} <= inherited


def test_an_instance_that_is_killed_is_replaced(tmp_path: Path) -> None:
    folder, service = described(tmp_path)
    workload = LocalProcessWorkload(folder, service, SystemClock())
    try:
        workload.deploy(BLUE, "shop:v1", 1)
        (before,) = instances_when_rolled_out(workload, 1)
        os.kill(before, signal.SIGKILL)
        until(lambda: before not in instances_when_rolled_out(workload, 1))
        assert len(instances_when_rolled_out(workload, 1)) == 1
    finally:
        remove_all(folder, service)


def test_an_instance_that_never_gets_ready_is_waited_for_and_can_be_taken_away(tmp_path: Path) -> None:
    folder, service = described(tmp_path)
    workload = LocalProcessWorkload(folder, service, SystemClock())
    try:
        workload.deploy(BLUE, "shop:never-ready", 1)
        until(lambda: bool(read_state(folder.version(BLUE)).instances))
        state = workload.observe(BLUE)
        assert state is not None
        assert (state.ready, state.updated, workload.addresses(BLUE)) == (0, 1, ())
    finally:
        remove_all(folder, service)
    assert workload.observe(BLUE) is None


def test_last_words_are_log_lines_and_events_of_the_instance(tmp_path: Path) -> None:
    folder, service = described(tmp_path)
    workload = LocalProcessWorkload(folder, service, SystemClock())
    try:
        workload.deploy(BLUE, "shop:crashing", 1)
        until(lambda: problem_of(workload) is not None)
        problem = problem_of(workload)
        assert problem is not None
        assert any("no stock" in line for line in problem.log)
        assert any("exited with 1" in event for event in problem.events)
        assert workload.last_words(BLUE, "../../images") == ((), ())
    finally:
        remove_all(folder, service)


def instances_when_rolled_out(workload: LocalProcessWorkload, count: int) -> set[int]:
    def as_wanted() -> bool:
        state = workload.observe(BLUE)
        return state is not None and state.rolled_out and state.desired == count

    until(as_wanted)
    return {each.pid for each in read_state(workload.folder.version(BLUE)).instances}


def problem_of(workload: LocalProcessWorkload) -> Problem | None:
    state = workload.observe(BLUE)
    return state.problem if state else None


def supervisor_of(folder: Folder, name: str) -> int:
    """The process that the supervisor's instances were started by."""
    (instance,) = read_state(folder.version(name)).instances
    after_name = Path(f"/proc/{instance.pid}/stat").read_text().rpartition(")")[2].split()
    return int(after_name[1])
