"""Filling in a question, and seeing what it asks about."""

from __future__ import annotations

import pytest

from pointsman.adapters.metrics.promql import filled, is_selector, names_in, reckoned_per_time
from pointsman.model.errors import InputError

NAMES = {"version": "shop-v1.2", "namespace": "shop"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param('x{v="{{version}}"}', 'x{v="shop-v1.2"}', id="a-label"),
        pytest.param('x{v="{{ version }}",n="{{namespace}}"}', 'x{v="shop-v1.2",n="shop"}', id="two-labels"),
        pytest.param('x{v=~"{{version}}-.+"}', 'x{v=~"shop-v1[.]2-.+"}', id="a-dot-in-a-pattern-is-a-dot"),
        pytest.param('x{v!~ "{{version}}"}', 'x{v!~ "shop-v1[.]2"}', id="also-in-one-that-must-not-fit"),
        pytest.param("x{v='{{version}}'}", "x{v='shop-v1.2'}", id="single-quotes"),
        pytest.param("shop_{{namespace}}_total", "shop_shop_total", id="a-metric"),
        pytest.param('x{path=~"/a{2}"}', 'x{path=~"/a{2}"}', id="single-braces-are-not-ours"),
    ],
)
def test_placeholders_are_replaced(text: str, wanted: str) -> None:
    assert filled(text, NAMES) == wanted


def test_a_placeholder_that_means_nothing_is_refused_by_naming_those_that_do() -> None:
    with pytest.raises(InputError, match="colour") as refused:
        filled('x{v="{{colour}}"}', NAMES)
    assert "{{namespace}}, {{version}}" in refused.value.advice


@pytest.mark.parametrize("name", ['x"} or vector(1) #', "a b", "", "a\nb", "a|b", ".*{"])
def test_a_name_that_would_change_the_question_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot be put into a question"):
        filled('x{v="{{version}}"}', {"version": name})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param('http_requests_total{v="x"}', {"http_requests_total"}, id="a-selector"),
        pytest.param('sum by (pod, le) (a_bucket{x="b_total"})', {"a_bucket"}, id="grouping-and-labels-are-no-metrics"),
        pytest.param("sum(a) by (pod) + on (pod) group_left (v) b", {"a", "b"}, id="two-of-them"),
        pytest.param("a offset 5m or b unless c", {"a", "b", "c"}, id="operators-are-no-metrics"),
        pytest.param("a @ 1e3 > bool 0x1F * Inf", {"a"}, id="numbers-are-no-metrics"),
        pytest.param("job:requests:sum{} # of a_total", {"job:requests:sum"}, id="a-recorded-one-and-a-comment"),
        pytest.param('{__name__=~"a|b"}', set(), id="names-by-pattern-are-not-known"),
    ],
)
def test_the_metrics_asked_about_are_seen(text: str, names: set[str]) -> None:
    assert names_in(text) == names


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a_total", True),
        ('a_total{v=~"x{2}"}', True),
        (' a_total {v="}"} ', True),
        ("sum(a_total)", False),
        ("a_total or b_total", False),
        ("a_total[5m]", False),
    ],
)
def test_a_plain_selector_is_told_from_a_calculation(text: str, plain: bool) -> None:
    assert is_selector(text) is plain


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("sum(rate(a_total[1m]))", "rate"),
        ("increase (a_total[1m])", "increase"),
        ("histogram_quantile(0.99, a_bucket)", "histogram_quantile"),
        ("max_over_time(a_total[1m])", "max_over_time"),
        ('rate_total{x="rate("}', ""),
        ("sum by (pod) (a_rate)", ""),
    ],
)
def test_what_turns_counters_into_something_else_is_seen(text: str, function: str) -> None:
    assert reckoned_per_time(text) == function
