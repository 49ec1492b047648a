"""What providers did not do at the first try: counted, with the latest reason, and told at the first one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any

from flows.errors import (
    ConfigurationError,
    LearningError,
    OutputError,
    QuotaExhausted,
    StoreUnavailable,
    TransientError,
)
from flows.knowledge import FailureCode, ProviderTrouble, utc_now
from flows.knowledge.base import T
from flows.stages.failures import failure_of

LONGEST_REASON = 300
"""Characters of a provider's reason that are kept."""


class Troubles:
    """Every failed request of a job's model and sources, by provider and kind."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._rows: dict[tuple[str, FailureCode], ProviderTrouble] = {}
        self.on_first: Callable[[ProviderTrouble], None] = lambda _: None
        """Called at the first trouble of its kind."""

    @property
    def rows(self) -> tuple[ProviderTrouble, ...]:
        """What there was so far, oldest first."""
        return tuple(self._rows.values())

    def resume(self, rows: Iterable[ProviderTrouble]) -> None:
        """Go on from what earlier attempts of the job met."""
        self._rows = {(row.provider, row.code): row for row in rows}

    def note(self, provider: str, error: Exception) -> None:
        """Take note of a request that failed, whether or not it is sent again."""
        failure = failure_of(error)
        code: FailureCode = "refused" if isinstance(error, ConfigurationError) else failure.code
        if not isinstance(error, (LearningError, TimeoutError)):
            code = "unreadable"  # an answer that broke what reads it
        now, text = self._clock(), (failure.text or type(error).__name__)[:LONGEST_REASON]
        before = self._rows.get((provider, code))
        row = ProviderTrouble(
            provider=provider,
            code=code,
            count=1 + (before.count if before else 0),
            since=before.since if before else now,
            last_at=now,
            last_reason=text,
        )
        self._rows[provider, code] = row
        if before is None:
            self.on_first(row)

    async def told(self, provider: str, call: Coroutine[Any, Any, T]) -> T:
        """The result of a provider's call; a failure is taken note of and raised on."""
        try:
            return await call
        except StoreUnavailable:
            raise
        except (TransientError, OutputError, QuotaExhausted, TimeoutError) as error:
            self.note(provider, error)
            raise
        except LearningError:
            raise
        except Exception as error:
            self.note(provider, error)
            raise
