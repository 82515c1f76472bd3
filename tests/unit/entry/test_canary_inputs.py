"""canary-step's inputs: what contradicts is refused with advice, the rest becomes values."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.adapters.judges.evidence import EvidenceJudge
from pointsman.adapters.judges.point import PointJudge
from pointsman.entry.canary_inputs import canary_inputs, judge_of, settings_of
from pointsman.entry.canary_refusals import metrics_of, router_of
from pointsman.entry.context import CiContext
from pointsman.entry.spec import step_named
from pointsman.entry.values import values_of
from pointsman.entry.wiring import Surroundings, refuse_contradictions
from pointsman.entry.wiring_metrics import Versions, access_of, comparison_of, metrics_for
from pointsman.model.errors import InputError
from pointsman.model.image import ImageChange
from pointsman.model.split import Match
from pointsman.strategy.canary_seen import Leftover, Policy, Weight
from pointsman.testing import FakeClock, FakeProber, FakeProgress

SHOP = {"namespace": "shop", "service": "shop", "workload": "deployment/shop"}
LOCAL = {"platform": "local", "weights": "10"}
PROMETHEUS = {"metrics": "prometheus", "prometheus-url": "http://prometheus"}
ISTIO = {**PROMETHEUS, "preset": "istio", "weights": "10"}
ERRORS, LATENCY = "error-rate ok<1% rollback>5%", "p99 ok<500ms rollback>2s"
ROUTE = {"router": "gateway-api", "route": "shop"}
MESH = {"router": "istio", "route": "shop/main"}


def values(**texts: str) -> dict[str, Any]:
    given = {name.replace("_", "-"): text for name, text in texts.items()}
    return values_of(step_named("canary-step"), {**SHOP, **given})


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({**LOCAL, "weight": "5"}, "--weight and --weights are both given"),
        ({"platform": "local"}, "no weight is given"),
        ({"platform": "local", "weight": "0"}, "no share of the requests"),
        ({"platform": "local", "weight": "101"}, "no share of the requests"),
        ({"platform": "local", "weight": "5", "leftover": "scale-down"}, "--leftover means nothing with --weight"),
        ({**LOCAL, "router": "service"}, "--router service is not for --platform local"),
        ({**ISTIO, "router": "local"}, "--router local is not for --platform kubernetes"),
        ({**ISTIO, "weights": "50,100"}, "cannot send 100 %"),
        ({**ISTIO, "weights": "", "weight": "100"}, "cannot send 100 %"),
        ({**ISTIO, "route": "shop"}, "--route means nothing without --router gateway-api"),
        ({**ISTIO, "candidate-service": "shop-2"}, "--candidate-service means nothing without --router gateway-api"),
        ({**ISTIO, "router": "gateway-api"}, "--router gateway-api needs --route"),
        ({**ISTIO, "router": "istio"}, "--router istio needs --route"),
        ({**ISTIO, "router": "ingress-nginx"}, "--router ingress-nginx needs --route"),
        ({**ISTIO, "router": "ingress-nginx", "route": "shop/api"}, "--router ingress-nginx names no rule"),
        (
            {**ISTIO, "router": "ingress-nginx", "route": "shop", "url": "http://shop"},
            "--url and --version-header belong together",
        ),
        ({**ISTIO, **ROUTE, "candidate-subset": "canary"}, "--candidate-subset means nothing without --router istio"),
        ({**ISTIO, **MESH, "candidate-subset": "canary", "candidate-service": "shop-2"}, "are both given"),
        ({**ISTIO, "url": "http://shop"}, "--url means nothing without --router gateway-api or istio"),
        (
            {**ISTIO, **MESH, "version-header": "X-Version"},
            "--version-header means nothing without --router gateway-api",
        ),
        ({**ISTIO, "version-header": "X-Version"}, "--version-header means nothing without --router gateway-api"),
        ({**ISTIO, **ROUTE, "url": "http://shop"}, "--url and --version-header belong together"),
        ({**ISTIO, **ROUTE, "version-header": "X-Version"}, "--url and --version-header belong together"),
        ({**ISTIO, "workload": ""}, "--workload is missing"),
        ({**LOCAL, "dead-man": "true"}, "--dead-man means nothing with --platform local"),
        ({**ISTIO, "dead-man-image": "x"}, "--dead-man-image means nothing without --dead-man"),
        ({**ISTIO, "match-header": "canary=true"}, "--router service cannot tell testers apart"),
        ({**ISTIO, "match-cookie": "ring=testers"}, "--router service cannot tell testers apart"),
        ({**LOCAL, "match-header": "canary=true", "match-cookie": "ring=testers"}, "are both given"),
        ({**LOCAL, "health-port": "80"}, "--health-port means nothing without --platform kubernetes"),
        ({"weights": "10"}, "--metrics is missing"),
        ({"weights": "10", "metrics": "envoy"}, "--metrics envoy is for --platform local"),
        ({**LOCAL, "prometheus-url": "http://p"}, "--prometheus-url means nothing without --metrics prometheus"),
        ({**LOCAL, "preset": "istio"}, "--preset means nothing without --metrics prometheus"),
        ({**LOCAL, "metrics": "prometheus"}, "needs --prometheus-url"),
        ({**LOCAL, **PROMETHEUS}, "either --preset or own questions"),
        ({**ISTIO, "requests-query": "x"}, "either --preset or own questions"),
        ({**LOCAL, **PROMETHEUS, "errors-query": "x"}, "--errors-query needs --requests-query"),
        ({**ISTIO, "ingress": "shop"}, "belong together"),
        ({**ISTIO, "preset": "ingress-nginx"}, "belong together"),
        ({**LOCAL, "probes": "20"}, "--probes means nothing without --metrics probes"),
        ({**LOCAL, "metrics": "probes", "probes": "0"}, "--probes 0 is out of range"),
        ({**LOCAL, "metrics": "probes", "probes": "101"}, "--probes 101 is out of range"),
        ({**LOCAL, "interval": "0.5s"}, "--interval is shorter than a second"),
        ({**LOCAL, "mode": "point", "tolerance": "strict"}, "--tolerance means nothing with --mode point"),
        ({**LOCAL, "mode": "point", "bake": "10s"}, "--bake is shorter than 5 looks"),
        ({**LOCAL, "bake": "10s", "patience": "0s"}, "nothing would ever be judged"),
        ({**LOCAL, "traffic": "1/s", "objective": "error-rate ok<1% rollback>5%"}, "too short to"),
    ],
)
def test_a_contradiction_is_refused_with_advice(texts: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        refuse_contradictions("canary-step", values(**texts))
    assert refused.value.advice


@pytest.mark.parametrize(
    "texts",
    [
        LOCAL,
        {**LOCAL, "metrics": "probes", "mode": "point"},
        {**LOCAL, "metrics": "probes", "probes": "100"},
        {**LOCAL, "traffic": "1000/s", "weights": "50,100", "bake": "30m"},
        ISTIO,
        {**ISTIO, **ROUTE, "weights": "10,100"},
        {**ISTIO, **MESH, "weights": "10,100", "url": "http://shop", "candidate-subset": "canary"},
        {**ISTIO, **ROUTE, "url": "http://shop", "version-header": "X-Version"},
        {**LOCAL, **PROMETHEUS, "requests-query": "x", "errors-query": "y", "objective": ERRORS},
        {**LOCAL, **PROMETHEUS, "requests-query": "x", "buckets-query": "y", "objective": LATENCY},
        {**ISTIO, "preset": "ingress-nginx", "ingress": "shop"},
        {"metrics": "probes", "weight": "25"},
        {"platform": "local", "weight": "0", "match-header": "canary=true"},
        {**ISTIO, **ROUTE, "match-cookie": "ring=testers"},
    ],
)
def test_what_goes_together_is_accepted(texts: dict[str, str]) -> None:
    refuse_contradictions("canary-step", values(**texts))


@pytest.mark.parametrize("text", ["Shop", "shop/", "/main", "shop main"])
def test_what_names_no_route_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--route"):
        values(route=text)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "the objective error-rate needs --errors-query"),
        ({"errors-query": "y"}, "the objective p99 needs --buckets-query"),
        ({"errors-query": "y", "buckets-query": "z", "objective": ERRORS}, "no objective asks for --buckets-query"),
        ({"errors-query": "y", "buckets-query": "z", "objective": LATENCY}, "no objective asks for --errors-query"),
    ],
)
def test_T30_an_objective_without_a_question_and_a_question_without_an_objective_are_refused(
    asked: dict[str, str], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        refuse_contradictions("canary-step", values(**{**LOCAL, **PROMETHEUS, "requests-query": "x", **asked}))


@pytest.mark.parametrize("text", ["", "5,5", "30,10", "0,10", "10,101", "ten", "5;10", "5,"])
def test_weights_that_do_not_rise_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"weights|no weight"):
        refuse_contradictions("canary-step", values(platform="local", weights=text))


@pytest.mark.parametrize("apart", ["\n", ";", " ;\n"])
def test_objectives_stand_on_lines_of_their_own_or_apart_by_semicolons(apart: str) -> None:
    text = f"error-rate ok<1% rollback>5%{apart}p99 ok<500ms rollback>2s"
    assert [one.metric for one in values(objective=text)["objective"]] == ["error-rate", "p99"]


def test_a_wrong_objective_is_refused_naming_the_input() -> None:
    with pytest.raises(InputError, match=r"--objective: .*there is no metric 'speed'"):
        values(objective="speed ok<1% rollback>5%")


def test_a_walk_promotes_and_a_step_stays() -> None:
    walk = canary_inputs(values(weights="5, 30%", bake="1m", image="shop:2", on_no_data="hold", leftover="scale-down"))
    assert (walk.image, walk.plan.weights) == (ImageChange("shop:2"), (Weight(5, 60.0), Weight(30, 60.0)))
    assert (walk.plan.promote, walk.plan.on_no_data, walk.plan.leftover) == (True, Policy.HOLD, Leftover.SCALE_DOWN)
    step = canary_inputs(values(weight="5", supersede="true", dry_run="true"))
    assert (step.plan.weights, step.plan.promote) == ((Weight(5, 300.0),), False)
    assert (step.supersede, step.dry_run) == (True, True)


def test_the_judge_is_the_one_of_the_mode() -> None:
    assert isinstance(judge_of(values(weight="5")), EvidenceJudge)
    assert isinstance(judge_of(values(weight="5", mode="point")), PointJudge)


def test_a_long_walk_is_foreseen_by_the_judge() -> None:
    assert settings_of(values(weights="5")).horizon == 1800.0
    assert settings_of(values(weights="5,10", bake="1h", patience="30m")).horizon == 3 * 3600.0


def test_the_usual_router_and_source_follow_from_the_platform() -> None:
    assert (router_of(values()), router_of(values(platform="local"))) == ("service", "local")
    assert metrics_of(values(platform="local")) == "envoy"


@pytest.mark.parametrize(("given", "sent"), [({}, 10), ({"probes": "3"}, 3)])
def test_so_many_probes_are_sent_to_each_version_at_every_look(given: dict[str, str], sent: int) -> None:
    around = Surroundings(CiContext(), {}, FakeClock(), FakeProgress())  # type: ignore[arg-type]
    prober = FakeProber({"shop": 200, "shop-canary": 200})
    source = metrics_for(values(metrics="probes", **given), around, Versions("shop", "shop-canary"), prober)
    looked = [source.read(), source.read()]
    assert [(one.stable[0].requests, one.candidate[0].requests) for one in looked] == [
        (sent, sent),
        (2 * sent, 2 * sent),
    ]


def test_secrets_for_prometheus_come_from_the_environment_alone() -> None:
    given = values(**PROMETHEUS, prometheus_tenant="shop")
    access = access_of(given, {"POINTSMAN_PROMETHEUS_TOKEN": "s3cret"})
    assert (access.token, dict(access.headers)) == ("s3cret", {"X-Scope-OrgID": "shop"})
    assert access_of({**given, "prometheus-user": "me"}, {"POINTSMAN_PROMETHEUS_PASSWORD": "pass"}).password == "pass"


def test_questions_are_those_of_the_preset_or_the_users_own() -> None:
    assert "istio_requests_total" in comparison_of(values(preset="istio")).stable.requests
    own = comparison_of(values(requests_query="r{{version}}", buckets_query="b_bucket", buckets_unit="ms"))
    assert (own.candidate.requests, own.candidate.unit) == ("r{{version}}", "ms")


def test_testers_are_known_by_a_header_or_a_cookie_and_come_alone_at_weight_0() -> None:
    alone = canary_inputs(values(platform="local", weight="0", match_header="canary=true")).plan
    assert (alone.weights, alone.promote, alone.testers) == ((), False, Match("true", header="canary"))
    walk = canary_inputs(values(platform="local", weights="5,50", match_cookie="ring=a=b")).plan
    assert ([one.percent for one in walk.weights], walk.promote) == ([5, 50], True)
    assert walk.testers == Match("a=b", cookie="ring")


@pytest.mark.parametrize("text", ["canary", "=true", "canary=", "can ary=true", "canary=a;b", "canary=a b", "x:y=z"])
def test_a_rule_for_testers_that_no_request_could_carry_is_refused(text: str) -> None:
    for name in ("match_header", "match_cookie"):
        with pytest.raises(InputError, match="is not NAME=VALUE"):
            values(platform="local", weight="0", **{name: text})
