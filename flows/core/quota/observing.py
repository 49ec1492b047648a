"""What a provider reports about its limits, and what must survive a restart."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from flows.core.quota.buckets import BUCKETS, Quota, QuotaBucket, Window, filled
from flows.knowledge import Bound


@dataclass(frozen=True)
class Seen:
    """What a provider reported in one answer. None means not reported; times are seconds from now."""

    limit_requests_per_day: int | None = None
    remaining_requests: int | None = None
    reset_requests_s: float | None = None
    limit_tokens_per_minute: int | None = None
    remaining_tokens: int | None = None
    reset_tokens_s: float | None = None
    retry_after_s: float | None = None
    day_used_up_for_s: float | None = None
    refused: Bound | None = None
    """The limit named in a refusal, followed by its size and usage."""
    refused_limit: int | None = None
    refused_used: int | None = None


def observe(state: Quota, now_s: float, seen: Seen) -> Quota:
    """Correct our count by the provider's report. Charge the reported request first.

    The provider may or may not have counted pending requests, so our level moves only as far as it lies
    outside the range that the report allows. No level rises above its limit.
    """
    now = _refused(filled(state, now_s), seen)
    return replace(
        now,
        day_requests=_corrected(
            now.day_requests,
            now.pending_requests,
            seen.limit_requests_per_day,
            seen.remaining_requests,
            seen.reset_requests_s,
        ),
        minute_tokens=_corrected(
            now.minute_tokens,
            now.pending_tokens,
            seen.limit_tokens_per_minute,
            seen.remaining_tokens,
            seen.reset_tokens_s,
        ),
        refused_until_s=max(now.refused_until_s, now_s + (seen.retry_after_s or -math.inf)),
        day_used_up_until_s=max(now.day_used_up_until_s, now_s + (seen.day_used_up_for_s or -math.inf)),
    )


def spent(state: Quota, now_s: float, window: Window) -> tuple[int, int]:
    """Requests and tokens of a window that have not been refilled, to be remembered across a restart with the
    moment.
    """
    now = filled(state, now_s)
    requests, spent_tokens = (
        (now.minute_requests, now.minute_tokens) if window == "minute" else (now.day_requests, now.day_tokens)
    )
    return math.ceil(requests.missing), math.ceil(spent_tokens.missing)


def left(state: Quota, now_s: float) -> dict[Bound, tuple[int, int]]:
    """What is left of each existing limit (reservations deducted), and its size."""
    now = filled(state, now_s)
    buckets = {
        bound: bucket
        for bound, name in BUCKETS.items()
        if not math.isinf((bucket := getattr(now, name)).capacity)
    }
    return {bound: (math.floor(bucket.level), int(bucket.capacity)) for bound, bucket in buckets.items()}


def remember(state: Quota, window: Window, *, requests: int, tokens: int, age_s: float) -> Quota:
    """Deduct what `spent` returned some seconds ago, less what has been refilled since."""
    if window == "minute":
        return replace(
            state,
            minute_requests=_remembered(state.minute_requests, requests, age_s),
            minute_tokens=_remembered(state.minute_tokens, tokens, age_s),
        )
    return replace(
        state,
        day_requests=_remembered(state.day_requests, requests, age_s),
        day_tokens=_remembered(state.day_tokens, tokens, age_s),
    )


def not_refilled(spent: float, limit: float | None, window_s: float, age_s: float) -> float:
    """How much of what was spent some seconds ago is still missing: a limit refills steadily, all of it in a
    window. None, 0 or an infinite limit means no limit, of which nothing is ever missing.
    """
    if not limit or math.isinf(limit):
        return 0.0
    return max(0.0, spent - max(0.0, age_s) * limit / window_s)


def _refused(state: Quota, seen: Seen) -> Quota:
    if seen.refused is None or not seen.refused_limit:
        return state
    name = BUCKETS[seen.refused]
    bucket: QuotaBucket = getattr(state, name).resized(float(seen.refused_limit))
    if seen.refused_used is not None:
        bucket = bucket.set(min(bucket.level, seen.refused_limit - seen.refused_used))
    change: dict[str, Any] = {name: bucket}
    return replace(state, **change)


def _corrected(
    bucket: QuotaBucket, pending: int, limit: int | None, remaining: float | None, reset_s: float | None
) -> QuotaBucket:
    if limit:
        bucket = bucket.resized(float(limit))
    if math.isinf(bucket.capacity):
        return bucket
    if remaining is None and reset_s is not None:
        remaining = bucket.capacity - reset_s * bucket.capacity / bucket.window_s
    return bucket if remaining is None else bucket.set(min(remaining, max(remaining - pending, bucket.level)))


def _remembered(bucket: QuotaBucket, amount: int, age_s: float) -> QuotaBucket:
    if math.isinf(bucket.capacity):
        return bucket
    return bucket.add(-not_refilled(amount, bucket.capacity, bucket.window_s, age_s))
