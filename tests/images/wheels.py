"""The locked wheels for the image, fetched by the pip of this machine with whatever it is configured to use.

The image is then built without a network, which also makes it independent of how a machine reaches its index.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

PLATFORMS = (
    "manylinux_2_34",
    "manylinux_2_28",
    "manylinux_2_17",
    "manylinux2014",
    "manylinux_2_12",
    "manylinux1",
)


def wheels(lock: Path, cache: Path, python: str = "3.11", machine: str = "x86_64") -> Path:
    """A directory with every wheel that `lock` names for that Python and machine; fetched once per lock."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    place = cache / f"wheels-{python}-{machine}-{digest}"
    if not place.exists():
        building = place.with_suffix(".new")
        _fetch(lock, building, python, machine)
        building.rename(place)
    return place


def _fetch(lock: Path, place: Path, python: str, machine: str) -> None:
    platforms = [word for name in PLATFORMS for word in ("--platform", f"{name}_{machine}")]
    abis = [word for name in (f"cp{python.replace('.', '')}", "abi3", "none") for word in ("--abi", name)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--no-deps"]
    command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
    subprocess.run([*command, *platforms, *abis, "-r", str(lock), "-d", str(place)], check=True)
