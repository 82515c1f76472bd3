"""How a forge is told things: in the background, for a bounded time, and never again what it refused for good.

`report` of a forge waits for the errands at most 6 s, when cancelled at most 2 s: a runner ends a cancelled step after
7.5 s. Whatever is slower than that is lost, and said to be.
"""

from __future__ import annotations

from collections.abc import Callable

from pointsman.adapters.forges.courier import Courier

PATIENCE = 6.0
PATIENCE_WHEN_CANCELLED = 2.0
SECONDS_PER_CALL = 2


class Messenger:
    """Sends the errands of one run to the forge called `forge`. `sentence_of` words a refusal of something within some
    seconds, `is_final` says that asking again within this run cannot help."""

    def __init__(
        self, forge: str, sentence_of: Callable[[str, Exception, int], str], is_final: Callable[[Exception], bool]
    ) -> None:
        self._forge, self._sentence_of, self._is_final = forge, sentence_of, is_final
        self._courier = Courier()
        self._given_up: set[str] = set()

    def send(self, what: str, call: Callable[[], None]) -> None:
        """Queue `call`, which tells the forge of `what`; trouble is said by `close`."""
        self._courier.send(lambda: self._attempt(what, call))

    def close(self, cancelled: bool) -> list[str]:
        """Wait for all that was sent; what could not be said, as sentences. Nothing may follow."""
        seconds = PATIENCE_WHEN_CANCELLED if cancelled else PATIENCE
        sentences, ended = self._courier.collect(seconds)
        late = [] if ended else [f"{self._forge} may not know the outcome: it did not answer within {seconds:g} s"]
        return [*dict.fromkeys(sentences), *late]

    def _attempt(self, what: str, call: Callable[[], None]) -> str:
        if what in self._given_up:
            return ""
        try:
            call()
        except Exception as refusal:  # whatever the client raises: to report must not harm the release
            if self._is_final(refusal):
                self._given_up.add(what)
            return self._sentence_of(f"the {what}", refusal, SECONDS_PER_CALL)
        return ""
