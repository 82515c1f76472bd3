"""The commit status: the one line people see beside a commit. `adapters/forges/` sends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pointsman.model.result import Result
from pointsman.report.foreign import cut, one_line
from pointsman.report.headline import OUTCOMES

LONGEST = 140
"""Characters of a description; GitHub refuses longer ones with 422."""

State = Literal["pending", "success", "failure", "error"]


@dataclass(frozen=True)
class StatusLine:
    """A commit status; GitHub keeps the newest for each `context`."""

    state: State
    context: str
    description: str


@dataclass(frozen=True)
class StatusLines:
    """The lines of one run; `environment`, where there is one, keeps staging and production apart."""

    environment: str = ""

    def pending(self, step: str, subject: str) -> StatusLine:
        """The line while the step is at work on `subject`."""
        return StatusLine("pending", self.context(step), description(f"At work on {subject}"))

    def final(self, result: Result) -> StatusLine:
        """The line that stays."""
        text = f"{OUTCOMES[result.outcome].words}: {result.why}"
        return StatusLine(state_of(result), self.context(result.step), description(text))

    def context(self, step: str) -> str:
        """The name branch protection refers to: `pointsman/<step>` or `pointsman/<step> (<environment>)`."""
        return f"pointsman/{step} ({self.environment})" if self.environment else f"pointsman/{step}"


def state_of(result: Result) -> State:
    """`success` exactly when the process ends with 0; `failure` when the release was judged and may not go
    on, `error` when it could not be judged."""
    if result.exit_code == 0:
        return "success"
    return "failure" if result.outcome.judged else "error"


def description(text: str) -> str:
    """`text` as one line of at most 140 characters."""
    return cut(one_line(text), LONGEST)
