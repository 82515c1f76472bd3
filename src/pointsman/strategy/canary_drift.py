"""What of a canary stands if nobody else wrote. `drift.py` compares, and says what follows."""

from __future__ import annotations

from pointsman.model.record import Flight, Intent
from pointsman.strategy.canary_seen import Phase
from pointsman.strategy.capacity import instances_for
from pointsman.strategy.drift import Expected


def expected_of(flight: Flight, intent: Intent | None, begun: bool) -> Expected:
    """What the flight and its open intent say stands; `begun` is False before its first write. An open intent says
    nothing about whether its act happened, so what it was about is not expected of anybody."""
    act, phase = intent.act if intent else "", Phase(flight.phase)
    ours = begun and act not in ("prepare", "remove", "restore") and phase not in (Phase.REMOVING, Phase.UNDOING)
    untouched = phase in (Phase.PREPARING, Phase.WALKING)
    return Expected(
        flight.stable,
        flight.candidate,
        weight=flight.weight if begun and act != "shift" and phase is not Phase.UNDOING else None,
        candidate_images=flight.images if ours else {},
        candidate_instances=instances_for(flight.weight, flight.stable_instances) if ours and act != "scale" else 0,
        stable_images=flight.stable_images if untouched else {},
        stable_instances=flight.stable_instances if untouched else 0,
    )
