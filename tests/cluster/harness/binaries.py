"""The programs the cluster is made of, built from source with `go` and kept in a cache.

Nothing is downloaded ready-made: the Go module proxy is the only source, and its checksum database vouches
for it. `modules.py` keeps files of Go modules in the same cache.
`node.py` and `control_plane.py` run what is built here; `python -m tests.cluster.harness build` builds it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_COMPILED = "-dwarf=false"
"""Nobody debugs these programs, and what a debugger wants is a seventh of all compiling."""
_UNOPTIMISED = f"{_COMPILED} -N -l"
_PROGRAMS = Path(__file__).parent / "programs"


class MissingToolError(Exception):
    """Something the cluster needs isn't on this machine; the message says how to get it."""


@dataclass(frozen=True)
class Family:
    """Programs of one Go module at one version: `packages` maps each program to its package in the module."""

    name: str
    module: str
    version: str
    packages: dict[str, str]
    version_flags: str = ""
    """Linker flags that make the program report its version."""
    tags: str = ""
    """Build tags that leave parts out; what only those need is not downloaded either."""
    together: bool = True
    """It is built in the module `programs/` beside this file, which pins what several families require: of all that
    they share each gets the same version, so it is compiled once. Its `packages` may lie there, too: `./NAME`."""
    unoptimised: tuple[str, ...] = ()
    """Packages that have so little to do here that making them fast would take longer than it saves."""

    @property
    def folder(self) -> str:
        return f"{self.name}-{self.version}"

    def import_path(self, program: str) -> str:
        package = self.packages[program]
        return package if package.startswith("./") else f"{self.module}/{package}".rstrip("/")


def _commands(*programs: str) -> dict[str, str]:
    return {program: f"cmd/{program}" for program in programs}


_KUBERNETES_VERSION = "v1.36.3"
KUBERNETES = Family(
    "kubernetes",
    "k8s.io/kubernetes",
    _KUBERNETES_VERSION,
    _commands("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kube-proxy", "kubelet"),
    " ".join(
        f"-X k8s.io/component-base/version.{key}={value}"
        for key, value in {"gitVersion": _KUBERNETES_VERSION, "gitMajor": "1", "gitMinor": "36"}.items()
    ),
)
CONTAINERD = Family(
    "containerd",
    "github.com/containerd/containerd/v2",
    "v2.3.7",  # 2.4 speaks of what came with Kubernetes 1.37
    _commands("containerd", "containerd-shim-runc-v2", "ctr"),
    "-X github.com/containerd/containerd/v2/version.Version=v2.3.7",
)
ACT = Family("act", "github.com/nektos/act", "v0.2.89", {"act": ""}, "-X main.version=v0.2.89")
PROMETHEUS = Family(
    "prometheus",
    "github.com/prometheus/prometheus",
    "v0.316.0",  # released as 3.16.0
    _commands("prometheus"),
    "-X github.com/prometheus/common/version.Version=3.16.0",
    tags="remove_all_sd",  # it is told its targets; the ways to discover them are most of the program
)
ISTIO = Family(
    "istio",
    "istio.io/istio",
    "v0.0.0-20260827124520-eed52ebb66ad",  # of 1.31; releases of Istio have no versions on the module proxy
    {"istiod": "./istiod"},
    "-X istio.io/istio/pkg/version.buildVersion=1.31-dev",
    tags="vtprotobuf,disable_pgv",
    unoptimised=("istio.io/...", "github.com/envoyproxy/..."),
)
CONTOUR = Family(
    "contour",
    "github.com/projectcontour/contour",
    "v1.33.8",
    _commands("contour"),
    "-X github.com/projectcontour/contour/internal/build.Version=v1.33.8",
    tags="disable_pgv",  # leaves out checks of Envoy's messages that nobody calls, a fifth of the work
    together=False,  # it does not compile with the libraries of Kubernetes 1.36
    unoptimised=("github.com/...", "k8s.io/...", "sigs.k8s.io/..."),
)
HELM = Family("helm", "helm.sh/helm/v4", "v4.2.4", {"helm": "./helm"})
ACTIONLINT = Family("actionlint", "github.com/rhysd/actionlint", "v1.7.12", _commands("actionlint"))

