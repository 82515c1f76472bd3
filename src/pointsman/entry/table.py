"""What the table of steps is made of, and the two spellings that are derived from a name. `spec.py` is the table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Type(Enum):
    """How an input's text is read. Every input is text at first; validation is in `entry/values.py`."""

    TEXT = "text"
    NAME = "name"
    ROUTE = "route"
    DURATION = "duration"
    FLAG = "flag"
    CHOICE = "choice"
    NUMBER = "number"
    PORT = "port"
    PATH = "path"
    IMAGE = "image"
    URL = "url"
    PATTERN = "pattern"
    STATUS = "status"
    WEIGHTS = "weights"
    OBJECTIVES = "objectives"
    RATE = "rate"
    PAIR = "pair"
    PATHS = "paths"
    SECRET = "secret"  # noqa: S105 - a type, not a secret


class Where(Enum):
    """Who understands an input: the core everywhere, or only the launcher of the CI steps."""

    CORE = "core"
    LAUNCHER = "launcher"


@dataclass(frozen=True)
class Input:
    """One input. `default` None means: not given. `help` is one sentence, with units where there are some."""

    name: str
    help: str
    type: Type = Type.TEXT
    default: str | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    where: Where = Where.CORE


@dataclass(frozen=True)
class Output:
    """One step output."""

    name: str
    help: str


@dataclass(frozen=True)
class Step:
    """One command; `action` says whether it is a step of CI systems too, and `by_hand` that a person starts it: a
    pipeline offers it, and never runs it by itself."""

    name: str
    summary: str
    help: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...] = ()
    action: bool = True
    by_hand: bool = False

    def input(self, name: str) -> Input:
        """The input called `name`. Raises KeyError."""
        return next(one for one in self.inputs if one.name == name)


def variable_of(name: str) -> str:
    """`max-wait` -> `POINTSMAN_MAX_WAIT`."""
    return f"POINTSMAN_{name.upper().replace('-', '_')}"


def parameter_of(name: str) -> str:
    """`max-wait` -> `max_wait`."""
    return name.replace("-", "_")
