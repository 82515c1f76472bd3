"""As much of PromQL as it takes to fill in a question and to see what it asks about: pure functions over text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pointsman.model.errors import InputError

_STRING = r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)"""
_PLACEHOLDER = re.compile(r"\{\{\s*([\w-]+)\s*\}\}")
_FILLABLE = re.compile(rf"(?P<pattern>[=!]~\s*)?{_STRING}|{_PLACEHOLDER.pattern}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_.:/@-]+")
_METRIC = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_PER_TIME = re.compile(
    r"\b(rate|irate|increase|delta|idelta|deriv|predict_linear|histogram_quantile|changes|resets|\w+_over_time)\s*\("
)
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)", re.IGNORECASE)
_WORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "and", "or", "unless"}
_WORDS |= {"inf", "nan", "atan2", "sum", "min", "max", "avg", "count", "group", "topk", "bottomk", "quantile"}


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with every `{{name}}` replaced; inside a `=~` pattern the value's dots are dots, not any character.

    Raises InputError for a placeholder without a value and for a value that could end the text around it.
    """

    def of(found: re.Match[str], pattern: bool) -> str:
        value = _value(found[1], values)
        return value.replace(".", "[.]") if pattern else value

    def within(found: re.Match[str]) -> str:
        return _PLACEHOLDER.sub(lambda inner: of(inner, bool(found["pattern"])), found[0])

    return _FILLABLE.sub(within, text)


def names_in(text: str) -> frozenset[str]:
    """The metrics that `text` asks about by name."""
    bare = re.sub(r"#[^\n]*", "", re.sub(_STRING, '""', text))
    bare = _GROUPING.sub("", re.sub(r"\{[^{}]*\}|\[[^\[\]]*\]", "", bare))
    found = re.findall(rf"(?<![\w:.]){_METRIC}(?![\w:])(?!\s*\()", bare)
    return frozenset(name for name in found if name.lower() not in _WORDS)


def is_selector(text: str) -> bool:
    """True for `metric{label="value"}` and nothing around it: what it yields are series as they were scraped."""
    return bool(re.fullmatch(rf"\s*{_METRIC}\s*(?:\{{[^{{}}]*\}})?\s*", re.sub(_STRING, '""', text)))


def reckoned_per_time(text: str) -> str:
    """The function in `text` that turns counters into something else (`rate`); empty when there is none."""
    found = _PER_TIME.search(re.sub(_STRING, '""', text))
    return found[1] if found else ""


def _value(name: str, values: Mapping[str, str]) -> str:
    if name not in values:
        known = ", ".join("{{" + each + "}}" for each in sorted(values))
        raise InputError(f"a question asks for {{{{{name}}}}}, which means nothing here", f"there are {known}")
    if not _NAME.fullmatch(values[name]):
        raise InputError(f"{values[name]!r} cannot be put into a question as {name}", "use letters, digits and -_.:/@")
    return values[name]
