"""Where raw counters of both versions come from: `prometheus` and what speaks its API, `envoy`, `probes`."""
