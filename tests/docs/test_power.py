"""What the page on power shows is what the program prints."""

import re
import shlex

import pytest
from click.testing import CliRunner

from pointsman.entry.cli import cli
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/power.md").read_text("utf-8")
SHOWN = re.findall(r"^```bash\npointsman (.*?)\n```\n.*?^```text\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_an_answer_and_a_refusal_are_shown() -> None:
    assert len(SHOWN) == 2


@pytest.mark.parametrize(("command", "printed"), SHOWN, ids=lambda text: text[:40])
def test_each_example_prints_what_the_page_says(command: str, printed: str) -> None:
    done = CliRunner().invoke(cli, shlex.split(command))
    assert done.output == printed
    assert done.exit_code == (2 if printed.startswith("Error") else 0)
