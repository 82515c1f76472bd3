"""A checklist as Markdown: a task list whose proven items are ticked, the evidence beside each."""

from __future__ import annotations

from collections.abc import Iterable

from pointsman.model.readiness import Status
from pointsman.report.markdown import escaped
from pointsman.strategy.readiness.checklist import Entry, Part, When

_TITLES = {When.PRE: "Before the deployment", When.DURING: "During the deployment", When.POST: "After the deployment"}
_WORDS = {Status.FAIL: "not so: ", Status.UNKNOWN: "open: ", Status.WAIVED: "", Status.PASS: ""}


def checklist_markdown(service: str, when: When, parts: Iterable[Part]) -> str:
    """The list; foreign text in it is escaped."""
    told = list(parts)
    every = [entry for part in told for entry in part.entries]
    ticked = sum(entry.status.good for entry in every)
    lines = [f"# {_TITLES[when]}: {escaped(service)}", "", f"{ticked} of {len(every)} items are proven.", ""]
    for part in told:
        lines += [f"## {part.title}", "", *map(_line, part.entries), ""]
    return "\n".join(lines)


def _line(entry: Entry) -> str:
    box = "x" if entry.status.good else " "
    return f"- [{box}] {entry.text}<br>{_WORDS[entry.status]}{escaped(entry.evidence, 1000)}"
