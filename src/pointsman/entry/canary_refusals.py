"""What cannot be honoured of canary-step's inputs, said before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pointsman.entry.canary_inputs import WINDOWS, percents_of, settings_of, testers_of
from pointsman.judge.power import expected, refuse_too_slow
from pointsman.model.errors import InputError

Values = Mapping[str, Any]

_MOST_PROBES = 100
_PROMETHEUS = (
    "prometheus-url",
    "preset",
    "ingress",
    "requests-query",
    "errors-query",
    "buckets-query",
    "buckets-unit",
    "prometheus-user",
    "prometheus-tenant",
    "prometheus-ca",
)
_ROUTE = ("route", "candidate-service", "url")
_ISTIO, _BY_HEADER = ("candidate-subset",), ("version-header",)
_WITH_HEADER = ("gateway-api", "ingress-nginx")
_ROUTES = {"gateway-api": "HTTPRoute", "istio": "VirtualService", "ingress-nginx": "Ingress"}
"""What each router that is an object of its own is called in the cluster."""


def refuse_in_canary(values: Values) -> None:
    """Raises InputError for inputs that contradict each other, would be ignored, or could never decide."""
    _refuse_walk(values)
    _refuse_router(values)
    _refuse_testers(values)
    _refuse_metrics(values)
    _refuse_judge(values)
    refuse_what_never_decides(values)


def _refuse_walk(values: Values) -> None:
    if values["weight"] is not None and values["weights"]:
        raise InputError("--weight and --weights are both given", "--weight takes one step, --weights walks them all")
    if not percents_of(values):
        _refuse_nobody(values)
    elif percents_of(values)[0] > 100:
        raise InputError(f"--weight {values['weight']} is no share of the requests", "give 1 to 100 percent")
    if values["weight"] is not None and values["leftover"] != "remove":
        raise InputError("--leftover means nothing with --weight", "it is for the promotion that follows --weights")


def _refuse_nobody(values: Values) -> None:
    """Without a weight only testers can come, and that has to be said."""
    if values["weight"] is None:
        raise InputError("no weight is given", "give --weights 5,10,30,100 for the walk, or --weight for one step")
    if testers_of(values) is None:
        raise InputError(
            "--weight 0 is no share of the requests", "give 1 to 100 percent, or add --match-header canary=true"
        )


def _refuse_testers(values: Values) -> None:
    for name in ("match-header", "match-cookie"):
        if values[name] and router_of(values) == "service":
            raise InputError(
                f"--router service cannot tell testers apart, so --{name} cannot be honoured",
                "give --router gateway-api with --route, or leave it out",
            )
    if values["match-header"] and values["match-cookie"]:
        raise InputError("--match-header and --match-cookie are both given", "testers are known by one of them")


def router_of(values: Values) -> str:
    """What splits the requests, also where it was not said."""
    usual = "local" if values["platform"] == "local" else "service"
    return str(values["router"] or usual)


def _refuse_router(values: Values) -> None:
    router = router_of(values)
    if (router == "local") != (values["platform"] == "local"):
        raise InputError(f"--router {router} is not for --platform {values['platform']}", "leave --router out")
    if router != "local" and not values["workload"]:
        raise InputError("--workload is missing", "name the Deployment that serves now, as deployment/NAME")
    if router == "service" and 100 in percents_of(values):
        raise InputError(
            "--router service cannot send 100 % to the candidate: stable keeps its own pods",
            "end with a lower weight, like --weights 25,50; the promotion follows it all the same",
        )
    _refuse_route(router, values)
    if router == "local":
        _refuse_unused(values, ("health-port",), "--platform kubernetes")


def _refuse_route(router: str, values: Values) -> None:
    if router not in _ROUTES:
        _refuse_unused(values, _ROUTE, f"--router {' or '.join(_ROUTES)}")
    elif not values["route"]:
        raise InputError(f"--router {router} needs --route", f"name the {_ROUTES[router]} that users come through")
    elif "/" in values["route"] and router == "ingress-nginx":
        raise InputError("--route of --router ingress-nginx names no rule", "give the name of the Ingress alone")
    if router != "istio":
        _refuse_unused(values, _ISTIO, "--router istio")
    if router not in _WITH_HEADER:
        _refuse_unused(values, _BY_HEADER, f"--router {' or '.join(_WITH_HEADER)}")
    elif bool(values["url"]) != bool(values["version-header"]):
        raise InputError("--url and --version-header belong together", "give both, so that requests show the split")
    if values["candidate-service"] and values["candidate-subset"]:
        raise InputError(
            "--candidate-service and --candidate-subset are both given",
            "a version has a Service of its own, or is a subset of the one that both share",
        )


def metrics_of(values: Values) -> str:
    """Where measurements come from, also where it was not said. Raises InputError where nothing is usual."""
    if values["metrics"] is None and values["platform"] != "local":
        raise InputError("--metrics is missing", "give --metrics prometheus, or --metrics probes where there is none")
    return str(values["metrics"] or "envoy")


def _refuse_metrics(values: Values) -> None:
    metrics = metrics_of(values)
    if metrics == "envoy" and values["platform"] != "local":
        raise InputError("--metrics envoy is for --platform local", "give --metrics prometheus with --preset envoy")
    _refuse_probes(metrics, values["probes"])
    if metrics != "prometheus":
        _refuse_unused(values, _PROMETHEUS, "--metrics prometheus")
        return
    if not values["prometheus-url"]:
        raise InputError("--metrics prometheus needs --prometheus-url", "give what stands before /api/v1")
    own = [name for name in ("requests-query", "errors-query", "buckets-query", "buckets-unit") if values[name]]
    if bool(values["preset"]) == bool(own):
        raise InputError("give either --preset or own questions", "own ones begin with --requests-query")
    if own and not values["requests-query"]:
        raise InputError(f"--{own[0]} needs --requests-query", "a share is of all requests")
    if own:
        _refuse_unasked(values)
    if bool(values["ingress"]) != (values["preset"] == "ingress-nginx"):
        raise InputError("--ingress and --preset ingress-nginx belong together", "give both, or neither")


def _refuse_probes(metrics: str, probes: int | None) -> None:
    """They are sent one after the other, and a look must be over before the next one."""
    if probes is None:
        return
    if metrics != "probes":
        raise InputError("--probes means nothing without --metrics probes", "add --metrics probes, or leave it out")
    if not 1 <= probes <= _MOST_PROBES:
        raise InputError(f"--probes {probes} is out of range", f"give 1 to {_MOST_PROBES} requests at every --interval")


def _refuse_unasked(values: Values) -> None:
    """Own questions and objectives belong together: one that is never answered would end every release without data,
    one that nobody asks for would be ignored."""
    for query, latency in (("errors-query", False), ("buckets-query", True)):
        wanted = next((one.metric for one in values["objective"] if one.is_latency == latency), "")
        if wanted and not values[query]:
            raise InputError(f"the objective {wanted} needs --{query}", "add the question, or leave the objective out")
        if values[query] and not wanted:
            raise InputError(f"no objective asks for --{query}", "add an objective, or leave the question out")


def _refuse_unused(values: Values, names: tuple[str, ...], partner: str) -> None:
    for name in names:
        if values[name]:
            raise InputError(f"--{name} means nothing without {partner}", f"add {partner}, or leave it out")


def _refuse_judge(values: Values) -> None:
    if values["interval"] < 1:
        raise InputError("--interval is shorter than a second", "give the time between two scrapes, like 15s")
    if values["mode"] == "point":
        _refuse_point(values)
    elif values["bake"] + values["patience"] <= values["warm-up"]:
        raise InputError(
            "--warm-up is as long as --bake and --patience together, so nothing would ever be judged",
            "give a longer --bake or a shorter --warm-up",
        )


def _refuse_point(values: Values) -> None:
    if values["tolerance"] != "tolerant":
        raise InputError("--tolerance means nothing with --mode point", "there the candidate is not compared")
    if values["bake"] < WINDOWS * values["interval"]:
        raise InputError(
            f"--bake is shorter than {WINDOWS} looks of --interval, which --mode point wants",
            "give a longer --bake, or a shorter --interval",
        )


def refuse_what_never_decides(values: Values) -> None:
    """With --traffic given: a weight whose time is too short even for a candidate without a single bad request, or to
    find one that breaks its limit. Raises InputError with the time it needs."""
    if values["traffic"] is None or values["mode"] == "point":
        return
    settings, judged = settings_of(values), values["bake"] + values["patience"] - values["warm-up"]
    for objective in settings.objectives:
        others = tuple(one for one in settings.objectives if one is not objective)
        asked = replace(settings, objectives=(objective, *others))
        for percent in percents_of(values):
            if percent < 100:
                found = expected(asked, values["traffic"], percent, 0.0, objective.rollback.share)
                refuse_too_slow(found, judged)
