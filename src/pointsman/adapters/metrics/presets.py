"""The questions for common products, by name. Which label tells versions apart, and where it comes from, stands beside
each; `{{version}}` is the version's name as that label has it.

A product's metrics reach Prometheus by the scrape configuration that its own documentation gives; `instance` and `pod`
are the labels which that leaves on every series.
"""

from __future__ import annotations

from pointsman.adapters.metrics.questions import Comparison, Questions, alike
from pointsman.model.errors import InputError


def _istio(reporter: str) -> Comparison:
    """`destination_workload`: the Deployment that answered, as its own sidecar reports it, or the caller's."""
    labels = (
        f'reporter="{reporter}",destination_workload_namespace="{{{{namespace}}}}",'
        'destination_workload="{{version}}"'
    )
    questions = Questions(
        f"istio_requests_total{{{labels}}}",
        f'istio_requests_total{{{labels},response_code=~"5.."}}',
        f"istio_request_duration_milliseconds_bucket{{{labels}}}",
        "ms",
    )
    return alike(questions)


def _envoy(cluster: str) -> Comparison:
    """`envoy_cluster_name`: the upstream cluster that a request was sent to, by any number of proxies."""
    questions = Questions(
        f"envoy_cluster_upstream_rq{{{cluster}}}",
        f'envoy_cluster_upstream_rq{{{cluster},envoy_response_code=~"5.."}}',
        f"envoy_cluster_upstream_rq_time_bucket{{{cluster}}}",
        "ms",
    )
    return alike(questions)


def _linkerd() -> Comparison:
    """`deployment`: the Deployment whose proxy answered; a gRPC failure is an error there, too."""
    labels = 'namespace="{{namespace}}",deployment="{{version}}",direction="inbound"'
    questions = Questions(
        f"response_total{{{labels}}}",
        f'response_total{{{labels},classification="failure"}}',
        f"response_latency_ms_bucket{{{labels}}}",
        "ms",
    )
    return alike(questions)


def _traefik() -> Comparison:
    """`service`: `NAMESPACE-NAME-PORT@PROVIDER`, and for a Gateway API route `…-svc-NAMESPACE-NAME-INDEX@PROVIDER`."""
    labels = 'service=~"(.+-svc-)?{{namespace}}-{{version}}-[0-9]+@.+"'
    questions = Questions(
        f"traefik_service_requests_total{{{labels}}}",
        f'traefik_service_requests_total{{{labels},code=~"5.."}}',
        f"traefik_service_request_duration_seconds_bucket{{{labels}}}",
    )
    return alike(questions)


def _ingress_nginx() -> Comparison:
    """`canary`: empty for what the Ingress itself sent on, `NAMESPACE-SERVICE-PORT` for its canary Ingress."""

    def where(canary: str) -> Questions:
        labels = f'namespace="{{{{namespace}}}}",ingress="{{{{ingress}}}}",{canary}'
        return Questions(
            f"nginx_ingress_controller_requests{{{labels}}}",
            f'nginx_ingress_controller_requests{{{labels},status=~"5.."}}',
            f"nginx_ingress_controller_request_duration_seconds_bucket{{{labels}}}",
            per=("instance", "controller_pod"),
        )

    return Comparison(where('canary=""'), where('canary=~"{{namespace}}-{{version}}-[^-]+"'))


PRESETS = {
    "istio": _istio("destination"),
    "istio-source": _istio("source"),
    "linkerd": _linkerd(),
    "contour": _envoy('envoy_cluster_name=~"{{namespace}}_{{version}}_[0-9]+"'),
    "envoy": _envoy('envoy_cluster_name="{{version}}"'),
    "ingress-nginx": _ingress_nginx(),
    "traefik": _traefik(),
}


def preset_named(name: str) -> Comparison:
    """The questions of the preset `name`. Raises InputError that lists those there are."""
    if name not in PRESETS:
        raise InputError(f"there is no preset {name!r} for metrics", f"the presets are {', '.join(PRESETS)}")
    return PRESETS[name]
