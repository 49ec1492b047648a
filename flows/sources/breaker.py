"""A circuit breaker: a failing source is skipped for a while, so that not every batch waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from flows.errors import RateLimited, SourceRefused, SourceUnavailable, TransientError
from flows.knowledge import Evidence, Word
from flows.sources.base import Source

FAILURES_IN_A_ROW = 4
REST_S = 60.0
REST_AFTER_REFUSAL_S = 600.0


class Breaker:
    """Passes calls on to a source until it fails four times in a row or refuses once; then rejects calls for
    a while.

    After the pause one call tries the source while the others are still rejected: an answer closes the
    circuit, a failure opens it again. RateLimited counts as neither, since it already says how long to wait.
    The caller closes the source.
    """

    def __init__(
        self,
        source: Source,
        *,
        failures: int = FAILURES_IN_A_ROW,
        rest_s: float = REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = source.name
        self.batch_size = source.batch_size
        self.stands_in_for = source.stands_in_for
        self._source = source
        self._most_failures = failures
        self._rest_s = rest_s
        self._clock = clock
        self._failures = 0
        self._opens_until_s: float | None = None
        self._is_trying = False
        self._last = ""
        self._refusal: SourceRefused | None = None

    async def look_up(
        self, words: Sequence[Word], *, topic: str | None = None
    ) -> Mapping[str, tuple[Evidence, ...]]:
        """What the source finds.

        While the circuit is open it immediately raises SourceUnavailable, or the SourceRefused that opened
        it.
        """
        is_trial = self._admit()
        try:
            found = await self._source.look_up(words, topic=topic)
        except RateLimited:
            raise
        except TransientError as error:
            self._failures += 1
            self._last, self._refusal = str(error), None
            if is_trial or self._failures >= self._most_failures:
                self._open(self._rest_s)
            raise
        except SourceRefused as error:
            self._refusal = error
            self._open(REST_AFTER_REFUSAL_S)
            raise
        else:
            self._failures, self._opens_until_s, self._refusal = 0, None, None
            return found
        finally:
            if is_trial:
                self._is_trying = False

    def _admit(self) -> bool:
        """Whether this call is the trial after a pause; False if the circuit is closed."""
        if self._opens_until_s is None:
            return False
        left_s = self._opens_until_s - self._clock()
        if left_s <= 0 and not self._is_trying:
            self._is_trying = True
            return True
        if self._refusal is not None:
            raise SourceRefused(str(self._refusal))
        raise SourceUnavailable(
            f"{self._last} ({self._failures} failures in a row; pausing requests)",
            retry_after_s=max(1.0, left_s),
        )

    def _open(self, for_s: float) -> None:
        self._opens_until_s = self._clock() + for_s
