"""Whether a request may be sent now, and what it cost in the end."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flows.core.quota.buckets import Quota, filled

LONGEST_WAIT_S = 60.0
"""If a daily limit frees sooner than this, wait for it as for a minute's; otherwise the day is used up."""
LONGEST_REFUSAL_S = 180.0
"""A longer refusal is not about a minute, whatever limit it names: ask another model, or end the job with the
time at which to come back.
"""
_ROUNDING_S = 0.001
"""Added to each wait, so that floating point cannot leave the amount just short."""


@dataclass(frozen=True)
class Granted:
    """The request may be sent now; `state` includes its reservation."""

    state: Quota


@dataclass(frozen=True)
class Wait:
    """Ask again after this many seconds."""

    seconds: float


@dataclass(frozen=True)
class TooLarge:
    """Waiting does not help: a request may have at most `limit` tokens."""

    limit: int


@dataclass(frozen=True)
class DayUsedUp:
    """The daily limit admits this request only at `until_s`."""

    until_s: float


def reserve(state: Quota, now_s: float, tokens: int) -> Granted | Wait | TooLarge | DayUsedUp:
    """Ask to send a request of this many tokens: prompt plus longest answer. Charge every grant."""
    now = filled(state, now_s)
    largest = min(now.minute_tokens.capacity, now.day_tokens.capacity)
    if tokens > largest:
        return TooLarge(int(largest))
    refused_s = now.refused_until_s - now_s
    day_s = max(now.day_requests.wait_s(1), now.day_tokens.wait_s(tokens), now.day_used_up_until_s - now_s)
    if refused_s > LONGEST_REFUSAL_S:
        day_s = max(day_s, refused_s)
    if day_s > LONGEST_WAIT_S:
        return DayUsedUp(now_s + day_s)
    wait_s = max(day_s, now.minute_requests.wait_s(1), now.minute_tokens.wait_s(tokens), refused_s)
    if wait_s > 0:
        return Wait(wait_s + _ROUNDING_S)
    return Granted(
        replace(
            now,
            minute_requests=now.minute_requests.add(-1),
            minute_tokens=now.minute_tokens.add(-tokens),
            day_requests=now.day_requests.add(-1),
            day_tokens=now.day_tokens.add(-tokens),
            pending_requests=now.pending_requests + 1,
            pending_tokens=now.pending_tokens + tokens,
        )
    )


def charge(state: Quota, reserved: int, actual: int, cached: int = 0) -> Quota:
    """Replace the `reserved` tokens of a grant by the `actual` ones, of which `cached` ones do not count.

    A failed request is charged with 0 actual tokens; the request itself stays spent.
    """
    returned = reserved - max(0, actual - cached)
    return replace(
        state,
        minute_tokens=state.minute_tokens.add(returned),
        day_tokens=state.day_tokens.add(returned),
        pending_requests=max(0, state.pending_requests - 1),
        pending_tokens=max(0, state.pending_tokens - reserved),
    )
