"""The note of a merge request on GitLab: the job summary, under a mark by which a later run finds it again.

GitLab obeys lines of a note that begin with a slash (`/merge`), with the rights of whoever wrote it, and takes `!12`
for a mention of merge request 12. Most foreign text stands behind words of ours or in a block of code, where neither
happens; here no line begins with a slash at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pointsman.model.result import Result
from pointsman.report.foreign import one_line
from pointsman.report.summary import summary_markdown

_COMMAND = re.compile(r"^(\s*)/", re.MULTILINE)
_MENTION = re.compile(r"([!%])(?=\d)")
_NOT_IN_MARKERS = re.compile(r"[^A-Za-z0-9._/-]")


@dataclass(frozen=True)
class Note:
    """`text` begins with `marker`, a comment that nobody sees."""

    marker: str
    text: str


def merge_request_note(result: Result, environment: str = "", footnote: str = "") -> Note:
    """The note about `result`; the same marker for each run of a step on a subject in an environment."""
    words = (result.step, result.subject, environment)
    # Two hyphens would end the comment.
    named = ":".join(_NOT_IN_MARKERS.sub("_", one_line(word)).replace("--", "__") for word in words)
    marker = f"<!-- pointsman:{named} -->"
    return Note(marker, f"{marker}\n{_harmless(summary_markdown(result, footnote))}")


def _harmless(markdown: str) -> str:
    return _MENTION.sub("\\1\u200b", _COMMAND.sub("\\1\u200b/", markdown))
