"""Errors as results, so that every report tells them too."""

from __future__ import annotations

from pointsman.model.errors import Cancelled, PointsmanError
from pointsman.model.result import Outcome, Result


def refused(step: str, subject: str, error: PointsmanError) -> Result:
    """An error raised on purpose: what is wrong, and what to do now."""
    following = (error.advice,) if error.advice else ()
    return Result(step, subject, Outcome.FAILED, _why(error), following=following, exit_code_override=error.exit_code)


def cancelled(step: str, subject: str, stop: Cancelled) -> Result:
    """The pipeline asked us to stop."""
    return Result(step, subject, Outcome.CANCELLED, _why(stop), following=(stop.advice,))


def defect(step: str, subject: str, error: Exception) -> Result:
    """A bug of ours."""
    return Result(
        step,
        subject,
        Outcome.FAILED,
        f"a defect in Pointsman: {type(error).__name__}: {error}",
        following=(
            "the state is as the last line above says; `pointsman status` shows it, and running again resumes it",
            "please report it with the traceback",
        ),
    )


def _why(error: PointsmanError) -> str:
    return "; ".join(filter(None, (error.message, error.standing)))
