"""Pointsman's image built without any registry: Debian by debootstrap, wheels from the index.

The base is kept as an archive outside the checkout, in POINTSMAN_CACHE or ~/.cache/pointsman.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from release.version import source_version
from tests.images.daemon import Server, install_missing
from tests.images.wheels import wheels

ROOT = Path(__file__).resolve().parents[2]
BASE = "localhost/pointsman-base:1"
PACKAGES = ("ca-certificates", "python3", "python3-venv")
DROPPED = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/info",
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log",
)


def cache() -> Path:
    """Where archives and wheels are kept between runs."""
    place = Path(os.environ.get("POINTSMAN_CACHE") or Path.home() / ".cache" / "pointsman")
    place.mkdir(parents=True, exist_ok=True)
    return place


def base_archive() -> Path:
    """The root file system of the base as a tar archive; made once per list of packages. Needs root."""
    digest = hashlib.sha256(repr((PACKAGES, DROPPED)).encode()).hexdigest()[:12]
    archive = cache() / f"base-bookworm-{digest}.tar"
    if not archive.exists():
        with tempfile.TemporaryDirectory(prefix="pm-base.") as scratch:
            _bootstrap(Path(scratch) / "root")
            made = archive.with_suffix(".new")
            subprocess.run(["tar", "-C", f"{scratch}/root", "--numeric-owner", "-cf", str(made), "."], check=True)
        made.rename(archive)
    return archive


def _bootstrap(root: Path) -> None:
    include = f"--include={','.join(PACKAGES)}"
    subprocess.run(
        ["debootstrap", "--variant=minbase", include, "bookworm", str(root)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    for name in DROPPED:
        shutil.rmtree(root / name, ignore_errors=True)
        (root / name).mkdir(parents=True)


@contextmanager
def build_context(source: Path = ROOT) -> Iterator[Path]:
    """A directory with what the Dockerfile copies, and nothing else of the checkout."""
    with tempfile.TemporaryDirectory(prefix="pm-context.") as scratch:
        place = Path(scratch)
        shutil.copytree(source / "src", place / "src", ignore=shutil.ignore_patterns("__pycache__"))
        (place / "libexec").mkdir()
        shutil.copy(ROOT / "libexec" / "requirements.lock", place / "libexec")
        shutil.copy(ROOT / "Dockerfile", place)
        shutil.copytree(wheels(ROOT / "libexec" / "requirements.lock", cache()), place / "dist" / "wheels")
        yield place


class Docker:
    """A Docker server for tests, and the images they need.

    `start` in a network namespace makes `--network host` mean that namespace.
    """

    def __init__(self) -> None:
        self._server: Server | None = None

    @property
    def host(self) -> str:
        """What DOCKER_HOST has to be. Raises RuntimeError before `start`."""
        if self._server is None:
            raise RuntimeError("this Docker server is not started")
        return self._server.host

    def start(self, netns: str | None = None) -> None:
        """Starts the server; `netns` is the path of a network namespace, such as /run/netns/api."""
        install_missing()
        self._server = Server()
        self._server.start(netns)

    def stop(self) -> None:
        """Ends the server and removes everything it stored."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def run(self, *arguments: str, feed: Path | None = None) -> str:
        """The output of `docker <arguments>`, with the file `feed` as input. Raises CalledProcessError."""
        environment = {**os.environ, "DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "0"}
        with (feed or Path(os.devnull)).open("rb") as stdin:
            done = subprocess.run(
                ["docker", *arguments], env=environment, stdin=stdin, stdout=subprocess.PIPE, check=True
            )
        return done.stdout.decode()

    @property
    def platform(self) -> str:
        """What the server runs, as the lock names it: linux-amd64."""
        return self.run("version", "--format", "{{.Server.Os}}-{{.Server.Arch}}").strip()

    def push(self, image: str, repository: str) -> str:
        """Pushes the image to a repository and gives its digest there."""
        name = f"{repository}:pushed"
        self.run("tag", image, name)
        self.run("push", "--quiet", name)
        known = json.loads(self.run("inspect", "--format", "{{json .RepoDigests}}", name))
        (digest,) = [one.partition("@")[2] for one in known if one.startswith(f"{repository}@")]
        return str(digest)

    def build_image(self, tag: str = "localhost/pointsman:test", source: Path = ROOT) -> str:
        """Builds the image with the package below `source`/src, and gives its tag."""
        self.import_base()
        with build_context(source) as context:
            self.run(
                "build",
                "--quiet",
                "--network",
                "none",
                "--build-arg",
                f"BASE={BASE}",
                "--build-arg",
                f"VERSION={source_version(source)}",
                "--tag",
                tag,
                str(context),
            )
        return tag

    def import_base(self) -> None:
        """Makes the base known to the server."""
        self.run("import", "-", BASE, feed=base_archive())
