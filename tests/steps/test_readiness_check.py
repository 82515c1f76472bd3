"""readiness-check: facts from every source, one verdict, outputs for the pipeline, and inputs that fit together."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.entry.cli import run_step
from pointsman.entry.spec import READINESS_CHECK
from pointsman.entry.values import values_of
from pointsman.entry.wiring import refuse_contradictions
from pointsman.model.errors import Cancelled, InputError
from pointsman.model.evidence import Verdict
from pointsman.model.readiness import Answer, Facts, OwnCheck, Settings, Severity, Statement, TestRun, failed
from pointsman.model.result import Outcome
from pointsman.steps.readiness_check import ReadinessInputs, ReadinessSite, gather, run
from pointsman.strategy.readiness.verdict import FailOn
from pointsman.testing import FakeClock, FakeObjects, FakeOwn, FakePages, FakeProgress, FakeRuns, FakeScans
from tests.readiness.sets import HERE
from tests.unit.strategy.readiness_facts import deployment, page, service, words

INPUTS = ReadinessInputs("shop", "", "", Settings(), FailOn.REQUIRED, 0)


def site(**more: Any) -> ReadinessSite:
    return replace(
        ReadinessSite(
            manifests=FakeObjects((deployment(), service())),
            cluster=None,
            pages=FakePages((page("docs/rollback.md", words(40)),)),
            runs=(),
            scans=None,
            own=FakeOwn(),
            clock=FakeClock(),
            progress=FakeProgress(),
        ),
        **more,
    )


def test_facts_come_from_every_source() -> None:
    live = deployment("other", live=True)
    cluster = FakeObjects((live, deployment("shop", live=True)), {"Ingress": "not permitted: list ingresses"})
    runs = (FakeRuns((TestRun("unit", "success", "1 passed"),)), FakeRuns("GitHub is not asked"))
    facts = gather(site(cluster=cluster, runs=runs, scans=FakeScans()), replace(INPUTS, namespace="shop"))
    assert [(item.name, item.live) for item in facts.of("Deployment")] == [("shop", False), ("other", True)]
    assert facts.unreadable == {"Ingress": "not permitted: list ingresses", "CI": "GitHub is not asked"}
    assert [one.name for one in facts.runs or ()] == ["unit"]
    assert (facts.today, facts.cluster, facts.scans) == (date(2026, 1, 1), True, ())


def test_a_source_that_was_not_given_is_not_an_empty_one() -> None:
    facts = gather(site(pages=None), INPUTS)
    assert (facts.pages, facts.runs, facts.scans, facts.cluster) == (None, None, None, False)


def test_a_service_that_nothing_is_about_is_a_slip_and_no_finding() -> None:
    with pytest.raises(InputError, match="neither a Service shpo nor a workload of it in the manifests") as slip:
        run(site(), replace(INPUTS, service="shpo"))
    assert slip.value.advice == "Services that are there: shop"
    nowhere = site(manifests=None, cluster=FakeObjects())
    with pytest.raises(InputError, match="in namespace elsewhere") as slip:
        run(nowhere, replace(INPUTS, namespace="elsewhere"))
    assert "check --namespace" in slip.value.advice


def test_a_service_that_may_not_be_looked_for_is_unknown() -> None:
    hidden = FakeObjects((), {"Service": "not permitted: list services"})
    result = run(site(manifests=None, cluster=hidden), replace(INPUTS, namespace="shop"))
    assert "service-selects" in result.outputs["unknown"].split(",")


def test_what_may_go_on_without_being_ready_is_not_called_ready() -> None:
    result = run(site(), replace(INPUTS, fail_on=FailOn.NEVER))
    assert (result.outcome, result.exit_code) == (Outcome.NOT_READY, 0)
    assert "without proof" in result.why


def test_the_result_has_the_verdict_the_checks_and_the_outputs() -> None:
    waived = {"monitoring": Statement("ana", "we know", date(2026, 1, 1))}
    result = run(site(), replace(INPUTS, settings=Settings(waivers=waived)))
    assert (result.outcome, result.exit_code) == (Outcome.NOT_READY, 10)
    verdicts = {check.name: check.verdict for check in result.checks}
    assert verdicts["alerts"] is Verdict.FAIL
    assert verdicts["unit-tests"] is Verdict.NO_DATA
    assert verdicts["monitoring"] is Verdict.PASS
    assert verdicts["replicas of Deployment/shop"] is Verdict.PASS
    assert result.outputs["waived"] == "monitoring"
    assert "alerts" in result.outputs["failed"].split(",")
    assert "unit-tests" in result.outputs["unknown"].split(",")
    assert result.following[0].startswith("alerts: ")
    assert len(result.following) == 5


def test_own_checks_count_and_one_that_is_off_is_not_asked() -> None:
    own = {"mine": OwnCheck("mine", "a.py:b"), "off": OwnCheck("off", "a.py:c", Severity.OFF)}
    asked = FakeOwn({"mine": (failed("no", "do"),), "off": (failed("no", "do"),)})
    result = run(site(own=asked), replace(INPUTS, settings=Settings(own=own)))
    assert "mine" in result.outputs["failed"].split(",")
    assert "off" not in result.outputs["failed"].split(",")


class Endless:
    """Own checks that never answer."""

    def ask(self, checks: Iterable[OwnCheck], facts: Facts) -> Mapping[str, tuple[Answer, ...]]:  # noqa: ARG002 - the port names them
        threading.Event().wait()
        return {}


def test_an_own_check_that_takes_its_time_does_not_keep_the_run_from_stopping() -> None:
    clock = SystemClock()
    threading.Timer(0.1, clock.stop, ["SIGINT"]).start()
    with pytest.raises(Cancelled):
        run(site(own=Endless(), clock=clock), INPUTS)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({}, "nothing to look at", id="neither manifests nor a namespace"),
        pytest.param({"manifests": "a", "platform": "local"}, "--platform local", id="no objects there"),
        pytest.param({"manifests": "a", "context": "prod"}, "mean nothing without --namespace", id="a cluster unasked"),
        pytest.param({"manifests": "a", "min-score": "101"}, "more than 100", id="no such score"),
    ],
)
def test_T45_inputs_that_would_be_ignored_are_errors(given: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        refuse_contradictions("readiness-check", values_of(READINESS_CHECK, {"service": "shop", **given}))


def test_T45_outputs_say_what_was_found_not_what_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole command: exit code, outputs, report folder with SARIF."""
    texts = {
        "service": "shop", "manifests": str(HERE / "careless/deploy"), "repository": str(HERE / "careless"),
        "report-dir": str(tmp_path / "report"), "config": "",
    }  # fmt: skip
    outputs = tmp_path / "outputs"
    code = run_step(READINESS_CHECK, texts, {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(outputs)})
    assert code == 10
    told = outputs.read_text()
    assert "not-ready" in told
    assert str(tmp_path / "report/readiness.sarif") in told
    assert (tmp_path / "report/readiness.sarif").is_file()
    assert "::error" in capsys.readouterr().out
