"""The parts of a rehearsal, one after the other, as a person sees them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping

from release.mistake import Mistake


def completed(parts: Mapping[str, Callable[[], str]]) -> bool:
    """Whether every part came to its end; the first that does not is named, and is the last."""
    for number, (name, part) in enumerate(parts.items(), 1):
        print(f"{number}/{len(parts)} {name} ...", flush=True)
        began = time.monotonic()
        try:
            said = part()
        except (Mistake, OSError, RuntimeError, subprocess.CalledProcessError) as error:
            print(f"release-dry-run: {name}: {error}", file=sys.stderr)
            return False
        print(f"{indented(said)}\n    {time.monotonic() - began:.0f} s", flush=True)
    return True


def indented(text: str) -> str:
    """As what belongs to the line above."""
    return "\n".join(f"    {line}" for line in text.splitlines())
