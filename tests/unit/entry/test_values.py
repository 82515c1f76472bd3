"""From texts to values; everything is checked before anything is touched."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.entry.spec import Input, Step, Type, Where
from pointsman.entry.values import values_of
from pointsman.model.errors import InputError
from pointsman.model.image import ImageChange


def value(kind: Type, text: str | None, **more: Any) -> Any:
    one = Input("the-input", "Help for it.", kind, **more)
    return values_of(Step("step", "", "", (one,)), {"the-input": text})["the-input"]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (Type.TEXT, "any text; $(even) this", "any text; $(even) this"),
        (Type.NAME, "shop-1.example", "shop-1.example"),
        (Type.DURATION, "1m30s", 90.0),
        (Type.FLAG, "true", True),
        (Type.FLAG, "YES", True),
        (Type.FLAG, "off", False),
        (Type.FLAG, "0", False),
        (Type.NUMBER, "007", 7),
        (Type.PORT, "8080", "8080"),
        (Type.PORT, "http", "http"),
        (Type.PATH, "/healthz?full=1", "/healthz?full=1"),
        (Type.PATH, "/a/...", "/a/..."),
        (Type.IMAGE, "app=shop:2", ImageChange("shop:2", "app")),
        (Type.URL, "https://shop.example:8443/x", "https://shop.example:8443/x"),
        (Type.PATTERN, "^ok$", "^ok$"),
        (Type.STATUS, "200-299", "200-299"),
        (Type.SECRET, "s3cret", "s3cret"),
    ],
)
def test_a_good_text_becomes_a_value(kind: Type, text: str, expected: Any) -> None:
    assert value(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (Type.TEXT, "two\nlines", "a single line"),
        (Type.SECRET, "a\x00b", "a single line"),
        (Type.NAME, "Shop", "'Shop' is not a name"),
        (Type.NAME, "-shop", "is not a name"),
        (Type.NAME, "../etc", "is not a name"),
        (Type.NAME, "shop\n", "is not a name"),
        (Type.DURATION, "soon", "is not a duration"),
        (Type.FLAG, "maybe", "neither true nor false"),
        (Type.NUMBER, "-1", "not a whole number"),
        (Type.NUMBER, "1.5", "not a whole number"),
        (Type.PORT, "0", "1 to 65535"),
        (Type.PORT, "65536", "1 to 65535"),
        (Type.PORT, "HTTP", "neither a port number nor a port name"),
        (Type.PATH, "healthz", "starts with /"),
        (Type.PATH, "/a b", "no blanks"),
        (Type.PATH, "/../secret", "leaves its root"),
        (Type.IMAGE, "not an image", "is not an image reference"),
        (Type.URL, "ftp://shop", "not an http or https address"),
        (Type.URL, "http://", "not an http or https address"),
        (Type.PATTERN, "(", "not a regular expression"),
        (Type.STATUS, "600", "is not a status"),
        (Type.STATUS, "299-200", "is not a status"),
    ],
)
def test_a_bad_text_is_refused_naming_the_input(kind: Type, text: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        value(kind, text)
    assert refused.value.message.startswith("--the-input: ")
    assert words in refused.value.message
    assert refused.value.advice


def test_a_choice_is_one_of_those_listed() -> None:
    assert value(Type.CHOICE, "b", choices=("a", "b")) == "b"
    with pytest.raises(InputError, match="'c' is none of: a, b"):
        value(Type.CHOICE, "c", choices=("a", "b"))


@pytest.mark.parametrize("text", [None, ""])
def test_an_empty_text_means_not_given(text: str | None) -> None:
    assert value(Type.NUMBER, text) is None
    assert value(Type.NUMBER, text, default="3") == 3


def test_what_only_the_launcher_understands_is_left_to_it() -> None:
    step = Step("step", "", "", (Input("runner", "Help.", where=Where.LAUNCHER),))
    assert values_of(step, {"runner": "container"}) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("deploy", ("deploy",)), ("a.yaml, b/*.yaml", ("a.yaml", "b/*.yaml")), ("a\n  b\n\n", ("a", "b"))],
)
def test_paths_stand_on_lines_or_apart_by_commas(text: str, expected: tuple[str, ...]) -> None:
    assert value(Type.PATHS, text) == expected


def test_paths_that_name_nothing_are_a_mistake() -> None:
    with pytest.raises(InputError, match="names no path"):
        value(Type.PATHS, " , ")
