"""Foldable sections of a GitLab job's log.

GitLab obeys a section's marker only with its carriage return and its terminal code, which `foreign.plain` takes out of
whatever others wrote: no pod can open a section, or close ours.
"""

from __future__ import annotations

import re

from pointsman.report.foreign import one_line

_REST_OF_LINE = "\r\x1b[0K"
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]")


def section_start(name: str, title: str, at: int, collapsed: bool = False) -> str:
    """Opens a section at the Unix time `at`; `collapsed` ones are folded until somebody opens them."""
    options = "[collapsed=true]" if collapsed else ""
    return f"\x1b[0Ksection_start:{at}:{_name(name)}{options}{_REST_OF_LINE}{one_line(title)}"


def section_end(name: str, at: int) -> str:
    """Closes the section called `name` at the Unix time `at`."""
    return f"\x1b[0Ksection_end:{at}:{_name(name)}{_REST_OF_LINE}"


def _name(text: str) -> str:
    return f"pointsman_{_NOT_IN_NAMES.sub('_', text)}"
