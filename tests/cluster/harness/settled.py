"""Waits until an address answers steadily; run where cluster IPs are reachable (`World.wait_serving` does).

A Service is served some 0.3 to 1 s after its object says so, because kube-proxy follows the API with a delay.
"""

from __future__ import annotations

import argparse
import sys
import time
import urllib.request

IN_A_ROW = 20
"""Answers without an exception that count as steady; enough to meet every pod of a small Service."""


def steady(url: str, version: str, timeout: float) -> bool:
    """Whether `url` came to answer successfully many times in a row, as `version` unless that is empty."""
    deadline = time.monotonic() + timeout
    streak = 0
    while streak < IN_A_ROW and time.monotonic() < deadline:
        streak = streak + 1 if _answers(url, version) else 0
        time.sleep(0.02)
    return streak >= IN_A_ROW


def _answers(url: str, version: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=1) as answer:
            return version in ("", answer.headers["X-Version"])
    except OSError:  # refused, timed out, or an error status
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description="Wait until an address answers steadily.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--version", default="")
    parser.add_argument("--timeout", type=float, default=30)
    asked = parser.parse_args()
    sys.exit(0 if steady(asked.url, asked.version, asked.timeout) else 1)


if __name__ == "__main__":
    main()