CLUSTER = (KUBERNETES, CONTAINERD)
EVERYTHING = (*CLUSTER, ISTIO, HELM, ACT, ACTIONLINT, PROMETHEUS, CONTOUR)


def chosen(names: list[str]) -> list[Family]:
    """The cluster's own families and those called so. Raises LookupError for a name that none has."""
    known = [family.name for family in EVERYTHING]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise LookupError(f"no programs are called {', '.join(unknown)}; there are: {', '.join(known)}")
    return [family for family in EVERYTHING if family in CLUSTER or family.name in names]


def cache_root() -> Path:
    """`$POINTSMAN_CACHE`, else `~/.cache/pointsman`."""
    return Path(os.environ.get("POINTSMAN_CACHE") or Path.home() / ".cache" / "pointsman")


def folder(family: Family) -> Path:
    """Where the programs of a family live, whether they are built or not."""
    return cache_root() / family.folder


def program(name: str) -> Path:
    """The path of one built program; raises `MissingToolError` when it isn't built yet."""
    family = next((each for each in EVERYTHING if name in each.packages), None)
    if family is None:
        known = sorted(known for each in EVERYTHING for known in each.packages)
        raise ValueError(f"{name} is not one of {', '.join(known)}")
    path = folder(family) / name
    if not path.exists():
        raise MissingToolError(f"{path} is not built: run `python -m tests.cluster.harness build`")
    return path


def missing(family: Family) -> list[str]:
    """The programs of a family that aren't built yet."""
    return [name for name in family.packages if not (folder(family) / name).exists()]


def build(*families: Family) -> None:
    """Build what is missing, a plain line of progress for what is built in one go; two processes never build at once.
    A linker keeps one core busy, so what shares next to nothing is built side by side: the families of `programs/`,
    where what one has compiled the next one finds, and all others."""
    wanted = [family for family in families if missing(family)]
    halves = [[family for family in wanted if family.together is together] for together in (True, False)]
    with only_builder(), ThreadPoolExecutor(len(halves)) as builders:
        for built in [builders.submit(_build_each, in_one_go(half)) for half in halves]:
            built.result()


def in_one_go(families: list[Family]) -> list[list[Family]]:
    """Those that one `go build` can build: they lie in one module and are compiled alike."""
    alike: dict[object, list[Family]] = {}
    for family in families:
        module = "" if family.together else family.module
        alike.setdefault((module, family.tags, family.unoptimised), []).append(family)
    return list(alike.values())


