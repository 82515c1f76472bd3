"""Ingresses with the annotations of ingress-nginx in the test cluster, served by a real Traefik.

The controller itself cannot be had as a program; Traefik has a provider that runs its annotations.
"""

from __future__ import annotations

from typing import Any

from tests.cluster.harness.gateway import Traefik
from tests.cluster.harness.world import Object

PREFIX = "nginx.ingress.kubernetes.io/"


class IngressTraefik(Traefik):
    """Serves the Ingresses of its own IngressClass in one namespace."""

    def _class(self) -> Object:
        made = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": self.gateway_class}}
        return {**made, "spec": {"controller": f"pointsman.test/{self.gateway_class}"}}

    def _provider(self) -> dict[str, str]:
        options = {
            "watchnamespace": self._world.namespace,
            "ingressclass": self.gateway_class,
            "controllerclass": f"pointsman.test/{self.gateway_class}",
        }
        return {
            "providers.kubernetesingressnginx": "true",
            **{f"providers.kubernetesingressnginx.{name}": value for name, value in options.items()},
        }


def ingress(name: str, ingress_class: str, *paths: tuple[str, str], host: str = "", **metadata: Any) -> Object:
    """An Ingress that leads each (path, Service) to port 80."""
    rules = [
        {"path": path, "pathType": "Prefix", "backend": {"service": {"name": service, "port": {"number": 80}}}}
        for path, service in paths
    ]
    rule = {**({"host": host} if host else {}), "http": {"paths": rules}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, **metadata},
        "spec": {"ingressClassName": ingress_class, "rules": [rule]},
    }
