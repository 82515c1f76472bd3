"""What GitHub (or the way to it) answered instead of yes, as one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pointsman.adapters.forges.refusals import reason_on_the_way, short

if TYPE_CHECKING:
    from github import GithubException

_ACCEPTED = "x-accepted-github-permissions"


class UnexpectedAnswerError(Exception):
    """GitHub answered without refusing, but not with what was sent."""


def insist(taken: bool) -> None:
    """Raises UnexpectedAnswerError unless the answer was a yes; the client takes a redirection for one."""
    if not taken:
        raise UnexpectedAnswerError("it answered with something else; has the repository moved?")


def is_final(refusal: Exception) -> bool:
    """True when asking again within this run cannot help: no access, or too many requests already."""
    return getattr(refusal, "status", 0) in (401, 403, 404, 429)


def sentence_of(what: str, refusal: Exception, seconds: int) -> str:
    """Why GitHub did not take `what`; `seconds` is what a single call may take."""
    return f"GitHub did not take {what}: {_reason(refusal, seconds)}"


def _reason(refusal: Exception, seconds: int) -> str:
    if isinstance(refusal, UnexpectedAnswerError):
        return short(str(refusal))
    if isinstance(refusal, ImportError):
        return reason_on_the_way(refusal, seconds)
    from github import GithubException

    return _refusal(refusal) if isinstance(refusal, GithubException) else reason_on_the_way(refusal, seconds)


def _refusal(refusal: GithubException) -> str:
    headers = {name.lower(): value for name, value in (refusal.headers or {}).items()}
    answer = f"{refusal.status} {_message(refusal.data)}".strip()
    if "retry-after" in headers or refusal.status == 429:
        return f"too many requests, it asks for patience of {headers.get('retry-after', '60')} s ({answer})"
    if refusal.status == 401:
        return f"the token is not valid ({answer})"
    if refusal.status in (403, 404):
        return f"the token lacks {_permission(headers)} ({answer})"
    return answer


def _permission(headers: Mapping[str, str]) -> str:
    accepted = short(headers.get(_ACCEPTED, ""))
    if not accepted:
        return "the permission, or the repository does not exist"
    return f"the permission {accepted}; grant it under `permissions:` (a fork's pull request never gets it)"


def _message(data: object) -> str:
    """GitHub's own words: its message and the first of its errors, which says what exactly was wrong."""
    if not isinstance(data, Mapping):
        return ""
    errors = data.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else ""
    detail = first.get("message", "") if isinstance(first, Mapping) else first
    return short(": ".join(str(part) for part in (data.get("message"), detail) if part))
