"""Envoy's counters, as its admin port shows them."""

from __future__ import annotations

import json
from math import inf

import pytest
from pytest_httpserver import HTTPServer

from pointsman.adapters.local.loopback import free_port
from pointsman.adapters.metrics.envoy import EnvoyMetrics, statistics_of
from pointsman.model.errors import InputError, SourceDown
from pointsman.model.measurement import Counters
from pointsman.testing import FakeClock

STATISTICS = {
    "stats": [
        {"name": "cluster.blue.upstream_rq_completed", "value": 20},
        {"name": "cluster.blue.upstream_rq_5xx", "value": 3},
        {"name": "cluster.green.upstream_rq_completed", "value": 0},
        {
            "histograms": [
                {
                    "name": "cluster.blue.upstream_rq_time",
                    "buckets": [
                        {"upper_bound": 0.5, "interval": 1, "cumulative": 12},
                        {"upper_bound": 3600000, "interval": 2, "cumulative": 17},
                    ],
                }
            ]
        },
    ]
}


def metrics(port: int, stable: str = "blue", candidate: str = "green") -> EnvoyMetrics:
    return EnvoyMetrics(port, FakeClock(), stable, candidate)


def test_values_and_histograms_are_found_by_name() -> None:
    found = statistics_of(json.dumps(STATISTICS).encode())
    assert found["cluster.blue.upstream_rq_completed"] == 20
    assert found["cluster.blue.upstream_rq_time"] == {0.5: 12, 3600000: 17}


def test_counters_of_each_cluster_are_read_with_one_request(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/stats").respond_with_json(STATISTICS)
    seen = metrics(httpserver.port).read()
    assert seen.stable == (Counters("blue", 20, 3, {0.0005: 12, 3600: 17, inf: 17}),)
    assert seen.candidate == (Counters("green", 0, 0, {}),)
    ((request, _),) = httpserver.log
    assert request.args["filter"] == r"^cluster\.(blue|green)\.upstream_rq_(completed|5xx|time)$"


def test_T30_a_cluster_that_envoy_does_not_have_is_refused_up_front_and_empty_later(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/stats").respond_with_json(STATISTICS)
    red = metrics(httpserver.port, candidate="red")
    assert red.read().candidate == ()
    with pytest.raises(InputError, match="no cluster 'red'"):
        red.check()


def test_T16_one_cluster_cannot_be_both_versions() -> None:
    with pytest.raises(InputError, match="both versions are the cluster 'blue'"):
        metrics(1, "blue", "blue")


@pytest.mark.parametrize("body", ["", "no JSON", "{}"])
def test_an_answer_that_cannot_be_read_is_a_source_that_is_down(httpserver: HTTPServer, body: str) -> None:
    httpserver.expect_request("/stats").respond_with_data(body)
    with pytest.raises(SourceDown):
        metrics(httpserver.port).read()


def test_C17_an_envoy_that_refuses_or_is_gone_is_a_source_that_is_down(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/stats").respond_with_data("", 503)
    with pytest.raises(SourceDown, match="HTTP 503"):
        metrics(httpserver.port).read()
    with pytest.raises(SourceDown, match="does not answer"):
        metrics(free_port()).read()
