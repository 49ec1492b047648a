"""How long a job may work, and how much it may learn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flows.errors import InvalidInput
from flows.knowledge.limits import MAX_MINUTES

BACKSTOP_S = 690
"""Prefect's own timeout of a flow: the ten minutes, and what a slow end may take; a healthy run ends by
itself before.
"""
RECENT_BATCHES = 20
"""So many of the latest batches say how long the next will take."""
QUANTILE = 0.8
"""Share of recent batches that finish within what is set aside for the next."""
MARGIN = 0.1
MARGIN_S = 0.5
"""What is set aside on top of that: a tenth, and half a second for storing."""


@dataclass(frozen=True)
class Budget:
    """At most so many minutes of active time, counted across restarts, and so many entries; None is no limit
    of entries.

    Raises InvalidInput unless minutes are over 0 and at most 10 and entries are at least 1.
    """

    minutes: float = MAX_MINUTES
    max_entries: int | None = None

    def __post_init__(self) -> None:
        if not 0 < self.minutes <= MAX_MINUTES:
            raise InvalidInput(
                "minutes",
                f"must be more than 0 and at most {MAX_MINUTES:g} (got {self.minutes:g})",
                code="out_of_range",
                params={"gt": 0, "le": MAX_MINUTES},
            )
        if self.max_entries is not None and self.max_entries < 1:
            raise InvalidInput(
                "max_entries",
                f"must be at least 1 (got {self.max_entries})",
                "Leave it out for no limit.",
                code="greater_than_equal",
                params={"ge": 1},
            )

    @property
    def limit_s(self) -> float:
        """The whole active time in seconds."""
        return self.minutes * 60

    def remaining_s(self, active_s: float) -> float:
        """Seconds left after this many active seconds, never below 0."""
        return max(0.0, self.limit_s - active_s)

    def is_over(self, active_s: float) -> bool:
        """Whether the time is up."""
        return active_s >= self.limit_s

    def is_reached(self, stored: int) -> bool:
        """Whether as many entries are stored as were asked for."""
        return self.max_entries is not None and stored >= self.max_entries

    def wanted(self, stored: int, in_work: int) -> int | None:
        """How many more words may be started, given the words stored and in progress; None is no limit."""
        return None if self.max_entries is None else max(0, self.max_entries - stored - in_work)

    def may_start(self, active_s: float, batch_s: Sequence[float]) -> bool:
        """Whether a batch begun now is likely to finish in time, judged by how many seconds earlier ones
        took, newest last.

        While none was measured any may start before the time is up.
        """
        if self.is_over(active_s) or not batch_s:
            return not self.is_over(active_s)
        recent = sorted(batch_s[-RECENT_BATCHES:])
        usual_s = recent[math.ceil(QUANTILE * len(recent)) - 1]
        return usual_s * (1 + MARGIN) + MARGIN_S <= self.remaining_s(active_s)