@contextmanager
def only_builder() -> Iterator[None]:
    """Two processes never put things into the cache at once."""
    cache_root().mkdir(parents=True, exist_ok=True)
    with (cache_root() / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build_each(groups: list[list[Family]]) -> None:
    for group in groups:
        _build(group)


def _build(families: list[Family]) -> None:
    what, first = ", ".join(family.folder for family in families), families[0]
    with tempfile.TemporaryDirectory(prefix="pointsman-build-") as scratch:
        workshop = Path(scratch)
        if first.together:
            _take_programs(workshop)
        else:
            with _progress(f"{what}: resolving"):
                _write_wrapper(first, workshop)
        with _progress(f"{what}: building"):
            built = workshop / "built"
            compiled = [f"-gcflags={one}={_UNOPTIMISED}" for one in first.unoptimised]
            versions = " ".join(family.version_flags for family in families)
            flags = ["-trimpath", f"-gcflags=all={_COMPILED}", *compiled, f"-tags={first.tags}"]
            pinned = ["-mod=readonly"] if first.together else []
            wanted = [family.import_path(name) for family in families for name in missing(family)]
            _go(workshop, "build", *pinned, *flags, "-ldflags", f"-s -w {versions}", "-o", f"{built}/", *wanted)
        for family in families:
            folder(family).mkdir(parents=True, exist_ok=True)
            for name in missing(family):
                _publish(built / name, folder(family) / name)


def _take_programs(workshop: Path) -> None:
    """The module of our own that pins several families."""
    shutil.copytree(_PROGRAMS, workshop, dirs_exist_ok=True)


def _write_wrapper(family: Family, workshop: Path) -> None:
    """A module that requires the family and repeats its replace lines.

    `go install` refuses modules with replace lines, and a requirement's own replace lines are ignored. Tidying asks for
    every module that any build tag could need; with tags only what they leave is resolved.
    """
    (workshop / "go.mod").write_text("module wrapper\n")
    source = json.loads(_go(workshop, "mod", "download", "-json", f"{family.module}@{family.version}"))
    upstream = json.loads(_go(workshop, "mod", "edit", "-json", source["GoMod"]))
    lines = ["module wrapper", f"go {upstream['Go']}", f"require {family.module} {family.version}"]
    lines += [f"replace {old} => {new}" for old, new in replacements(upstream).items()]
    (workshop / "go.mod").write_text("\n".join(lines) + "\n")
    imports = "".join(f'import _ "{family.import_path(name)}"\n' for name in family.packages)
    (workshop / "tools.go").write_text(f"//go:build tools\n\npackage wrapper\n\n{imports}")
    if family.tags:
        _go(workshop, "list", "-deps", f"-tags={family.tags}", *map(family.import_path, family.packages))
    else:
        _go(workshop, "mod", "tidy")


def replacements(go_mod: dict[str, list[dict[str, dict[str, str]]]]) -> dict[str, str]:
    """Module to `module version` for every replace line, from `go mod edit -json`."""
    return {
        line["Old"]["Path"]: f"{line['New']['Path']} {line['New']['Version']}" for line in go_mod.get("Replace") or []
    }


def _go(workshop: Path, *arguments: str) -> str:
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0", "GOWORK": "off"}
    try:
        done = subprocess.run(
            ["go", *arguments], cwd=workshop, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise MissingToolError("`go` is not installed: the cluster's programs are built from source") from error
    if done.returncode != 0:
        raise MissingToolError(f"go {arguments[0]} failed: {done.stderr[-2000:]}")
    return done.stdout


def downloaded(module: str, version: str) -> dict[str, str]:
    """Where `go` has put a module (`Dir`, `GoMod` …), downloading it first if need be."""
    with tempfile.TemporaryDirectory(prefix="pointsman-module-") as nowhere:
        found: dict[str, str] = json.loads(_go(Path(nowhere), "mod", "download", "-json", f"{module}@{version}"))
    return found


def build_static(source: Path, output: Path) -> None:
    """Build the program in `source` as one static file."""
    _go(source, "build", "-trimpath", "-ldflags", "-s -w", "-o", str(output), ".")


def built_here(source: Path) -> Path:
    """The program in `source`, built on first use and again whenever a file of it changes."""
    files = [file.read_bytes() for file in sorted(source.iterdir())]
    path = cache_root() / source.name / hashlib.sha256(b"\0".join(files)).hexdigest()[:16]
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.{os.getpid()}")
        build_static(source, half)
        half.replace(path)
    return path


def _publish(built: Path, target: Path) -> None:
    """Move a finished file into the cache in one step, so nobody ever runs half a program."""
    half = target.with_name(f".{target.name}.{os.getpid()}")
    half.write_bytes(built.read_bytes())
    half.chmod(0o755)
    half.replace(target)


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """When it begins, once a minute, and when it is done."""
    print(f"{what} ...", flush=True)
    began, done = time.monotonic(), threading.Event()

    def go_on() -> None:
        while not done.wait(60.0):
            print(f"{what}: {time.monotonic() - began:.0f} s so far", flush=True)

    threading.Thread(target=go_on, daemon=True).start()
    try:
        yield
    finally:
        done.set()
    print(f"{what}: {time.monotonic() - began:.0f} s", flush=True)
