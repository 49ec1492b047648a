"""How far a job is, and how to format durations and counts."""

from __future__ import annotations

import math


def percent(active_s: float, limit_s: float, stored: int, max_entries: int | None, *, is_final: bool) -> int:
    """Progress from 0 to 100: the larger share of time and of entries.

    It is 100 if and only if the job has ended.
    """
    if is_final:
        return 100
    share = max(active_s / limit_s if limit_s > 0 else 1.0, stored / max_entries if max_entries else 0.0)
    return math.floor(min(99.0, max(0.0, 100 * share)))


def format_duration(seconds: float) -> str:
    """A human-readable duration in its two largest units: "9 min 30 s", "1 h 5 min", "45 s"; below 10 s with
    tenths, such as "0.4 s".
    """
    seconds = max(0.0, seconds)
    if round(seconds, 1) < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


def format_count(count: int, one: str | None = None, many: str | None = None) -> str:
    """A human-readable count: "1,234"; with a noun "1 word", "2 words", "2 entries" (`many` is the plural if
    it is not `one` plus s).
    """
    if one is None:
        return f"{count:,}"
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def round_text(number: int, accepted: int, postponed: int, rejected: int) -> str:
    """What became of a round's candidates: "Round 1: 4 candidates, 1 accepted, 1 postponed, 2 rejected"."""
    counts = {"accepted": accepted, "postponed": postponed, "rejected": rejected}
    told = [f"{count:,} {fate}" for fate, count in counts.items() if count]
    return ", ".join([f"Round {number}: {format_count(sum(counts.values()), 'candidate')}", *told])
