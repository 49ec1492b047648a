"""How many words go into one batch: where work is fast a batch grows, so that Prefect is told less often.

Each batch costs three task runs and their nine events in Prefect, some 20 KB, however many words it has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

BATCH_S = 1.0
"""So many seconds of the whole job's work go into one batch. Counts, which move with each batch, then move
once a second.
"""
SHORTEST_SPAN_S = 0.2
"""A pace that was measured over less says nothing."""
RECENT_MARKS = 20
"""So many of the latest batches say how fast work is."""


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
    """Words in the next batches: about a second of work, in whole calls of `least` words, at most `most`.

    `pace` is in words per second; None is unknown. Never less than `least`, so what is slow stays as it is.
    """
    if pace is None or not math.isfinite(pace):
        return least
    calls = round(max(0.0, pace) * BATCH_S / least)
    return max(least, min(most, calls * least))


def batches_at_once(size: int, *, least: int, at_once: int) -> int:
    """How many batches of this size hold as many words as `at_once` batches of the `least` size; at least 1.

    Larger batches are fewer, so that no more words are in work, and lost by a kill, than one batch needs.
    """
    return max(1, min(at_once, math.ceil(at_once * least / size)))
