"""What the demo says at the end: pure text and JSON from what was shown."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pointsman.demo.load import Tally
from pointsman.demo.scenes import Shown


def markdown(shown: Sequence[Shown]) -> str:
    """The summary of the demo as a page."""
    rows = [
        f"| {each.scene.title} | `{each.scene.image}` | {each.exit_code} | {each.tally.total} "
        f"| **{each.tally.failed}** | {answered_by(each.tally)} |"
        for each in shown
    ]
    head = ["# Four releases under constant load", ""]
    table = [
        "| release | image | exit code | requests | failed | answered by |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    reports = [f"- [{each.scene.title}]({each.scene.name}/report.md)" for each in shown]
    return "\n".join([*head, *table, *rows, "", *reports, ""])


def document(shown: Sequence[Shown]) -> str:
    """The same for programs."""
    scenes = [
        {
            "image": each.scene.image,
            "exit_code": each.exit_code,
            "as_expected": each.as_expected,
            "seconds": round(each.seconds, 1),
            "requests": each.tally.requests,
            "failures": each.tally.failures,
        }
        for each in shown
    ]
    return json.dumps({"schema": 1, "scenes": scenes}, indent=2) + "\n"


def answered_by(tally: Tally) -> str:
    """`shop-blue 312, shop-green 498`."""
    return ", ".join(f"{name} {count}" for name, count in sorted(tally.requests.items())) or "nobody"
