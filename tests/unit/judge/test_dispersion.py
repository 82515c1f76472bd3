"""How clumped stable's bad requests are."""

from __future__ import annotations

import random

import pytest

from pointsman.judge.dispersion import PSEUDO_PAIRS, Dispersion, with_block


def seen(counts: list[int], requests: int = 1000) -> Dispersion:
    dispersion = Dispersion()
    for bad in counts:
        dispersion = with_block(dispersion, requests, bad)
    return dispersion


def independent(seed: int, clump: int = 1, blocks: int = 400) -> list[int]:
    chance = random.Random(seed)  # noqa: S311 - a seed, so that a failure can be seen again
    return [clump * sum(chance.random() < 0.01 / clump for _ in range(1000)) for _ in range(blocks)]


def test_independent_requests_are_not_clumped() -> None:
    assert seen(independent(1)).clumping == pytest.approx(1, abs=0.15)


def test_clumps_show_about_their_size() -> None:
    assert seen(independent(2, clump=8)).clumping == pytest.approx(8, rel=0.25)


def test_a_slow_drift_is_no_clumping() -> None:
    assert seen([10 + block // 10 for block in range(400)]).clumping == 1.0


def test_nothing_bad_means_nothing_clumped() -> None:
    assert Dispersion().clumping == 1.0
    assert seen([0, 0, 0]).clumping == 1.0


def test_a_block_without_requests_is_passed_over() -> None:
    before = seen([3, 5])
    assert with_block(before, 0, 0) == before


def test_a_first_surprise_is_weighed_against_independence() -> None:
    after_one = seen([0, 40])
    assert after_one.pairs == 1
    assert 1 < after_one.clumping < 40 / PSEUDO_PAIRS + 1
