"""canary-step's inputs: what contradicts is refused with advice, the rest becomes values."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.adapters.judges.evidence import EvidenceJudge
from pointsman.adapters.judges.point import PointJudge
from pointsman.entry.canary_inputs import canary_inputs, judge_of, settings_of
from pointsman.entry.canary_refusals import metrics_of, router_of
from pointsman.entry.spec import step_named
from pointsman.entry.values import values_of
from pointsman.entry.wiring import refuse_contradictions
from pointsman.entry.wiring_metrics import access_of, comparison_of
from pointsman.model.errors import InputError
from pointsman.model.image import ImageChange
from pointsman.strategy.canary_seen import Leftover, Policy, Weight

SHOP = {"namespace": "shop", "service": "shop", "workload": "deployment/shop"}
LOCAL = {"platform": "local", "weights": "10"}
PROMETHEUS = {"metrics": "prometheus", "prometheus-url": "http://prometheus"}
ISTIO = {**PROMETHEUS, "preset": "istio", "weights": "10"}
ROUTE = {"router": "gateway-api", "route": "shop"}


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
        ({**ISTIO, "route": "shop"}, "--route means nothing without --router gateway-api or ingress-nginx"),
        (
            {**ISTIO, "candidate-service": "shop-2"},
            "--candidate-service means nothing without --router gateway-api",
        ),
        ({**ISTIO, "router": "gateway-api"}, "needs --route"),
        ({**ISTIO, "router": "ingress-nginx"}, "--router ingress-nginx needs --route"),
        ({**ISTIO, "workload": ""}, "--workload is missing"),
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
        {**LOCAL, "traffic": "1000/s", "weights": "50,100", "bake": "30m"},
        ISTIO,
        {**ISTIO, **ROUTE, "weights": "10,100"},
        {**LOCAL, **PROMETHEUS, "requests-query": "x", "errors-query": "y"},
        {**ISTIO, "preset": "ingress-nginx", "ingress": "shop"},
        {"metrics": "probes", "weight": "25"},
    ],
)
def test_what_goes_together_is_accepted(texts: dict[str, str]) -> None:
    refuse_contradictions("canary-step", values(**texts))


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


def test_secrets_for_prometheus_come_from_the_environment_alone() -> None:
    given = values(**PROMETHEUS, prometheus_tenant="shop")
    access = access_of(given, {"POINTSMAN_PROMETHEUS_TOKEN": "s3cret"})
    assert (access.token, dict(access.headers)) == ("s3cret", {"X-Scope-OrgID": "shop"})
    assert access_of({**given, "prometheus-user": "me"}, {"POINTSMAN_PROMETHEUS_PASSWORD": "pass"}).password == "pass"


def test_questions_are_those_of_the_preset_or_the_users_own() -> None:
    assert "istio_requests_total" in comparison_of(values(preset="istio")).stable.requests
    own = comparison_of(values(requests_query="r{{version}}", buckets_query="b_bucket", buckets_unit="ms"))
    assert (own.candidate.requests, own.candidate.unit) == ("r{{version}}", "ms")
