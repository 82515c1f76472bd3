"""The image as it is built from this checkout, without a registry."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pointsman import __version__
from release.archive import LIMIT, saved
from release.sbom import sbom_text
from tests.docs.pages import blocks
from tests.images import product
from tests.images.base import BASE, ROOT, Docker
from tests.images.daemon import Server
from tests.readiness.sets import HERE

PYTHON = "/opt/pointsman/bin/python"
RELEASED = f"ghcr.io/pointsman-dev/pointsman:{__version__}"
NOWHERE = """
apiVersion: v1
kind: Config
current-context: nowhere
clusters: [{name: nowhere, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: nobody, user: {token: made-up}}]
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
"""


@pytest.fixture(scope="module")
def docker() -> Iterator[Docker]:
    server = Docker()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def image(docker: Docker) -> str:
    return product.loaded(docker)


def inside(docker: Docker, image: str, *command: str) -> str:
    """The output of a command in a container as confined as the launcher's."""
    options = ["--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--network", "none"]  # noqa: S108 - inside the container
    return docker.run("run", *options, "--entrypoint", command[0], image, *command[1:])


@pytest.fixture(scope="module")
def archive() -> Path:
    return product.archive()


def test_it_is_at_most_80_mb_compressed(archive: Path) -> None:
    with saved(archive) as opened:
        assert 30_000_000 < opened.compressed_size() <= LIMIT


def test_its_bill_of_materials_names_every_locked_package_with_its_version(archive: Path) -> None:
    """And the system's packages, and the version of Pointsman; the format's own schema accepts it."""
    with saved(archive) as opened:
        text = sbom_text(opened)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    made = json.loads(text)
    assert made["metadata"]["component"]["version"] == __version__
    urls = {one["purl"].partition("?")[0] for one in made["components"]}
    assert {url for url in urls if url.startswith("pkg:pypi/")} == {
        f"pkg:pypi/{canonicalize_name(one.name)}@{version_of(one)}" for one in locked()
    }
    assert {"libc6", "python3.11-minimal"} <= {url.partition("@")[0].rpartition("/")[2] for url in urls}


def locked() -> list[Requirement]:
    """What the lock has for the Python and the machine of the image."""
    text = (ROOT / "libexec/requirements.lock").read_text("utf-8")
    lines = [line.removesuffix("\\").strip() for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    of_image = {"python_version": "3.11", "python_full_version": "3.11.2", "sys_platform": "linux"}
    found = [Requirement(line) for line in lines]
    return [one for one in found if one.marker is None or one.marker.evaluate(of_image)]


def version_of(one: Requirement) -> str:
    (pin,) = one.specifier
    return pin.version


def test_it_runs_as_nobody_and_starts_the_package(docker: Docker, image: str) -> None:
    (settings,) = json.loads(docker.run("inspect", image))
    assert settings["Config"]["User"] == "65532:65532"
    assert settings["Config"]["Entrypoint"] == [PYTHON, "-P", "-m", "pointsman"]
    labels = {name.rpartition("image.")[2]: text for name, text in settings["Config"]["Labels"].items()}
    assert (labels["licenses"], labels["version"], labels["base.name"]) == ("Apache-2.0", __version__, BASE)


def test_everything_the_package_needs_is_there_and_pip_is_not(docker: Docker, image: str) -> None:
    names = "cel, click, github, gitlab, kubernetes.client, kubernetes.config, msgspec, pointsman, rich, yaml"
    check = f"import importlib.util, {names}; print(importlib.util.find_spec('pip'))"
    assert inside(docker, image, PYTHON, "-c", check) == "None\n"


def test_own_checks_are_asked_in_a_process_of_their_own_there_too(docker: Docker, image: str, tmp_path: Path) -> None:
    """A file system that cannot be written, no network, no capabilities: CEL and a function both say what they see."""
    shutil.copytree(HERE / "good/deploy", tmp_path / "deploy")
    checks = "mine: {expression: has(object.spec.template)}, yours: yours.py:yours"
    (tmp_path / "pointsman.yaml").write_text(f"services: {{shop: {{readiness: {{checks: {{{checks}}}}}}}}}\n")
    (tmp_path / "yours.py").write_text(
        "from pointsman.model.readiness import passed\ndef yours(facts): yield passed(facts.service)\n"
    )
    confined = ["--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--network", "none"]  # noqa: S108 - inside the container
    mounted = [
        "--user",
        f"{os.getuid()}:{os.getgid()}",
        "--volume",
        f"{tmp_path}:{tmp_path}:ro",
        "--workdir",
        str(tmp_path),
    ]
    asked = ["readiness-check", "--service", "shop", "--manifests", "deploy", "--fail-on", "never", "--output", "json"]
    checked = json.loads(docker.run("run", *confined, *mounted, image, *asked))["checks"]
    verdicts = {one["name"]: one["verdict"] for one in checked}
    assert (verdicts["mine of Deployment/shop"], verdicts["yours"]) == ("pass", "pass")


def test_bytecode_is_there_since_it_could_not_be_kept(docker: Docker, image: str) -> None:
    check = "import os, kubernetes.client as k; print(os.path.exists(k.__cached__))"
    assert inside(docker, image, PYTHON, "-c", check) == "True\n"


def test_no_argument_of_the_build_is_kept(docker: Docker, image: str) -> None:
    history = docker.run("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
    assert "PIP_" not in history


def test_the_recipe_for_any_pipeline_reads_the_kubeconfig_and_leaves_its_reports(
    docker: Docker, image: str, tmp_path: Path
) -> None:
    """As docs/pipelines.md shows it, but for the image; nothing listens where the kubeconfig leads."""
    (recipe,) = [one.text for one in blocks("bash") if one.text.startswith("docker run ")]
    assert RELEASED in recipe
    workspace, kubeconfig = tmp_path / "workspace", tmp_path / "kubeconfig"
    workspace.mkdir()
    kubeconfig.write_text(NOWHERE)
    variables = {**os.environ, "DOCKER_HOST": docker.host, "KUBECONFIG": str(kubeconfig)}
    command = ["bash", "-euc", recipe.replace(RELEASED, image)]
    done = subprocess.run(command, cwd=workspace, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stdout + done.stderr
    assert json.loads((workspace / "reports/report.json").read_text())["exit_code"] == 3
    assert (workspace / "reports/junit.xml").stat().st_uid == os.getuid()


def test_a_server_in_a_network_namespace_keeps_its_containers_there() -> None:
    name = "pm-image-test"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        assert devices_seen_from(f"/run/netns/{name}") == {"lo"}
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


def devices_seen_from(netns: str) -> set[str]:
    docker = Docker()
    docker.start(netns)
    try:
        docker.import_base()
        told = docker.run("run", "--rm", "--network", "host", "localhost/pointsman-base:1", "cat", "/proc/net/dev")
    finally:
        docker.stop()
    return {line.partition(":")[0].strip() for line in told.splitlines()[2:]}


def test_a_server_that_cannot_start_says_why() -> None:
    server = Server()
    with pytest.raises(RuntimeError, match="no Docker server"):
        server.start("/nonexistent/namespace")
    server.stop()
