"""Production readiness: pure functions from facts to findings. `policy.py` is the table of all checks."""
