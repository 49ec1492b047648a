"""Whether Prefect is there, judged by how calls to it end."""

from __future__ import annotations

import time

REMEMBERED_S = 20.0
"""For how long an answer vouches for a Prefect that is late afterwards: the dashboard looks every 15 s."""


class CircuitBreaker:
    """One late answer does not mean that Prefect is away: a second in a row does, and a connection that is
    refused does at once.
    """

    def __init__(self) -> None:
        self._answered_at = float("-inf")
        self._late_at: float | None = None
        self.is_away = False
        self.is_vouched_for = False
        """Whether it answered shortly before the call that was late."""

    def answered(self) -> None:
        """It answered, whatever it said."""
        self._answered_at, self._late_at, self.is_away = time.monotonic(), None, False

    def late(self, began: float) -> None:
        """A call that began at this moment of the monotonic clock had no answer in time.

        Those late at the same moment count as one.
        """
        if self._late_at is None:
            self._late_at = time.monotonic()
            self.is_vouched_for = began - self._answered_at < REMEMBERED_S
        elif began >= self._late_at:
            self.is_away = True

    def refused(self) -> None:
        """There is nobody, or what answers is broken."""
        self.is_away = True
