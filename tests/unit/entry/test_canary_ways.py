"""A canary Ingress in the record: whoever undoes the release finds the same way, and asks for the same permissions."""

from __future__ import annotations

from pointsman.entry import needs
from pointsman.entry.canary_ways import INGRESS_NGINX, Way, way_of


def test_a_canary_ingress_is_read_from_the_record_as_it_was_written() -> None:
    """Rollback, promote, abort and the dead-man switch know nothing else of it."""
    way = Way(INGRESS_NGINX, "web", candidate_service="shop-canary")
    assert way.text == "ingress-nginx web shop-canary"
    assert way_of(way.text) == way


def test_a_canary_ingress_needs_ingresses_and_no_routes() -> None:
    """Least privilege: nothing of the Gateway API or Istio."""
    assert Way(INGRESS_NGINX, "web", candidate_service="shop-canary").needs == needs.CANARY_INGRESS
