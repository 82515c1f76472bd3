"""Questions to a real Prometheus that scrapes a real shop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pointsman.adapters.clock import SystemClock
from pointsman.adapters.metrics.access import Access
from pointsman.adapters.metrics.presets import PRESETS
from pointsman.adapters.metrics.prometheus import PrometheusMetrics
from pointsman.adapters.metrics.prometheus_api import PrometheusApi
from pointsman.adapters.metrics.questions import Comparison, Questions, alike
from pointsman.model.errors import InputError, SourceDown
from pointsman.model.measurement import Counters, Reading
from tests.metrics.servers import prometheus
from tests.metrics.shop import BLUE, GREEN, Shop, opened
from tests.metrics.worlds import OWN, scraped

STABLE = {"version": BLUE, "namespace": "shop", "ingress": "front"}
CANDIDATE = {**STABLE, "version": GREEN}
COUNTED = 'http_requests_total{version="{{version}}"}'


def asked(api: PrometheusApi, questions: Comparison = OWN) -> PrometheusMetrics:
    return PrometheusMetrics(api, questions, STABLE, CANDIDATE)


def first(metrics: PrometheusMetrics, enough: Callable[[Reading], bool]) -> Reading:
    """The first reading that is `enough`: a scrape may have to come first."""
    end = time.monotonic() + 20
    while not enough(reading := metrics.read()):
        assert time.monotonic() < end, f"it never came to that: {reading}"
        time.sleep(0.05)
    return reading


def total(counters: tuple[Counters, ...]) -> tuple[float, float, float]:
    """Requests, errors, and how many were timed."""
    timed = sum(one.buckets[math.inf] for one in counters)
    return sum(one.requests for one in counters), sum(one.errors or 0 for one in counters), timed


@pytest.fixture
def known(shop: Shop, api: PrometheusApi) -> PrometheusApi:
    """Prometheus, once it has all that the shop counted, errors of both versions included."""
    for version in (BLUE, GREEN):
        shop.ask(version, 1, 1)
    first(asked(api), lambda seen: scraped(seen, shop))
    return api


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_finds_what_its_product_shows(name: str, shop: Shop, known: PrometheusApi) -> None:
    metrics = asked(known, PRESETS[name])
    before = metrics.check()
    shop.ask(GREEN, 3, 2)
    wanted = tuple(each + more for each, more in zip(total(before.candidate), (5, 2, 5), strict=True))
    after = first(metrics, lambda seen: total(seen.candidate) == wanted)
    assert total(after.stable) == total(before.stable)
    assert sorted(after.candidate[0].buckets) == [0.005, 0.05, 0.5, 2.0, math.inf]


def test_every_look_but_the_first_costs_one_request(known: PrometheusApi) -> None:
    metrics = asked(known)
    metrics.read()
    before = known.requests
    metrics.read()
    assert known.requests == before + 1


def test_readings_speak_of_scrapes_and_not_of_looks(known: PrometheusApi) -> None:
    metrics = asked(known)
    times = [metrics.read().at for _ in range(20)]
    assert times == sorted(times)
    assert len(set(times)) < len(times)


def test_C13_each_pod_is_a_series_of_its_own(shop: Shop, known: PrometheusApi) -> None:
    shop.process[GREEN] = f"{GREEN}-2"
    shop.ask(GREEN, 4)
    seen = first(asked(known), lambda reading: len(reading.candidate) == 2)
    assert len({one.series for one in seen.candidate}) == 2
    assert [one.requests for one in seen.candidate if one.series.endswith("-2")] == [4]
    shop.process.clear()


def test_counters_that_began_anew_show_what_they_count_now(shop: Shop, known: PrometheusApi) -> None:
    shop.ask(BLUE, 20)
    before = first(asked(known), lambda seen: total(seen.stable)[0] >= 20)
    shop.restart(BLUE)
    shop.ask(BLUE, 2)
    after = first(asked(known), lambda seen: total(seen.stable)[0] == 2)
    assert {one.series for one in after.stable} == {one.series for one in before.stable}


def test_T17_a_version_whose_pods_are_gone_has_no_series(shop: Shop, known: PrometheusApi) -> None:
    shop.remove(GREEN)
    seen = first(asked(known), lambda reading: not reading.candidate)
    assert seen.stable


@pytest.mark.parametrize(
    ("wrong", "metric"),
    [
        (Questions('http_request_total{version="{{version}}"}'), "http_request_total"),
        (Questions(COUNTED, 'http_errors_total{version="{{version}}"}'), "http_errors_total"),
        (Questions(COUNTED, "", 'latency_bucket{version="{{version}}"}'), "latency_bucket"),
    ],
    ids=["requests", "errors", "buckets"],
)
def test_T30_a_metric_that_nobody_has_is_refused_up_front(known: PrometheusApi, wrong: Questions, metric: str) -> None:
    with pytest.raises(InputError, match=f"knows no metric {metric}$"):
        asked(known, alike(wrong)).check()


def test_a_gauge_is_refused_up_front(known: PrometheusApi) -> None:
    with pytest.raises(InputError, match="http_requests_in_flight is a gauge"):
        asked(known, alike(Questions('http_requests_in_flight{version="{{version}}"}'))).check()


def test_T16_a_question_that_fits_both_versions_is_refused(known: PrometheusApi) -> None:
    pattern = alike(Questions('http_requests_total{version=~"{{version}}.*"}'))
    with pytest.raises(InputError, match="series count for both"):
        asked(known, pattern).read()


def test_T16_sums_that_are_the_same_for_both_are_refused_as_they_grow(shop: Shop, known: PrometheusApi) -> None:
    summed = Questions('sum by (pod) (http_requests_total{version!="{{version}}-7"})')
    metrics = asked(known, alike(summed))
    with pytest.raises(InputError, match="very same counters"):
        look_while_it_serves(metrics, shop)


def look_while_it_serves(metrics: PrometheusMetrics, shop: Shop) -> None:
    for _ in range(50):
        metrics.read()
        shop.ask(GREEN, 1)
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param('sum(x{v="{{version}}"}', "parse error", id="a-parenthesis-is-missing"),
        pytest.param('x{v="{{version}}"', "parse error", id="a-brace-is-missing"),
        pytest.param('vector(1) + on () group_left () x{v="{{version}}', "parse error", id="a-quote-is-missing"),
        pytest.param('scalar(x{v="{{version}}"})', "yields a scalar, not counters", id="a-scalar"),
        pytest.param('x{v="{{version}}"}[5m]', "yields a matrix, not counters", id="a-range"),
        pytest.param('nosuch(x{v="{{version}}"})', "unknown function", id="an-unknown-function"),
    ],
)
def test_a_wrong_question_is_refused_in_prometheus_own_words(known: PrometheusApi, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        asked(known, alike(Questions(text))).check()
    assert f"asked for requests: {text.replace('{{version}}', BLUE)}" in refused.value.message
    assert refused.value.advice


def test_a_question_that_does_not_keep_processes_apart_is_refused(known: PrometheusApi) -> None:
    with pytest.raises(InputError, match="none of the labels instance, pod"):
        asked(known, alike(Questions(f"sum({COUNTED})"))).read()


@pytest.mark.parametrize(("divided", "value"), [("* 0 / 0", "nan"), ("/ 0", "inf")])
def test_C10_what_is_no_number_is_handed_on_as_none(known: PrometheusApi, divided: str, value: str) -> None:
    seen = asked(known, alike(Questions(f"{COUNTED} {divided}"))).read()
    assert all(str(one.requests) == value for one in (*seen.stable, *seen.candidate))


def test_T29_without_traffic_time_goes_on_and_counters_stand_still(known: PrometheusApi) -> None:
    before = asked(known).read()
    after = first(asked(known), lambda seen: seen.at > before.at + 0.3)
    assert (after.stable, after.candidate) == (before.stable, before.candidate)


def test_C20_versions_that_never_were_give_a_reading_that_holds_nothing(known: PrometheusApi) -> None:
    nobody = PrometheusMetrics(known, OWN, {"version": "nobody"}, {"version": "nobody-canary"})
    seen = nobody.check()
    assert (seen.stable, seen.candidate) == ((), ())


def test_C17_a_prometheus_that_ends_is_a_source_that_is_down(tmp_path: Path) -> None:
    with opened() as shop:
        shop.ask(BLUE, 1)
        with prometheus(tmp_path, f"127.0.0.1:{shop.port}") as address:
            metrics = asked(PrometheusApi(Access(address, timeout=2), SystemClock()))
            first(metrics, lambda seen: bool(seen.stable))
        with pytest.raises(SourceDown, match="does not answer"):
            metrics.read()


def test_a_shop_that_is_not_scraped_any_more_has_no_series(tmp_path: Path) -> None:
    with opened() as shop:
        shop.ask(BLUE, 1)
        with prometheus(tmp_path, f"127.0.0.1:{shop.port}") as address:
            metrics = asked(PrometheusApi(Access(address), SystemClock()))
            first(metrics, lambda seen: bool(seen.stable))
            shop.close()
            first(metrics, lambda seen: not seen.stable)
