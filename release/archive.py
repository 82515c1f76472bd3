"""An image as `docker save` writes it: what it is told to be, how large it is for a registry, what is in it.

Servers differ in what else they put into the archive and in whether layers are compressed; `manifest.json`, which
names the configuration and the layers in order, is in all of them.
"""

from __future__ import annotations

import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from release.mistake import Mistake

LIMIT = 80_000_000
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")  # gzip and zstd: what a registry would get as it is
_LEVEL = 6  # what the server compresses with when it pushes
_CHUNK = 1 << 20
_REMOVED, _ALL_REMOVED = ".wh.", ".wh..wh..opq"


class Saved:
    """The only image of the archive. Raises Mistake for a file that is no such archive."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        try:
            (image,) = json.load(self._member("manifest.json"))
            self._layers: list[str] = image["Layers"]
            self.config_name: str = image["Config"]
            self.config: dict[str, Any] = json.load(self._member(self.config_name))
        except (KeyError, ValueError, TypeError) as error:
            raise Mistake(f"{archive.name!r} is not one image as `docker save` writes it: {error}") from error

    def compressed_size(self) -> int:
        """Bytes that a registry keeps and a runner fetches: the layers, compressed."""
        return sum(_compressed_size(self._member(layer)) for layer in self._layers)

    def files(self, wanted: re.Pattern[str]) -> dict[str, bytes]:
        """The files whose path, without a leading slash, matches as a whole; as a container would see them."""
        seen: dict[str, bytes] = {}
        for layer in self._layers:
            with tarfile.open(fileobj=self._member(layer)) as members:
                _lay_over(seen, members, wanted)
        return seen

    def _member(self, name: str) -> IO[bytes]:
        member = self._archive.extractfile(name)
        if member is None:
            raise ValueError(f"{name} is no file")
        return member


@contextmanager
def saved(path: Path) -> Iterator[Saved]:
    """The image in the archive at `path`. Raises Mistake when there is none."""
    try:
        with tarfile.open(path) as archive:
            yield Saved(archive)
    except (OSError, tarfile.TarError) as error:
        first = str(error).partition("\n")[0]
        raise Mistake(f"{path} cannot be read as an archive of `docker save`: {first}") from error


def within(size: int, limit: int = LIMIT) -> str:
    """The sentence about a size. Raises Mistake when it is over the limit."""
    sentence = f"{size / 1e6:.1f} MB compressed, of at most {limit / 1e6:g} MB"
    if size > limit:
        raise Mistake(f"{sentence}: the image grew by a package or a base; find it with `docker history`")
    return sentence


def _compressed_size(layer: IO[bytes]) -> int:
    start = layer.read(_CHUNK)
    if start.startswith(_COMPRESSED):
        return len(start) + sum(len(chunk) for chunk in iter(lambda: layer.read(_CHUNK), b""))
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)  # 31: with the header of gzip
    size = len(compressor.compress(start))
    size += sum(len(compressor.compress(chunk)) for chunk in iter(lambda: layer.read(_CHUNK), b""))
    return size + len(compressor.flush())


def _lay_over(seen: dict[str, bytes], layer: tarfile.TarFile, wanted: re.Pattern[str]) -> None:
    """A layer removes only what lower ones have, so its removals come first, wherever they stand in it."""
    members = {str(PurePosixPath("/", member.name))[1:]: member for member in layer}
    for path in members:
        _remove(seen, PurePosixPath(path))
    for path, member in members.items():
        seen.pop(path, None)
        content = layer.extractfile(member) if member.isfile() and wanted.fullmatch(path) else None
        if content is not None:
            seen[path] = content.read()


def _remove(seen: dict[str, bytes], mark: PurePosixPath) -> None:
    if not mark.name.startswith(_REMOVED):
        return
    folder = mark.parent
    gone = folder if mark.name == _ALL_REMOVED else folder / mark.name.removeprefix(_REMOVED)
    for path in [path for path in seen if path == str(gone) or path.startswith(f"{gone}/")]:
        del seen[path]
