"""Names and labels under which common products count requests, in Prometheus' text format.

Each product's own documentation and source have them; here they are written out, so that a preset that asks for
another name or label finds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

Counted = Mapping[tuple[str, str], tuple[Counter[int], Counter[float]]]
Labels = Callable[[str, str], dict[str, str]]


def exposition(counted: Counted) -> str:
    """The text of all products at once."""
    lines = [line for product in PRODUCTS for line in product(counted)]
    return "\n".join([*lines, ""])


def _application(counted: Counted) -> Iterator[str]:
    def labels(version: str, pod: str) -> dict[str, str]:
        return {"version": version, "pod": pod}

    yield "# TYPE http_requests_total counter"
    yield from _counter("http_requests_total", counted, labels, "code")
    yield "# TYPE http_request_duration_seconds histogram"
    yield from _histogram("http_request_duration_seconds", counted, labels, 1)
    yield "# TYPE http_requests_in_flight gauge"
    yield from (_line("http_requests_in_flight", labels(*process), 1) for process in counted)


def _istio(counted: Counted) -> Iterator[str]:
    for reporter in ("destination", "source"):

        def labels(version: str, pod: str, reporter: str = reporter) -> dict[str, str]:
            workload = {"destination_workload": version, "destination_workload_namespace": "shop"}
            callers = {"reporter": reporter, "source_workload": "gateway", "request_protocol": "http"}
            return {**callers, **workload, "response_flags": "-", "pod": pod}

        yield from _counter("istio_requests_total", counted, labels, "response_code")
        yield from _histogram("istio_request_duration_milliseconds", counted, labels, 1000)


def _linkerd(counted: Counted) -> Iterator[str]:
    def labels(version: str, pod: str) -> dict[str, str]:
        return {"namespace": "shop", "deployment": version, "direction": "inbound", "tls": "true", "pod": pod}

    for (version, pod), (answers, _) in counted.items():
        for status, count in answers.items():
            verdict = "success" if status < 500 else "failure"
            where = {**labels(version, pod), "classification": verdict, "status_code": str(status)}
            yield _line("response_total", where, count)
    yield from _histogram("response_latency_ms", counted, labels, 1000)


def _envoy(counted: Counted) -> Iterator[str]:
    """As one proxy shows its clusters; Contour calls them `NAMESPACE_SERVICE_PORT`."""
    for cluster in ("{}", "shop_{}_80"):

        def labels(version: str, _: str, cluster: str = cluster) -> dict[str, str]:
            return {"envoy_cluster_name": cluster.format(version), "pod": "envoy-1"}

        yield from _counter("envoy_cluster_upstream_rq", counted, labels, "envoy_response_code")
        yield from _histogram("envoy_cluster_upstream_rq_time", counted, labels, 1000)


def _ingress_nginx(counted: Counted) -> Iterator[str]:
    def labels(version: str, _: str) -> dict[str, str]:
        canary = f"shop-{version}-80" if version.endswith("canary") else ""
        where = {"namespace": "shop", "ingress": "front", "service": "web", "controller_pod": "ingress-1"}
        return {**where, "canary": canary, "method": "GET", "path": "/", "host": "shop.example"}

    yield from _counter("nginx_ingress_controller_requests", counted, labels, "status")
    yield from _histogram("nginx_ingress_controller_request_duration_seconds", counted, labels, 1)


def _traefik(counted: Counted) -> Iterator[str]:
    def labels(version: str, _: str) -> dict[str, str]:
        return {"service": f"shop-{version}-80@kubernetescrd", "method": "GET", "protocol": "http", "pod": "traefik-1"}

    yield from _counter("traefik_service_requests_total", counted, labels, "code")
    yield from _histogram("traefik_service_request_duration_seconds", counted, labels, 1)


PRODUCTS = (_application, _istio, _linkerd, _envoy, _ingress_nginx, _traefik)


def _counter(name: str, counted: Counted, labels: Labels, status: str) -> Iterator[str]:
    for (version, pod), (answers, _) in counted.items():
        for code, count in answers.items():
            yield _line(name, {**labels(version, pod), status: str(code)}, count)


def _histogram(name: str, counted: Counted, labels: Labels, scale: float) -> Iterator[str]:
    for (version, pod), (_, within) in counted.items():
        for bound, count in sorted(within.items()):
            shown = "+Inf" if bound == float("inf") else f"{bound * scale:g}"
            yield _line(f"{name}_bucket", {**labels(version, pod), "le": shown}, count)


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    shown = ",".join(f'{key}="{text}"' for key, text in labels.items())
    return f"{name}{{{shown}}} {value}"
