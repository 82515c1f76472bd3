"""An image is read as a container would see it, and weighed as a registry would."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from release.__main__ import main
from release.archive import saved, within
from release.mistake import Mistake
from tests.unit.release.archives import Layer, archive

ANYTHING = re.compile(".*")


def seen(tmp_path: Path, *layers: Layer) -> dict[str, str]:
    with saved(archive(tmp_path / "image.tar", *layers)) as image:
        return {path: content.decode() for path, content in image.files(ANYTHING).items()}


def test_upper_layers_lie_over_lower_ones_whatever_a_path_begins_with(tmp_path: Path) -> None:
    assert seen(tmp_path, {"./etc/a": "old", "etc/b": "b"}, {"etc/a": "new"}) == {"etc/a": "new", "etc/b": "b"}


@pytest.mark.parametrize(
    ("mark", "left"),
    [
        ("lib/.wh.a", {"lib/ab", "lib/c/d"}),
        ("lib/.wh.c", {"lib/a", "lib/ab"}),
        ("lib/.wh..wh..opq", set()),
        (".wh.lib", set()),
    ],
)
def test_what_an_upper_layer_removes_is_not_there(tmp_path: Path, mark: str, left: set[str]) -> None:
    lower = {"lib/a": "", "lib/ab": "", "lib/c/d": ""}
    assert set(seen(tmp_path, lower, {mark: ""})) - {mark} == left


def test_a_removal_spares_what_its_own_layer_brings(tmp_path: Path) -> None:
    assert seen(tmp_path, {"lib/a": "old"}, {"lib/b": "new", "lib/.wh..wh..opq": ""})["lib/b"] == "new"


def test_layers_weigh_what_they_are_compressed(tmp_path: Path) -> None:
    """Text shrinks, noise does not; and it is the same for a server that keeps layers compressed."""
    noise = random.Random(1).randbytes(200_000).hex()  # noqa: S311 - two digits for each byte that cannot shrink
    plain = archive(tmp_path / "plain.tar", {"text": "a" * 4_000_000}, {"noise": noise})
    packed = archive(tmp_path / "packed.tar", {"text": "a" * 4_000_000}, {"noise": noise}, compressed=True)
    with saved(plain) as image, saved(packed) as other:
        assert 200_000 < image.compressed_size() < 260_000
        assert other.compressed_size() == pytest.approx(image.compressed_size(), rel=0.03)


def test_an_image_at_the_limit_passes_and_one_byte_more_does_not() -> None:
    assert within(80_000_000) == "80.0 MB compressed, of at most 80 MB"
    with pytest.raises(Mistake, match="of at most 80 MB: the image grew"):
        within(80_000_001)


def test_the_gate_ends_with_1_and_says_how_large(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = archive(tmp_path / "image.tar", {"a": "a"})
    assert main(["size", str(image)]) == 0
    assert capsys.readouterr().out == "0.0 MB compressed, of at most 80 MB\n"
    assert main(["size", str(image), "--limit", "10"]) == 1
    assert capsys.readouterr().err.startswith("release: 0.0 MB compressed, of at most 1e-05 MB")


def test_what_is_no_image_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text").write_text("no archive")
    assert main(["size", str(tmp_path / "text")]) == 1
    assert main(["size", str(tmp_path / "absent")]) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.split(" as an archive")[0] for line in said] == [
        f"release: {tmp_path}/{name} cannot be read" for name in ("text", "absent")
    ]
