"""The one error of this package."""

from __future__ import annotations


class Mistake(Exception):
    """What stands in the way of a release, where, and what to do about it. The release ends there."""
