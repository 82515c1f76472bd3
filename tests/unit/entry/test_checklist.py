"""`pointsman checklist`: a list for a set of manifests, without a cluster; mistakes end as those of a step do."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from pointsman.entry.cli import cli
from tests.readiness.sets import HERE


def printed(*options: str) -> Result:
    return CliRunner().invoke(cli, ["checklist", *options], catch_exceptions=False)


def of(name: str) -> list[str]:
    folder = HERE / name
    return ["--service", "shop", "--manifests", f"{folder}/deploy", "--repository", str(folder),
            "--junit", f"{folder}/reports"]  # fmt: skip


def test_the_good_set_has_every_item_ticked_that_needs_no_cluster_and_no_person() -> None:
    text = printed("pre", *of("good"), "--sarif", f"{HERE}/good/reports").stdout
    open_ones = [line for line in text.splitlines() if line.startswith("- [ ]")]
    assert len(open_ones) == 5
    assert all("nothing can prove it" in line or "no cluster was asked" in line for line in open_ones)


def test_the_careless_set_has_its_gaps_beside_the_items() -> None:
    text = printed("pre", *of("careless")).stdout
    assert "- [ ] Metrics are collected and alerts are set up<br>not so: monitoring: " in text


@pytest.mark.parametrize("when", ["during", "post"])
def test_without_a_cluster_the_record_is_not_known(when: str) -> None:
    assert "open: no cluster was asked for the release record" in printed(when, *of("good")).stdout


def test_nothing_to_look_at_is_a_mistake() -> None:
    ended = printed("pre", "--service", "shop")
    assert ended.exit_code == 2
    assert "give --manifests, or --namespace" in ended.stderr
