"""From findings to a verdict: severities, statements of people, what nobody may read, the score."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.model.readiness import (
    Area,
    Facts,
    Finding,
    Item,
    OwnCheck,
    Place,
    Settings,
    Severity,
    Statement,
    Status,
    TestRun,
    failed,
    passed,
)
from pointsman.strategy.readiness.gathering import merged, namespace_of
from pointsman.strategy.readiness.policy import POLICY, kinds_of_policy
from pointsman.strategy.readiness.verdict import FailOn, assess, score_of
from tests.unit.strategy.readiness_facts import TODAY, answers, asked, deployment, facts, item, service

HOLDS, OVER = Statement("ana", "we know", TODAY), Statement("ana", "we knew", TODAY - timedelta(days=1))
ALONE = facts(deployment(replicas=1), service())


def settings(**more: object) -> Settings:
    return Settings(**more)  # type: ignore[arg-type]


def finding(check: str, status: Status, severity: Severity = Severity.REQUIRED) -> Finding:
    return Finding(check, check, Area.ROLLOUT, severity, status, "seen")


def test_a_waiver_makes_a_gap_good_and_keeps_it_visible() -> None:
    assert answers("replicas", ALONE, settings(waivers={"replicas": HOLDS})) == [
        (Status.WAIVED, f"as few as 1 instance(s); waived: we know (ana, until {TODAY.isoformat()})")
    ]


def test_a_waiver_whose_last_day_is_over_counts_for_nothing_and_says_so() -> None:
    status, evidence = answers("replicas", ALONE, settings(waivers={"replicas": OVER}))[0]
    assert status is Status.FAIL
    assert evidence.endswith("the waiver by ana expired on 2026-11-26")


def test_an_attestation_answers_for_what_no_object_shows() -> None:
    status, evidence = answers("backup", facts(), settings(attestations={"backup": HOLDS}))[0]
    assert (status, evidence) == (Status.PASS, f"attested: we know (ana, until {TODAY.isoformat()})")


def test_an_attestation_answers_for_what_is_missing_but_never_outweighs_what_was_seen() -> None:
    said = settings(attestations={"alerts": HOLDS, "unit-tests": HOLDS})
    red = replace(facts(), runs=(TestRun("unit", "failure", "1 of 2 failed"),))
    assert answers("alerts", red, said)[0][0] is Status.PASS
    assert answers("unit-tests", red, said) == [
        (Status.FAIL, "unit: 1 of 2 failed; the attestation by ana does not outweigh it")
    ]


def test_an_expired_attestation_is_no_proof() -> None:
    status, evidence = answers("backup", facts(), settings(attestations={"backup": OVER}))[0]
    assert status is Status.UNKNOWN
    assert "the attestation by ana expired" in evidence


def test_what_passes_needs_no_statement() -> None:
    assert answers("replicas", facts(), settings(waivers={"replicas": HOLDS}))[0][0] is Status.PASS


@pytest.mark.parametrize(
    ("said", "ready"),
    [
        pytest.param(Severity.REQUIRED, False, id="required"),
        pytest.param(Severity.RECOMMENDED, True, id="recommended"),
        pytest.param(Severity.OFF, True, id="off"),
    ],
)
def test_a_severity_says_whether_a_gap_counts(said: Severity, ready: bool) -> None:
    others = {check.id: Severity.OFF for check in POLICY if check.id != "replicas"}
    found = assess(ALONE, settings(severities={**others, "replicas": said}))
    assert found.ready is ready
    assert ("replicas" in found.skipped) is (said is Severity.OFF)


@pytest.mark.parametrize(
    ("fail_on", "least", "may_go_on"),
    [(FailOn.REQUIRED, 0, False), (FailOn.ANY, 0, False), (FailOn.NEVER, 0, True), (FailOn.NEVER, 99, False)],
)
def test_what_stops_is_the_users_to_say_and_never_makes_it_ready(fail_on: FailOn, least: int, may_go_on: bool) -> None:
    found = assess(ALONE, Settings(), fail_on, least)
    assert (found.may_go_on, found.ready) == (may_go_on, False)
    assert "without proof" in found.why


def test_a_recommended_gap_counts_only_when_any_does() -> None:
    only = settings(severities={check.id: Severity.OFF for check in POLICY if check.id != "spread"})
    bare = facts(deployment(pod={"topologySpreadConstraints": []}), service())
    assert assess(bare, only).ready
    assert not assess(bare, only, FailOn.ANY).ready


def test_a_kind_that_nobody_may_read_proves_nothing_either_way() -> None:
    hidden = replace(facts(), unreadable={"HorizontalPodAutoscaler": "not permitted: list horizontalpodautoscalers"})
    assert answers("replicas", hidden) == [(Status.UNKNOWN, "not permitted: list horizontalpodautoscalers")]


def test_one_proof_is_enough_though_others_could_not_be_read() -> None:
    monitor = item("ServiceMonitor", "m", {"selector": {}})
    hidden = {"PodMonitor": "not permitted: list podmonitors"}
    assert (
        answers("monitoring", replace(facts(deployment(), service(), monitor), unreadable=hidden))[0][0] is Status.PASS
    )
    assert answers("monitoring", replace(facts(), unreadable=hidden))[0][0] is Status.UNKNOWN


def test_own_checks_are_findings_like_the_others_and_can_be_waived() -> None:
    own = {"mine": OwnCheck("mine", "a.py:b"), "yours": OwnCheck("yours", "a.py:c", Severity.RECOMMENDED, "Yours")}
    said = settings(own=own, waivers={"mine": HOLDS})
    found = assess(facts(), said, own={"mine": [failed("no", "do")], "yours": [passed("yes")]}).findings
    told = [(one.check, one.title, one.area, one.status) for one in found if one.area is Area.OWN]
    assert told == [("mine", "mine", Area.OWN, Status.WAIVED), ("yours", "Yours", Area.OWN, Status.PASS)]


def test_the_verdict_names_the_first_gaps_and_counts_the_rest() -> None:
    assert "and 1" in assess(Facts("shop", TODAY), Settings()).why
    assert assess(facts(), settings(severities={check.id: Severity.OFF for check in POLICY}), min_score=1).why == (
        "score 0 is below 1"
    )


def test_a_required_check_weighs_three_times_a_recommended_one() -> None:
    good, bad = finding("a", Status.PASS), finding("b", Status.FAIL, Severity.RECOMMENDED)
    assert score_of([good, bad]) == 75
    assert score_of([finding("a", Status.WAIVED), finding("b", Status.UNKNOWN)]) == 50
    assert score_of([]) == 0


def test_a_check_passes_when_each_of_its_subjects_does() -> None:
    assert score_of([finding("a", Status.PASS), finding("a", Status.FAIL), finding("b", Status.PASS)]) == 50


@given(st.lists(st.builds(finding, st.sampled_from("abc"), st.sampled_from(Status)), min_size=1))
def test_the_score_is_a_percentage_and_full_only_when_all_is_good(findings: list[Finding]) -> None:
    score = score_of(findings)
    assert 0 <= score <= 100
    assert (score == 100) is all(one.status.good for one in findings)


@given(st.sampled_from(POLICY))
def test_a_fix_never_makes_the_verdict_worse(check: object) -> None:
    """Waiving any check can only raise the score."""
    name = check.id  # type: ignore[attr-defined]
    before, after = assess(ALONE, Settings()), assess(ALONE, settings(waivers={name: HOLDS}))
    assert after.score >= before.score


def test_every_check_has_its_row() -> None:
    ids = [check.id for check in POLICY]
    assert len(set(ids)) == len(ids)
    assert all(check.title and check.evidence and not check.evidence.endswith(".") for check in POLICY)
    assert {"Deployment", "Service", "PrometheusRule", "Schedule"} <= set(kinds_of_policy())


def test_nothing_is_proven_by_nothing() -> None:
    """With no facts at all not one check passes."""
    assert [one for one in assess(Facts("shop", TODAY), Settings()).findings if one.status is Status.PASS] == []


def live(name: str, **spec: object) -> Item:
    return Item(
        {"kind": "Deployment", "metadata": {"name": name}, "spec": spec}, Place(f"Deployment/{name}"), live=True
    )


def test_what_is_written_outranks_what_runs() -> None:
    both = merged([deployment("shop")], [live("shop"), live("other")], "shop")
    assert [(one.name, one.live) for one in both] == [("shop", False), ("other", True)]


def test_objects_of_another_namespace_are_somebody_elses() -> None:
    mine = deployment("shop", metadata={"namespace": "shop"})
    theirs = deployment("shop", metadata={"namespace": "staging"})
    rule = item("PrometheusRule", "shop", metadata={"namespace": "monitoring"})
    assert merged([mine, theirs, rule], [], "shop") == (mine, rule)
    assert len(merged([mine, theirs], [], "")) == 2


def test_the_manifest_of_the_service_names_the_namespace() -> None:
    assert namespace_of([item("Service", "shop", metadata={"namespace": "prod"})], "shop") == "prod"
    assert namespace_of([], "shop") == ""


def test_a_place_is_an_object_a_file_or_both() -> None:
    places = (Place("Pod/a", "f", 2), Place("Pod/a"), Place("", "f"), Place("", "f", 3), Place())
    assert [str(one) for one in places] == ["Pod/a (f:2)", "Pod/a", "f", "f:3", ""]


def test_metadata_of_a_wrong_shape_is_none() -> None:
    crooked = Item({"kind": "Service", "metadata": [], "spec": None}, Place())
    assert (crooked.name, crooked.spec, crooked.labels, crooked.annotations) == ("", {}, {}, {})


def test_an_answer_of_a_check_has_no_place_of_its_own_when_it_is_about_nothing() -> None:
    assert asked("monitoring", facts())[0].place == Place()
