"""The routes file as one run sees it: changed under a file lock, and only as long as it is what this run has read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pointsman.adapters.local.files import locked, replace_file, text_of
from pointsman.adapters.local.layout import Folder
from pointsman.adapters.local.routes import Written, routes, written_in
from pointsman.model.errors import ConflictError, InputError


class RoutesFile:
    """`envoy/discovery/routes.json` of a service's folder; every change gives it the next number."""

    def __init__(self, folder: Folder) -> None:
        self._path, self._guard = folder.routes, folder.envoy / "routes.lock"
        self._seen = 0

    def look(self) -> Written:
        """What stands there now. Raises InputError when there is none, ConflictError when it is not ours."""
        text = text_of(self._path)
        if text is None:
            raise InputError(f"there is no {self._path}", "bring the local platform up first")
        try:
            return written_in(text)
        except ValueError as reason:
            raise ConflictError(f"{self._path}: {reason}", "bring the platform down and up") from reason

    def know(self, written: Written) -> None:
        """What the next change is based on."""
        self._seen = written.number

    def change(self, wanted: Callable[[Written], Written], before: Callable[[], None]) -> None:
        """Write what `wanted` makes of what stands there, if that is something else; `before` is called first. Raises
        ConflictError when somebody wrote after our reading."""
        with locked(self._guard):
            written = self._unchanged()
            changed = wanted(written)
            if changed != written:
                before()
                self._put(replace(changed, number=written.number + 1))
            else:
                self.know(written)

    def renumber(self) -> None:
        """Make every earlier reading of another run stale, and move no request."""
        with locked(self._guard):
            written = self.look()
            self._put(replace(written, number=written.number + 1))

    def _unchanged(self) -> Written:
        written = self.look()
        if self._seen not in (0, written.number):
            raise ConflictError(
                f"the routes were changed by somebody else: number {written.number}, we read {self._seen}",
                "run the same command again: it starts from what is written now",
            )
        return written

    def _put(self, written: Written) -> None:
        replace_file(self._path, routes(written))
        self.know(written)
