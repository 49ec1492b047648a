"""A circuit breaker: whether Prefect is available, judging by recent calls."""

from __future__ import annotations

import time

REMEMBERED_S = 20.0
"""How long after its last response a slow Prefect still counts as available. The dashboard polls every 15 s.
"""


class CircuitBreaker:
    """Opens after two timeouts in a row, or one refused connection."""

    def __init__(self) -> None:
        self._answered_at = float("-inf")
        self._late_at: float | None = None
        self.is_away = False
        self.is_vouched_for = False
        """Whether Prefect responded shortly before the call that timed out."""

    def answered(self) -> None:
        """Record a response of any kind."""
        self._answered_at, self._late_at, self.is_away = time.monotonic(), None, False

    def late(self, began: float) -> None:
        """Record a timeout of a call that began at this time of the monotonic clock.

        Calls that time out together count as one.
        """
        if self._late_at is None:
            self._late_at = time.monotonic()
            self.is_vouched_for = began - self._answered_at < REMEMBERED_S
        elif began >= self._late_at:
            self.is_away = True

    def refused(self) -> None:
        """Record a refused connection or a broken response."""
        self.is_away = True
