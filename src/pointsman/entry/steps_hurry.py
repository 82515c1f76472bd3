"""promote and abort in the table of steps. `spec.py` is the table; `wiring_hurry.py` makes values of them."""

from __future__ import annotations

from pointsman.entry.shared_inputs import (
    DRAIN,
    DRY_RUN,
    HEALTH_PATH,
    HEALTH_PORT,
    LOCK_WAIT,
    NAMESPACE,
    OUTCOME,
    REASON,
    SERVICE,
    SOAK,
    STABLE,
    TAIL,
    VERSION,
    WEIGHT,
    required,
)
from pointsman.entry.table import Input, Output, Step, Type

_ADDRESS = (required(NAMESPACE), required(SERVICE), REASON)
_REST = (LOCK_WAIT, DRY_RUN, *TAIL)

PROMOTE = Step(
    "promote",
    "Take the canary in flight to its end now, without waiting for more evidence.",
    "For somebody in a hurry. The record says what is in flight. The candidate gets the capacity for everybody, takes "
    "all users where the router can send all, stable gets its version while those pods serve, and users return to a "
    "healthy stable. Readiness and health are waited for as ever; further weights and further evidence are not, and "
    "the record says who asked for that. With nothing in flight it changes nothing and exits 0.",
    (
        *_ADDRESS,
        HEALTH_PATH,
        HEALTH_PORT,
        SOAK,
        DRAIN,
        Input("timeout", "Time for each thing: ready pods, a weight in effect, stable.", Type.DURATION, "10m"),
        *_REST,
    ),
    (*OUTCOME, WEIGHT, STABLE, *VERSION),
    by_hand=True,
)

ABORT = Step(
    "abort",
    "Put all users on stable and remove the candidate of the canary in flight.",
    "For somebody in a hurry. The record says what is in flight. Users go back to stable first, that is seen, and then "
    "the candidate is put back to what it was, or removed. A release that is over is left alone: then it changes "
    "nothing and exits 0.",
    (*_ADDRESS, Input("timeout", "Time for all of it.", Type.DURATION, "300s"), *_REST),
    (*OUTCOME, Output("active", "The workload that serves now."), *VERSION),
    by_hand=True,
)
