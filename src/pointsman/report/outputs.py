"""Step outputs as a runner reads them from the file named by GITHUB_OUTPUT.

Each value stands between a line `name<<delimiter` and a line that is the delimiter. A delimiter that a value
could contain lets the value write further outputs, so it carries a token nobody can guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_TOKEN = re.compile(r"[A-Za-z0-9-]{16,}")


def outputs_text(outputs: Mapping[str, str], token: str) -> str:
    """`outputs` for GITHUB_OUTPUT, ending in a newline; empty when there are none.

    `token` is random, new for each call (a UUID, say). Raises ValueError for a name no workflow can refer to,
    a value with a NUL or with the delimiter in it, and a token that could be guessed.
    """
    if not _TOKEN.fullmatch(token):
        raise ValueError("the token is at least 16 letters, digits or hyphens")
    return "".join(_entry(name, value, f"pointsman_{token}") for name, value in outputs.items())


def _entry(name: str, value: str, delimiter: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a name of an output")
    if "\0" in value:
        raise ValueError(f"the output {name} contains a NUL character")
    if delimiter in value:
        raise ValueError(f"the output {name} contains the delimiter")
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"
