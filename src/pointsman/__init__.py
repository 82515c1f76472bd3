"""Pointsman moves production traffic onto a new version, and back, from inside a pipeline."""

__version__ = "0.1.0"
