"""The page of messages speaks of messages that the program really says."""

import ast
import re

import pytest

from tests.docs.pages import ROOT

PAGE = ROOT / "docs/troubleshooting.md"
MESSAGES = re.findall(r"^### `(.*)`$", PAGE.read_text("utf-8"), re.MULTILINE)
_PLACEHOLDER = re.compile(r"'?\b[A-Z]{4,}\b'?|\bPOD\b|'?\bKEY\b'?")


def constants(node: ast.AST) -> list[str]:
    return [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def said() -> str:
    """Every text in the source, and the launcher's."""
    texts = [text for file in (ROOT / "src").rglob("*.py") for text in constants(ast.parse(file.read_text("utf-8")))]
    return "\n".join(
        [*texts, *(file.read_text("utf-8") for file in (ROOT / "libexec").iterdir() if file.suffix != ".lock")]
    )


SAID = said()


def fixed_parts(message: str) -> list[str]:
    """The words of a message between its placeholders."""
    parts = (part.strip(" :=()") for part in _PLACEHOLDER.split(message))
    return [part for part in parts if part]


@pytest.mark.parametrize("message", MESSAGES)
def test_each_message_is_one_that_the_program_says(message: str) -> None:
    parts = fixed_parts(message)
    assert parts
    assert [part for part in parts if part not in SAID] == []


def test_an_invented_message_would_be_noticed() -> None:
    assert any(part not in SAID for part in fixed_parts("the flux capacitor of NAME is empty"))


def test_the_page_has_messages_of_every_exit_code() -> None:
    text = PAGE.read_text("utf-8")
    assert len(MESSAGES) > 30
    assert {int(code) for code in re.findall(r"\(exit code (\d+)\)", text)} == {1, 2, 3, 4, 10, 11, 20, 130}
