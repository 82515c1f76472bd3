"""Broken builds: what a careless change could make of the product. One that no matrix fails has found a blind spot."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"


@dataclass(frozen=True)
class Mutant:
    """`old` becomes `new` in `file`; `matrix`, `scenario` and `request` are where that must be found."""

    name: str
    file: str
    old: str
    new: str
    matrix: str
    scenario: str
    request: str = ""

    def build(self, folder: Path) -> Path:
        """A copy of the source with the defect in it. Raises ValueError when the code has moved on."""
        copy = folder / "src"
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / "pointsman" / self.file
        text = file.read_text()
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.file} has {text.count(self.old)} times {self.old!r}")
        file.write_text(text.replace(self.old, self.new))
        return copy


_NOTED = """        self._event(act, detail)
        self.save()
"""

_TROUBLE = """    trouble = _trouble_while_serving(seen)
    if trouble:
        return Abort(trouble)
"""

MUTANTS = [
    Mutant(
        "the record is written after the act, not the intent before it",
        "steps/journal.py",
        _NOTED,
        _NOTED.replace("        self.save()\n", ""),
        "killed, then rolled back",
        "switch, idle colour missing",
        "POST deployments",
    ),
    Mutant(
        "the old colour is scaled down before the effect was seen",
        "strategy/blue_green.py",
        _TROUBLE,
        f'{_TROUBLE}    if plan.cleanup is not Cleanup.KEEP and not seen.retired:\n        return Retire("early")\n',
        "killed, then run again",
        "switch, cleanup scale-down",
        "PATCH deployments/shop-blue",
    ),
    Mutant(
        "a retried write does not recognise its own first try",
        "adapters/records/config_map.py",
        'found.get("data") == body["data"]',
        "False",
        "a fault that passes",
        "switch, idle colour missing",
        "done, then reset",
    ),
    Mutant(
        "a takeover leaves no stamp",
        "steps/journal.py",
        "one.stamp()",
        "pass",
        "overtaken while writing",
        "switch, idle colour there",
        "PATCH services/shop",
    ),
]
