"""What a Prometheus answers, and what each answer means: pure functions over status, headers and JSON.

A wrong question or address is an InputError, an answer that says nothing about any version a SourceDown.
https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pointsman.model.errors import InputError, PointsmanError, SourceDown

_PASSING = (408, 425, 429)
_PREFIX = "give the address before /api/v1, with its path if there is one: /prometheus (Mimir), /select/0/prometheus …"
_LOGIN = "a login page stands before it: use an address for programs, or give a token"
_RIGHTS = "check the token, the user and the tenant header; reading (query) is all that is needed"


class WrongQuestion(InputError):
    """It is the question itself that Prometheus will not answer."""


@dataclass(frozen=True)
class Sample:
    """One series of an answer: its labels and the value it has; NaN and infinities are kept as they are."""

    labels: Mapping[str, str]
    value: float


def data_of(status: int, kind: str, body: bytes) -> Any:
    """`data` of a whole answer; `kind` is its content type. Raises InputError and SourceDown."""
    if status != 200:
        raise refusal(status, message_of(body))
    said = _parsed(body)
    if said is None and ("html" in kind or body.lstrip()[:1] == b"<"):
        raise InputError("the address answers with a web page, not as Prometheus does", _LOGIN)
    if said is None or "status" not in said:
        raise InputError("the address does not answer as Prometheus does", _PREFIX)
    if said["status"] != "success":
        wrong = said.get("errorType") in ("bad_data", "execution")
        raise refusal(400 if wrong else 500, message_of(body))
    if said.get("warnings") or said.get("isPartial"):
        missing = "; ".join(map(str, said.get("warnings") or ["a part of its storage is missing"]))
        raise SourceDown(f"Prometheus's answer is not whole: {missing[:300]}", "see that all of its storage is up")
    return said.get("data")


def samples_of(data: Any) -> list[Sample]:
    """The series of an instant vector. Raises WrongQuestion for any other kind of result."""
    kind = data.get("resultType") if isinstance(data, dict) else None
    if kind != "vector":
        raise WrongQuestion(f"the question yields a {kind or 'result of no kind'}, not counters", "ask for a vector")
    return [_sample(each) for each in data["result"]]


def kinds_of(data: Any) -> dict[str, str]:
    """Metric to kind, from what Prometheus keeps about metrics; the targets that show one say what it is."""
    said = data.items() if isinstance(data, dict) else ()
    return {name: str(entries[0].get("type", "")) for name, entries in said if entries}


def message_of(body: bytes) -> str:
    """Prometheus's own words about an error; else the first line of a text, and nothing of a web page."""
    said = _parsed(body)
    if said is not None:
        return str(said.get("error") or said.get("message") or said)[:500]
    text = body.decode("utf-8", "replace").strip()
    return "" if text.startswith("<") else next(iter(text.splitlines()), "")[:300]


def refusal(status: int, message: str) -> PointsmanError:
    """What an HTTP status other than 200 means for us, with the server's `message`."""
    said = f": {message}" if message else ""
    if status in (401, 403):
        return InputError(f"Prometheus does not let us ask (HTTP {status}){said}", _RIGHTS)
    if 300 <= status < 400:
        return InputError(f"the address sends us elsewhere (HTTP {status}), and we do not follow", _LOGIN)
    if status == 404:
        return InputError(f"there is no Prometheus API at this address (HTTP 404){said}", _PREFIX)
    if status < 500 and status not in _PASSING:
        return WrongQuestion(f"Prometheus refuses the question (HTTP {status}){said}", "correct the question")
    return SourceDown(f"Prometheus cannot answer (HTTP {status}){said}", "see that it is up and not overloaded")


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(body)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _sample(each: Any) -> Sample:
    if "value" not in each:
        raise WrongQuestion("the question yields native histograms", "ask for classic buckets: NAME_bucket, with le")
    return Sample(dict(each["metric"]), float(each["value"][1]))
