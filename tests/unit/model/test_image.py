"""What --image can say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.model.errors import InputError
from pointsman.model.image import ImageChange, image_change, is_pinned

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "change"),
    [
        pytest.param("shop:1.4", ImageChange("shop:1.4"), id="an image"),
        pytest.param("app=shop:1.4", ImageChange("shop:1.4", "app"), id="for one container"),
        pytest.param(" shop:1.4 ", ImageChange("shop:1.4"), id="blanks around it"),
        pytest.param("reg.example:5000/a/shop:1", ImageChange("reg.example:5000/a/shop:1"), id="registry with port"),
        pytest.param(f"a=shop@{DIGEST}", ImageChange(f"shop@{DIGEST}", "a"), id="by digest"),
    ],
)
def test_an_image_is_read_as_written(text: str, change: ImageChange) -> None:
    assert image_change(text) == change


@pytest.mark.parametrize("text", ["", "-shop", "shop 1", "app=", "shop;rm", "$(id)", "/shop"])
def test_what_is_no_image_reference_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not an image reference"):
        image_change(text)


@pytest.mark.parametrize("text", ["=shop:1", "App=shop:1", "a.b=shop:1", "-a=shop:1", "a=b=shop:1", f"{'a' * 64}=shop"])
def test_what_is_no_container_name_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a container name") as refused:
        image_change(text)
    assert "CONTAINER=IMAGE" in refused.value.advice


def test_without_a_container_name_the_only_container_is_meant() -> None:
    assert ImageChange("shop:2").applied_to({"app": "shop:1"}) == {"app": "shop:2"}


def test_the_other_containers_keep_their_images() -> None:
    images = {"app": "shop:1", "proxy": "envoy:1"}
    assert ImageChange("shop:2", "app").applied_to(images) == {"app": "shop:2", "proxy": "envoy:1"}


def test_with_two_containers_the_one_must_be_named() -> None:
    with pytest.raises(InputError, match="2 containers") as refused:
        ImageChange("shop:2").applied_to({"app": "shop:1", "proxy": "envoy:1"})
    assert "app, proxy" in refused.value.advice


def test_a_container_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError, match="'ap'") as refused:
        ImageChange("shop:2", "ap").applied_to({"app": "shop:1"})
    assert "app" in refused.value.advice


@given(st.dictionaries(st.sampled_from("abcd"), st.just("old:1"), min_size=1), st.data())
def test_applying_a_change_twice_is_applying_it_once(images: dict[str, str], data: st.DataObject) -> None:
    change = ImageChange("new:1", data.draw(st.sampled_from(sorted(images))))
    assert change.applied_to(change.applied_to(images)) == change.applied_to(images)


def test_only_a_digest_pins() -> None:
    assert is_pinned(f"shop@{DIGEST}")
    assert not is_pinned("shop:1.4")
