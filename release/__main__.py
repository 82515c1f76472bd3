"""The command line of this package; exits with 1 for what stands in the way of a release."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from release.archive import LIMIT, saved, within
from release.lock import write_lock
from release.mistake import Mistake
from release.sbom import sbom_text
from release.version import mistakes, unfinished


def main(arguments: list[str] | None = None) -> int:
    """Do what was asked for; the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        print(chosen.does(chosen), end="")
    except Mistake as mistake:
        print(f"release: {mistake}", file=sys.stderr)
        return 1
    return 0


def check(chosen: argparse.Namespace) -> str:
    """What is asked for can be released from the tree."""
    found = [*mistakes(chosen.root, chosen.version), *unfinished(chosen.root, chosen.version)]
    if found:
        raise Mistake("\nrelease: ".join(found))
    return f"{chosen.version} can be released from this tree\n"


def size(chosen: argparse.Namespace) -> str:
    """The image is small enough."""
    with saved(chosen.archive) as image:
        return f"{within(image.compressed_size(), chosen.limit)}\n"


def sbom(chosen: argparse.Namespace) -> str:
    """The bill of materials."""
    with saved(chosen.archive) as image:
        return sbom_text(image)


def lock(chosen: argparse.Namespace) -> str:
    """Write libexec/image.lock, and show it."""
    images = dict(text.split("=", 1) for text in chosen.images)
    return write_lock(chosen.root, chosen.repository, chosen.version, chosen.index, images)


def _image(text: str) -> str:
    if "=" not in text:
        raise argparse.ArgumentTypeError(f"{text} is not PLATFORM=DIGEST")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(), help="the repository [default: the working directory]")
    commands = parser.add_subparsers(required=True, metavar="check|size|sbom|lock")
    one = commands.add_parser("check", help="the version is that of the package, the changelog and the examples")
    one.add_argument("version")
    one.set_defaults(does=check)
    one = commands.add_parser("size", help="say how large an image of `docker save` is compressed; 1 when too large")
    one.add_argument("archive", type=Path)
    one.add_argument("--limit", type=int, default=LIMIT, metavar="BYTES", help="[default: %(default)s]")
    one.set_defaults(does=size)
    one = commands.add_parser("sbom", help="print the bill of materials of an image of `docker save`, as CycloneDX")
    one.add_argument("archive", type=Path)
    one.set_defaults(does=sbom)
    one = commands.add_parser("lock", help="write libexec/image.lock")
    for name, meaning in (("repository", "registry/name"), ("version", "X.Y.Z"), ("index", "digest over platforms")):
        one.add_argument(f"--{name}", required=True, help=meaning)
    one.add_argument("images", nargs="+", type=_image, metavar="PLATFORM=DIGEST")
    one.set_defaults(does=lock)
    return parser


if __name__ == "__main__":
    sys.exit(main())
