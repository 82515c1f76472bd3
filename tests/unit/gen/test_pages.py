"""The generated parts of a page are filled, and nothing else of it is touched."""

import pytest

from pointsman.gen.pages import filled
from pointsman.model.errors import InputError

PAGE = "# Title\n\nProse.\n\n<!-- generated:inputs -->\nold\n<!-- /generated -->\n\nMore prose.\n"


def test_a_part_is_replaced_and_the_prose_stays() -> None:
    page = filled("page.md", PAGE, {"inputs": "| new |\n"})
    assert page == PAGE.replace("old\n", "\n| new |\n\n")


def test_filling_twice_changes_nothing_the_second_time() -> None:
    once = filled("page.md", PAGE, {"inputs": "| new |"})
    assert filled("page.md", once, {"inputs": "| new |"}) == once


def test_text_that_looks_like_a_pattern_stays_as_it_is() -> None:
    assert r"\1 \g<name>" in filled("page.md", PAGE, {"inputs": r"\1 \g<name>"})


@pytest.mark.parametrize(
    ("page", "parts", "message"),
    [
        (PAGE, {"inputs": "", "outputs": ""}, "'outputs' stands there 0 times"),
        (PAGE + PAGE, {"inputs": ""}, "'inputs' stands there 2 times"),
        (PAGE, {"outputs": ""}, "nothing is generated for 'inputs'"),
        (PAGE.replace("<!-- /generated -->", ""), {"inputs": ""}, "not closed"),
        (PAGE + "<!-- /generated -->", {"inputs": ""}, "not closed"),
    ],
    ids=["missing", "doubled", "unknown", "open", "closed twice"],
)
def test_a_page_that_cannot_be_filled_is_refused(page: str, parts: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        filled("page.md", page, parts)
