"""What GitLab (or the way to it) answered instead of yes, as one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pointsman.adapters.forges.refusals import reason_on_the_way, short

if TYPE_CHECKING:
    from gitlab.exceptions import GitlabError


TO_WRITE = (
    "the token lacks the scope api, or its role in the project is too low: Reporter for notes, Developer for statuses"
)
TO_READ = "the token lacks the scope read_api, or its role in the project is lower than Reporter"


def is_final(refusal: Exception) -> bool:
    """True when asking again within this run cannot help: no access, or too many requests already."""
    return getattr(refusal, "response_code", None) in (401, 403, 404, 429)


def is_repetition(refusal: Exception) -> bool:
    """True when GitLab refuses a status only because it stands there already: `Cannot transition status via :run from
    :running`."""
    return getattr(refusal, "response_code", None) == 400 and "Cannot transition status" in str(refusal)


def sentence_of(what: str, refusal: Exception, seconds: int, lacking: str = TO_WRITE) -> str:
    """Why GitLab did not take `what`; `seconds` is what a single call may take, `lacking` what a token that is not let
    in will lack."""
    return f"GitLab did not take {what}: {_reason(refusal, seconds, lacking)}"


def _reason(refusal: Exception, seconds: int, lacking: str) -> str:
    if isinstance(refusal, ImportError):
        return reason_on_the_way(refusal, seconds)
    from gitlab.exceptions import GitlabError, RedirectError
    from requests import TooManyRedirects

    if isinstance(refusal, RedirectError | TooManyRedirects):
        return "it answered with something else; has the project moved?"
    return _refusal(refusal, lacking) if isinstance(refusal, GitlabError) else reason_on_the_way(refusal, seconds)


def _refusal(refusal: GitlabError, lacking: str) -> str:
    answer = short(f"{refusal.response_code or ''} {_message(refusal)}".strip())
    if refusal.response_code == 429:
        return f"too many requests ({answer})"
    if refusal.response_code == 401:
        return f"the token is not valid ({answer})"
    if refusal.response_code in (403, 404):
        return f"{lacking} ({answer})"
    return answer


def _message(refusal: GitlabError) -> str:
    message = refusal.error_message
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
    return "" if text.lstrip().startswith("<") else text.removeprefix(f"{refusal.response_code} ")
