"""Step outputs as a GitLab dotenv report, which makes them variables of later jobs.

GitLab takes at most 5 KB and (where nobody raised it) 20 variables, one a line, without blanks, quotes and comments; a
file with a line it does not like is refused as a whole. So an output that does not fit is left out, never changed:
the reason, which is a sentence, stands in report.json.

The prefix is not that of the inputs: a variable from a report outranks those of a job, and the output `image` of one
job would become the input `image` of the next.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PREFIX = "POINTSMAN_OUT_"
LARGEST = 5 * 1024
"""Bytes of the file."""
MOST = 20
"""Variables in it."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")
# No `$` either: GitLab would expand it where the variable is used.
_VALUE = re.compile(r"[A-Za-z0-9_.,:;/@%+=~^-]*")


def dotenv_text(outputs: Mapping[str, str]) -> str:
    """`outputs` as lines `POINTSMAN_OUT_<NAME>=value`; the first ones where there is no room for all."""
    text, count = "", 0
    for name, value in outputs.items():
        line = f"{variable_of_output(name)}={value}\n"
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value) or len(text) + len(line) > LARGEST:
            continue
        if count == MOST:
            break
        text, count = text + line, count + 1
    return text


def variable_of_output(name: str) -> str:
    """`exit-code` -> `POINTSMAN_OUT_EXIT_CODE`."""
    return f"{PREFIX}{name.upper().replace('-', '_')}"
