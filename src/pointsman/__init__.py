"""Pointsman moves production traffic onto a new version, and back, from inside a pipeline."""

__version__ = "1.0.0"
