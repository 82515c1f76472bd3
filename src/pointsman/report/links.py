"""Links for the page of a GitLab job: its report `annotations`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pointsman.report.foreign import cut, one_line

LONGEST_LABEL = 120
LONGEST_URL = 255
"""Characters; a longer address would lead elsewhere when cut, so it is left out."""


def annotations_json(links: Mapping[str, str]) -> str:
    """Label to address as the JSON that GitLab reads; what is no web address is left out."""
    kept = [_link(label, url) for label, url in links.items() if _takeable(url)]
    return json.dumps({"pointsman": kept} if kept else {}, indent=2, ensure_ascii=False) + "\n"


def _link(label: str, url: str) -> dict[str, dict[str, str]]:
    return {"external_link": {"label": cut(one_line(label), LONGEST_LABEL), "url": url}}


def _takeable(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= LONGEST_URL and url.isprintable() and " " not in url
