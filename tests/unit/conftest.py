"""What the fast suites share: Hypothesis without deadlines, for a busy machine is no defect."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unit", deadline=None, max_examples=60)
settings.load_profile("unit")
