"""The summary says the verdict first, shows foreign text as it is, and is always whole."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pointsman.model.evidence import Check, Verdict
from pointsman.model.result import Change, Moment, Outcome, Result
from pointsman.model.version import Problem
from pointsman.report.foreign import one_line
from pointsman.report.headline import OUTCOMES, VERDICTS
from pointsman.report.markdown import escaped
from pointsman.report.summary import LARGEST, summary_markdown
from tests.unit.report.results import BARE, FULL, results, text

OURS = re.compile(r"</?(?:details|summary)>")


def as_people_see(markdown: str) -> str:
    """The words of `markdown` without its marks."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parseInline(markdown)
    return "".join(child.content for token in tokens for child in token.children or [])


def test_the_verdict_and_the_reason_come_first() -> None:
    lines = summary_markdown(FULL).splitlines()
    assert lines[0] == "## ❌ Rejected: shop in production"
    assert lines[2] == "**Why:** green answered 3 of 12 probes; users stayed on blue"


def test_the_parts_stand_in_the_order_in_which_they_are_needed() -> None:
    assert re.findall("^### (.*)$", summary_markdown(FULL), re.MULTILINE) == [
        "What changed",
        "What the verdict rests on",
        "What went wrong",
        "What to do next",
        "Timeline",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "| deployment/shop-green | image | shop:1.4 | shop:1.5 |",
        "| deployment/shop-green | replicas | (nothing) | 4 |",
        "| probes | ❌ fail | 3 of 12 answered |",
        "| errors | ❔ no data | no sample yet |",
        "**CrashLoopBackOff** in shop-green-1: back-off 40s",
        "no such table: carts",
        "2. run the same command again with a new image",
        "| 2026-01-01T00:01:30Z | 1 min 30 s | 4 of 4 ready |",
        "Step blue-green-switch, outcome rejected, exit code 10.",
        "run 777, attempt 2",
    ],
)
def test_the_summary_contains(line: str) -> None:
    assert line in summary_markdown(FULL, "run 777, attempt 2").splitlines()


def test_what_is_not_there_has_no_heading() -> None:
    assert "###" not in summary_markdown(BARE)
    assert "<details>" not in summary_markdown(replace(BARE, problem=Problem("Evicted", "", "disk full")))


def test_a_plan_speaks_of_what_would_change() -> None:
    assert "### What would change" in summary_markdown(replace(FULL, outcome=Outcome.PLANNED))


def test_every_outcome_and_every_verdict_has_words() -> None:
    assert OUTCOMES.keys() == set(Outcome)
    assert VERDICTS.keys() == set(Verdict)
    assert all(re.search("[a-z]", headline.words) for headline in [*OUTCOMES.values(), *VERDICTS.values()])


@given(text)
def test_escaped_text_is_seen_as_it_was_and_mentions_nobody(foreign: str) -> None:
    seen = as_people_see(escaped(foreign)).replace("\u200b", "")
    assert seen.split() == escaped_back(foreign).split()
    assert not re.search(r"@\w", escaped(foreign))


def escaped_back(foreign: str) -> str:
    """What is left of `foreign` once it is one harmless line."""
    return one_line(foreign).replace("\u200b", "")


@given(st.lists(text, min_size=4, max_size=4))
def test_a_cell_holds_its_text_and_no_other_cell_s(cells: list[str]) -> None:
    summary = summary_markdown(replace(BARE, changes=(Change(*cells),)))
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(summary)
    inline = [after for token, after in pairwise(tokens) if token.type == "td_open"]
    seen = ["".join(child.content for child in token.children or []) for token in inline]
    expected = [escaped_back(cell) for cell in cells[:2]] + [escaped_back(cell) or "(nothing)" for cell in cells[2:]]
    assert [cell.replace("\u200b", "").split() for cell in seen] == [cell.split() for cell in expected]


def test_marks_of_markdown_and_html_are_escaped() -> None:
    assert escaped("<b> & `x` | #1 a_b @mona") == "&lt;b&gt; &amp; \\`x\\` &#124; \\#1 a\\_b @\u200bmona"


@given(results)
def test_a_summary_is_well_formed_whatever_is_in_it(result: Result) -> None:
    summary = summary_markdown(result)
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(summary)
    html = "".join(token.content for token in tokens if token.type == "html_block")
    assert html.count("<details>") == html.count("</details>")
    assert OURS.sub("", html).replace("Its last log lines", "").replace("Its events", "").strip() == ""
    assert not [child for token in tokens for child in token.children or [] if child.type == "html_inline"]
    rows = [token for token in tokens if token.type == "tr_open"]
    cells = [token for token in tokens if token.type in ("td_open", "th_open")]
    assert len(rows) == expected_rows(result)
    assert len(cells) == expected_cells(result)


def expected_rows(result: Result) -> int:
    parts = [len(result.changes), len(result.checks), len(result.timeline)]
    return sum(rows + 1 for rows in parts if rows)


def expected_cells(result: Result) -> int:
    parts = [(len(result.changes), 4), (len(result.checks), 3), (len(result.timeline), 3)]
    return sum((rows + 1) * columns for rows, columns in parts if rows)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["x", "<", "é", "🚂", "`"]))
def test_a_summary_keeps_within_64_kib_and_says_what_it_left_out(count: int, letter: str) -> None:
    wide = letter * 300
    big = replace(
        FULL,
        why=wide * 10,
        changes=(Change(wide, wide, wide, wide),) * count,
        checks=(Check(wide, Verdict.PASS, wide),) * count,
        timeline=(Moment("now", 1, wide),) * count,
        following=(wide,) * 20,
        problem=Problem(wide, wide, wide, (wide,) * count, (wide,) * count),
    )
    summary = summary_markdown(big, wide)
    assert len(summary.encode()) <= LARGEST
    assert summary.count("<details>") == summary.count("</details>")
    shown = summary.count("| now |")
    assert shown == count or f"_{count - shown} more lines are left out" in summary


def test_of_a_long_log_the_last_lines_are_kept() -> None:
    log = tuple(f"line {number} {'x' * 90}" for number in range(2000))
    summary = summary_markdown(replace(FULL, problem=Problem("Error", "shop-1", "exit 1", log)))
    assert "line 1999 " in summary
    assert "line 0 " not in summary
    assert re.search(r"_\d+ earlier lines are left out", summary)


def test_a_log_cannot_close_its_own_block() -> None:
    log = ("```", "</details>", "````", "# heading")
    summary = summary_markdown(replace(FULL, problem=Problem("Error", "shop-1", "exit 1", log)))
    fences = [token for token in MarkdownIt().parse(summary) if token.type == "fence"]
    assert fences[0].content == "```\n</details>\n````\n# heading\n"
