"""How long a job may work, how much it may learn, and how many words go into one batch.

Where work is fast a batch grows, so that Prefect is told less often: each batch costs three task runs and
their nine events there, some 20 KB, however many words it has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flows.errors import InvalidInput
from flows.knowledge.limits import MAX_MINUTES

BACKSTOP_S = 690
"""Prefect's own timeout of a flow: the ten minutes, and what a slow end may take; a healthy run ends by
itself before.
"""
RECENT_BATCHES = 20
"""How many of the latest batches predict how long the next will take."""
QUANTILE = 0.8
"""Share of recent batches that finish within what is set aside for the next."""
MARGIN = 0.1
MARGIN_S = 0.5
"""What is set aside on top of that: a tenth, and half a second for storing."""
BATCH_S = 1.0
"""How many seconds of the whole job's work go into one batch. Counts change with each batch, so they change
once a second.
"""
SHORTEST_SPAN_S = 0.2
"""A pace that was measured over less says nothing."""
RECENT_MARKS = 20
"""Over how many of the latest batches to measure the pace."""


@dataclass(frozen=True)
class Budget:
    """The limits of a job: minutes of active time, counted across restarts, and a number of entries; None
    means no limit of entries.

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

        Until one has been measured, any batch may start before the time is up.
        """
        if self.is_over(active_s) or not batch_s:
            return not self.is_over(active_s)
        recent = sorted(batch_s[-RECENT_BATCHES:])
        usual_s = recent[math.ceil(QUANTILE * len(recent)) - 1]
        return usual_s * (1 + MARGIN) + MARGIN_S <= self.remaining_s(active_s)


class Mark(NamedTuple):
    """A moment in seconds of any one clock, and how many words were done by then."""

    at_s: float
    words: int


def words_per_s(marks: Sequence[Mark]) -> float | None:
    """The pace between the oldest of the recent marks and the newest; None while too little is known."""
    recent = marks[-RECENT_MARKS:]
    if len(recent) < 2:
        return None
    span_s = recent[-1].at_s - recent[0].at_s
    return (recent[-1].words - recent[0].words) / span_s if span_s >= SHORTEST_SPAN_S else None


def batch_size(pace: float | None, *, least: int, most: int) -> int:
    """Words in the next batches: about a second of work, in multiples of `least`, at most `most`.

    `pace` is in words per second; None means unknown. The result is never less than `least`, so slow models
    keep that size.
    """
    if pace is None or not math.isfinite(pace):
        return least
    calls = round(max(0.0, pace) * BATCH_S / least)
    return max(least, min(most, calls * least))


def batches_at_once(size: int, *, least: int, at_once: int) -> int:
    """How many batches of this size hold as many words as `at_once` batches of the `least` size; at least 1.

    There are fewer large batches, so that no more words are in progress, and lost if the process is killed,
    than one batch needs.
    """
    return max(1, min(at_once, math.ceil(at_once * least / size)))
