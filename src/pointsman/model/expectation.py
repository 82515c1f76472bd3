"""What a healthy HTTP answer looks like."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Expectation:
    """What a healthy answer looks like: the path asked, the status (200, or a range like 200-299), a pattern that the
    body must contain (empty: any body)."""

    path: str = "/healthz"
    status: str = "200"
    body: str = ""

    def mismatch(self, status: int, body: str) -> str:
        """Why an answer is not healthy; empty when it is."""
        low, _, high = self.status.partition("-")
        if not int(low) <= status <= int(high or low):
            return f"answered {status} instead of {self.status}"
        if self.body and not re.search(self.body, body):
            return f"answered {status} but the body does not match {self.body!r}"
        return ""
