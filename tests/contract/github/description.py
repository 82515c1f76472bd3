"""GitHub's own description of its API (see `slice.py`), asked whether requests and answers fit it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from tests.contract.github.slice import SLICE
from tests.fakes.github_server import Request
from tests.fakes.github_state import Json

HOST = "https://api.github.com"


@cache
def _openapi() -> OpenAPI:
    return OpenAPI.from_dict(json.loads(SLICE.read_text()))


def misfits(requests: Iterable[Request]) -> list[str]:
    """What GitHub would object to in `requests`; empty when nothing."""
    return [f"{request.path}: {_fault(request)}" for request in requests if _fault(request)]


def fault_in_answer(request: Request, status: int, body: Json) -> str:
    """How an answer differs from what GitHub would send; empty when it does not."""
    answer = MockResponse(json.dumps(body).encode(), status_code=status, content_type="application/json")
    try:
        _openapi().validate_response(_mock(request), answer)
    except OpenAPIError as fault:
        return _words(fault)
    return ""


def _fault(request: Request) -> str:
    try:
        _openapi().validate_request(_mock(request))
    except OpenAPIError as fault:
        return _words(fault)
    return ""


def _mock(request: Request) -> MockRequest:
    return MockRequest(
        HOST,
        request.method.lower(),
        request.path,
        data=request.body.encode(),
        content_type=request.headers.get("content-type", ""),
    )


def _words(fault: BaseException) -> str:
    cause = fault.__cause__
    details = [str(error).split("\n")[0] for error in getattr(cause, "schema_errors", [])]
    return f"{type(fault).__name__} {fault} {'; '.join(details)}"
