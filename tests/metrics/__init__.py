"""Metric sources that are really there: a Prometheus that scrapes a shop, an Envoy, probes."""
