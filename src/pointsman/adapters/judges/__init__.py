"""Adapters of `ports/judge.py`: the numbers of `judge/`, with a memory that outlives the process."""
