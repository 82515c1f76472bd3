"""The way to a Prometheus: bounded, tried again where that is safe, and never with our credentials to somebody else."""

from __future__ import annotations

import base64
import http.server
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pointsman.adapters.local.loopback import free_port
from pointsman.adapters.metrics.access import Access
from pointsman.adapters.metrics.prometheus_api import PrometheusApi
from pointsman.model.errors import InputError, SourceDown
from pointsman.testing import FakeClock
from tests.cluster.harness.pki import Authority

EMPTY = {"status": "success", "data": {"resultType": "vector", "result": []}}
BUSY = Response('{"status":"error","errorType":"timeout","error":"query timed out"}', 503)


def api_of(server: HTTPServer, **access: object) -> PrometheusApi:
    return PrometheusApi(Access(server.url_for("/"), **access), FakeClock())  # type: ignore[arg-type]


def answers(server: HTTPServer, *responses: Response) -> None:
    """Each once, in this order."""
    for each in responses:
        server.expect_ordered_request("/api/v1/query").respond_with_response(each)


def everything(server: HTTPServer) -> list[Request]:
    return [request for request, _ in server.log]


def test_a_question_is_asked_once_with_a_time_limit_for_the_server(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v1/query", "GET").respond_with_json(EMPTY)
    api = api_of(httpserver, timeout=7)
    assert api.query("up") == []
    (request,) = everything(httpserver)
    assert request.args.to_dict() == {"query": "up", "timeout": "7s"}
    assert api.requests == 1


def test_a_long_question_is_sent_as_a_form(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v1/query", "POST").respond_with_json(EMPTY)
    text = "up or " * 500 + "up"
    api_of(httpserver).query(text)
    assert everything(httpserver)[0].form["query"] == text


def test_where_forms_are_not_allowed_addresses_are_used_from_then_on(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v1/query", "GET").respond_with_json(EMPTY)
    httpserver.expect_request("/api/v1/query", "POST").respond_with_data("", 405)
    api = api_of(httpserver)
    for _ in range(2):
        api.query("up or " * 500 + "up")
    assert [request.method for request in everything(httpserver)] == ["POST", "GET", "GET"]


def test_identity_and_tenant_are_sent(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v1/query").respond_with_json(EMPTY)
    api_of(httpserver, user="ann", password="letmein", headers={"X-Scope-OrgID": "shop"}).query("up")
    headers = everything(httpserver)[0].headers
    assert headers["X-Scope-OrgID"] == "shop"
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"ann:letmein"


def test_a_server_that_is_busy_for_a_moment_is_asked_again(httpserver: HTTPServer) -> None:
    answers(httpserver, BUSY, Response(status=502))
    httpserver.expect_ordered_request("/api/v1/query").respond_with_json(EMPTY)
    api = api_of(httpserver)
    assert api.query("up") == []
    assert api.requests == 3


def test_C17_a_server_that_stays_busy_is_down_with_its_own_words(httpserver: HTTPServer) -> None:
    answers(httpserver, BUSY, BUSY, BUSY)
    api = api_of(httpserver)
    with pytest.raises(SourceDown, match="query timed out"):
        api.query("up")
    assert api.requests == 3


def test_a_wrong_question_is_not_asked_twice(httpserver: HTTPServer) -> None:
    answers(httpserver, Response('{"status":"error","errorType":"bad_data","error":"parse error"}', 400))
    api = api_of(httpserver)
    with pytest.raises(InputError, match="parse error"):
        api.query("up(")
    assert api.requests == 1


def test_a_server_that_repeats_our_token_does_not_make_us_show_it(httpserver: HTTPServer) -> None:
    answers(httpserver, Response("invalid token letmein", 401))
    with pytest.raises(InputError, match=r"HTTP 401.*invalid token \*\*\*"):
        api_of(httpserver, token="letmein").query("up")


def test_a_redirect_is_not_followed(httpserver: HTTPServer) -> None:
    answers(httpserver, Response(status=302, headers={"Location": httpserver.url_for("/login")}))
    with pytest.raises(InputError, match="sends us elsewhere"):
        api_of(httpserver, token="letmein").query("up")
    assert len(everything(httpserver)) == 1


def test_C17_nobody_at_the_address_is_a_source_that_is_down() -> None:
    clock = FakeClock()
    api = PrometheusApi(Access(f"http://127.0.0.1:{free_port()}"), clock)
    with pytest.raises(SourceDown, match="does not answer"):
        api.query("up")
    assert api.requests == 3
    assert sum(clock.slept) < 2


def test_an_answer_that_never_comes_is_waited_for_as_long_as_was_said(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v1/query").respond_with_handler(late)
    began = time.monotonic()
    api = PrometheusApi(Access(httpserver.url_for("/"), timeout=0.1), _Passing())
    with pytest.raises(SourceDown, match=r"does not answer.*[Rr]ead timed out"):
        api.query("up")
    assert time.monotonic() - began < 4


def late(_: Request) -> Response:
    time.sleep(3)
    return Response()


def test_an_answer_that_trickles_is_given_up() -> None:
    with trickling() as address:
        api = PrometheusApi(Access(address, timeout=0.1), _Passing())
        with pytest.raises(SourceDown, match="come to an end"):
            api.query("up")


def test_a_server_that_nobody_vouches_for_is_trusted_only_with_its_certificates(tmp_path: Path) -> None:
    with encrypted(Authority(tmp_path)) as server:
        stranger = PrometheusApi(Access(server.url_for("/")), FakeClock())
        with pytest.raises(InputError, match="cannot be trusted") as refused:
            stranger.query("up")
        assert (
            PrometheusApi(Access(server.url_for("/"), ca_file=str(tmp_path / "ca.crt")), FakeClock()).query("up") == []
        )
    assert "certificates to trust" in refused.value.advice
    assert stranger.requests == 1


@pytest.mark.parametrize(
    ("response", "known"),
    [
        pytest.param(Response('{"status":"success","data":["a","c"]}'), frozenset({"a", "c"}), id="it-tells"),
        pytest.param(Response("", 404), None, id="it-does-not-have-that"),
        pytest.param(Response('{"status":"success","data":{}}'), None, id="it-tells-something-else"),
    ],
)
def test_which_metrics_there_are_is_asked_by_name(
    httpserver: HTTPServer, response: Response, known: frozenset[str] | None
) -> None:
    httpserver.expect_request("/api/v1/label/__name__/values").respond_with_response(response)
    assert api_of(httpserver).known({"b", "a"}) == known
    assert everything(httpserver)[0].args.getlist("match[]") == ["a", "b"]


@pytest.mark.parametrize(
    ("response", "kinds"),
    [
        pytest.param('{"status":"success","data":{"a":[{"type":"gauge","help":""}]}}', {"a": "gauge"}, id="it-tells"),
        pytest.param('{"status":"success","data":{}}', {}, id="it-was-not-told"),
        pytest.param('{"status":"success","data":[]}', {}, id="it-tells-something-else"),
        pytest.param('{"status":"error","errorType":"bad_data","error":"?"}', {}, id="it-does-not-have-that"),
    ],
)
def test_what_a_metric_is_can_be_asked(httpserver: HTTPServer, response: str, kinds: dict[str, str]) -> None:
    httpserver.expect_request("/api/v1/metadata").respond_with_data(response)
    assert api_of(httpserver).kinds({"a"}) == kinds
    assert everything(httpserver)[0].args.to_dict() == {"metric": "a"}


class _Passing(FakeClock):
    """Time passes by itself; no wait takes any."""

    def seconds(self) -> float:
        return time.monotonic()


@contextmanager
def encrypted(authority: Authority) -> Iterator[HTTPServer]:
    """A server with a certificate of `authority`."""
    authority.issue("prometheus", ["127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.path("prometheus.crt"), authority.path("prometheus.key"))
    with HTTPServer("127.0.0.1", ssl_context=context) as server:
        server.expect_request("/api/v1/query").respond_with_json(EMPTY)
        yield server


@contextmanager
def trickling() -> Iterator[str]:
    """A server that sends one byte after the other."""

    class Trickle(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            for _ in range(60):
                if not sent(lambda: self.wfile.write(b" ")):
                    return
                time.sleep(0.05)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Trickle)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def sent(write: Callable[[], object]) -> bool:
    try:
        write()
    except OSError:
        return False
    return True
