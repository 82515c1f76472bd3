"""Every release killed, disturbed, cancelled and overtaken at each of its API requests, against a real API server.

The command is a real process; a proxy between it and the API server knows each request and can end the process, or
the connection, at exactly that one. The nodes are played (`played.py`), API server and controllers are real.

`scenarios.py` is the table to add to; `matrix.py` tries every point of a scenario; `invariants.py` says what must hold
at every instant and at the end. `python -m tests.crash` runs it by hand, `make crash` writes docs/reliability.md.
"""
