"""A job with the recording Docker, and one with a real Docker and the real image around a stand-in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.launcher.recording import RecordingDocker
from tests.actions.launcher.tree import SYSTEM_PATH, Job, plant
from tests.images.base import Docker


@pytest.fixture(scope="session")
def tool_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the environments of the tests that don't ask for their own are made: once for all."""
    return tmp_path_factory.mktemp("tool-cache")


@pytest.fixture
def recording(tmp_path: Path) -> RecordingDocker:
    return RecordingDocker(tmp_path / "docker")


@pytest.fixture
def job(tmp_path: Path, tool_cache: Path, recording: RecordingDocker) -> Job:
    """A job on a machine where the recording Docker answers."""
    env = {"PATH": f"{recording.place}:{SYSTEM_PATH}", "RUNNER_TOOL_CACHE": str(tool_cache)}
    return Job(plant(tmp_path / "action"), tmp_path / "job", env)


@pytest.fixture(scope="session")
def docker() -> Iterator[Docker]:
    server = Docker()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def image(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The real image, around the stand-in package."""
    return docker.build_image("localhost/pointsman:stand-in", plant(tmp_path_factory.mktemp("source") / "tree"))
