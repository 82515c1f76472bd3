"""Every question that the page of metrics shows is one that a Prometheus answers."""

from __future__ import annotations

import re

import pytest

from pointsman.adapters.metrics.presets import PRESETS
from pointsman.adapters.metrics.prometheus import STALE_AFTER, PrometheusMetrics
from pointsman.adapters.metrics.prometheus_api import PrometheusApi
from pointsman.adapters.metrics.questions import Questions, alike
from pointsman.model.errors import InputError
from tests.docs.pages import ROOT, blocks
from tests.metrics.shop import BLUE, GREEN, Shop

PAGE = (ROOT / "docs/metrics.md").read_text("utf-8")
SHOWN = [block.text.strip() for block in blocks("promql")]


@pytest.mark.parametrize("text", SHOWN)
def test_every_question_shown_is_answered(text: str, shop: Shop, api: PrometheusApi) -> None:
    shop.ask(BLUE, 1, 1)
    shop.ask(GREEN, 1, 1)
    buckets = text if "_bucket" in text else ""
    questions = Questions(SHOWN[0] if buckets else text, buckets=buckets)
    metrics = PrometheusMetrics(api, alike(questions), {"version": BLUE}, {"version": GREEN})
    metrics.check()


def test_the_page_shows_all_three_questions_and_a_sum() -> None:
    assert len(SHOWN) == 4


def test_the_page_has_every_preset_with_the_label_that_tells_its_versions_apart() -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \|.*\| `(\w+)` \|.*\|$", PAGE, re.MULTILINE))
    assert rows.keys() == PRESETS.keys()
    for name, label in rows.items():
        texts = PRESETS[name].candidate.asked().values()
        assert all(re.search(rf'{label}=~?"[^"]*\{{\{{version\}}\}}', text) for text in texts)


@pytest.mark.parametrize("function", ["rate", "increase", "histogram_quantile"])
def test_what_the_page_says_is_refused_is_refused(function: str) -> None:
    assert f"`{function}`" in PAGE
    with pytest.raises(InputError, match=function):
        Questions(f'{function}(x{{version="{{{{version}}}}"}}[1m])')


def test_the_page_names_the_age_from_which_counters_are_none() -> None:
    assert f"older than {STALE_AFTER:g} s" in PAGE
