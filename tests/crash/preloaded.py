"""All that a run of the command line may import, so that a process forked after this begins with it.

What is there by then stays for good: a run that collects its garbage need not look at it, and so does not copy the
pages that it shares with all others.
"""

from __future__ import annotations

import gc
import importlib
import pkgutil

import pointsman

_NEVER_RUN = ("pointsman.demo", "pointsman.gen", "pointsman.__main__")
_FOUND = [found.name for found in pkgutil.walk_packages(pointsman.__path__, "pointsman.")]

for _name in [
    *(name for name in _FOUND if not name.startswith(_NEVER_RUN)),
    "difflib",
    "kubernetes.client",
    "kubernetes.config",
    "tests.crash.command",
]:
    importlib.import_module(_name)
gc.collect()
gc.freeze()
