"""What one model still gives: four token buckets of requests and tokens a minute and a day, filled steadily,
as providers count.

All times are seconds of one clock that the caller reads. Values are frozen; every function gives the new one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from flows.errors import InvalidInput
from flows.knowledge import Bound

MINUTE_S = 60.0
DAY_S = 86_400.0
LONGEST_WAIT_S = 60.0
"""A day's limit that frees sooner is waited for like a minute's; otherwise the day is used up."""
LONGEST_REFUSAL_S = 180.0
"""A refusal for longer is no matter of a minute, whatever limit it names: another model is asked, or the job
ends with a time to come back.
"""
_ROUNDING_S = 0.001
"""Added to each wait, so that what was waited for is there in spite of floating point."""

Window = Literal["minute", "day"]


@dataclass(frozen=True)
class Limits:
    """Limits of one model; None is no limit. Raises InvalidInput for one below 1."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    requests_per_day: int | None = None
    tokens_per_day: int | None = None

    def __post_init__(self) -> None:
        for name, limit in vars(self).items():
            if limit is not None and limit < 1:
                raise InvalidInput(
                    name, f"{limit} cannot be a limit", "Give at least 1, or nothing for no limit."
                )


@dataclass(frozen=True)
class QuotaBucket:
    """Holds at most `capacity`, infinite for no limit, and fills up within `window_s` seconds."""

    capacity: float
    window_s: float
    level: float

    def filled(self, for_s: float) -> QuotaBucket:
        """After so many seconds."""
        return (
            self
            if math.isinf(self.capacity)
            else self.set(self.level + for_s * self.capacity / self.window_s)
        )

    def set(self, level: float) -> QuotaBucket:
        """At another level, kept between empty and full."""
        return replace(self, level=min(self.capacity, max(0.0, level)))

    def add(self, amount: float) -> QuotaBucket:
        """With so much put in; what does not fit is lost. A negative amount is taken out."""
        return self.set(self.level + amount)

    def wait_s(self, amount: float) -> float:
        """Seconds until it holds an amount that it can hold."""
        return 0.0 if self.level >= amount else (amount - self.level) * self.window_s / self.capacity

    def resized(self, capacity: float) -> QuotaBucket:
        """With another capacity and as much missing as before."""
        return QuotaBucket(capacity, self.window_s, min(capacity, max(0.0, capacity - self.missing)))

    @property
    def missing(self) -> float:
        """What was taken out and has not come back."""
        return 0.0 if math.isinf(self.capacity) else self.capacity - self.level


@dataclass(frozen=True)
class Quota:
    """The four buckets as of `at_s`, what is reserved and not settled, and until when the provider
    refuses.
    """

    at_s: float
    minute_requests: QuotaBucket
    minute_tokens: QuotaBucket
    day_requests: QuotaBucket
    day_tokens: QuotaBucket
    pending_requests: int = 0
    pending_tokens: int = 0
    refused_until_s: float = -math.inf
    day_used_up_until_s: float = -math.inf

    @classmethod
    def full(cls, limits: Limits, now_s: float) -> Quota:
        """Nothing spent yet."""

        def bucket(limit: int | None, window_s: float) -> QuotaBucket:
            capacity = math.inf if limit is None else float(limit)
            return QuotaBucket(capacity, window_s, capacity)

        return cls(
            at_s=now_s,
            minute_requests=bucket(limits.requests_per_minute, MINUTE_S),
            minute_tokens=bucket(limits.tokens_per_minute, MINUTE_S),
            day_requests=bucket(limits.requests_per_day, DAY_S),
            day_tokens=bucket(limits.tokens_per_day, DAY_S),
        )


@dataclass(frozen=True)
class Granted:
    """The request may be sent now; `state` has it reserved."""

    state: Quota


@dataclass(frozen=True)
class Wait:
    """Ask again after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class TooLarge:
    """No wait helps: one request may have at most `limit` tokens."""

    limit: int


@dataclass(frozen=True)
class DayUsedUp:
    """The day's limit frees for this request only at `until_s`."""

    until_s: float


@dataclass(frozen=True)
class Seen:
    """What a provider said in one answer. None is what it did not say; times are seconds from now."""

    limit_requests_per_day: int | None = None
    remaining_requests: int | None = None
    reset_requests_s: float | None = None
    limit_tokens_per_minute: int | None = None
    remaining_tokens: int | None = None
    reset_tokens_s: float | None = None
    retry_after_s: float | None = None
    day_used_up_for_s: float | None = None
    refused: Bound | None = None
    """The limit that a refusal named, with its size and what was used of it."""
    refused_limit: int | None = None
    refused_used: int | None = None


def reserve(state: Quota, now_s: float, tokens: int) -> Granted | Wait | TooLarge | DayUsedUp:
    """Ask to send a request of so many tokens, prompt and longest answer together. Settle every grant."""
    now = _filled(state, now_s)
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


def settle(state: Quota, reserved: int, actual: int, cached: int = 0) -> Quota:
    """Exchange the `reserved` tokens of a grant for the `actual` ones, of which the `cached` do not count.

    A request that failed settles with 0 actual tokens; its request stays spent.
    """
    returned = reserved - max(0, actual - cached)
    return replace(
        state,
        minute_tokens=state.minute_tokens.add(returned),
        day_tokens=state.day_tokens.add(returned),
        pending_requests=max(0, state.pending_requests - 1),
        pending_tokens=max(0, state.pending_tokens - reserved),
    )


def observe(state: Quota, now_s: float, seen: Seen) -> Quota:
    """Let the provider's word correct ours. Settle the request that it came with first.

    The provider may or may not have counted requests that are still pending, so our level is moved only as
    far as it lies outside what the provider's number allows. No level rises above its limit.
    """
    now = _refused(_filled(state, now_s), seen)
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
    """Requests and tokens of a window that have not come back: what a restart must remember, with the
    moment.
    """
    now = _filled(state, now_s)
    requests, spent_tokens = (
        (now.minute_requests, now.minute_tokens) if window == "minute" else (now.day_requests, now.day_tokens)
    )
    return math.ceil(requests.missing), math.ceil(spent_tokens.missing)


def left(state: Quota, now_s: float) -> dict[Bound, tuple[int, int]]:
    """Of each limit that there is what is left of it, reservations taken out, and its size."""
    now = _filled(state, now_s)
    buckets = {
        bound: bucket
        for bound, name in _BUCKETS.items()
        if not math.isinf((bucket := getattr(now, name)).capacity)
    }
    return {bound: (math.floor(bucket.level), int(bucket.capacity)) for bound, bucket in buckets.items()}


def remember(state: Quota, window: Window, *, requests: int, tokens: int, age_s: float) -> Quota:
    """Take out what `spent` said some seconds ago, less what has come back since."""
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


def read_headers(headers: Mapping[str, str]) -> Seen:
    """What `x-ratelimit-*` and `retry-after` say, names in lower case.

    What cannot be read counts as not said.
    """

    def count(name: str) -> int | None:
        text = headers.get(f"x-ratelimit-{name}", "")
        return int(text) if _COUNT.fullmatch(text) else None

    def seconds(name: str) -> float | None:
        try:
            return parse_duration(headers[name])
        except (KeyError, ValueError):
            return None

    return Seen(
        limit_requests_per_day=count("limit-requests"),
        remaining_requests=count("remaining-requests"),
        reset_requests_s=seconds("x-ratelimit-reset-requests"),
        limit_tokens_per_minute=count("limit-tokens"),
        remaining_tokens=count("remaining-tokens"),
        reset_tokens_s=seconds("x-ratelimit-reset-tokens"),
        retry_after_s=seconds("retry-after"),
    )


_BUCKETS: Mapping[Bound, str] = {
    "requests_per_minute": "minute_requests",
    "tokens_per_minute": "minute_tokens",
    "requests_per_day": "day_requests",
    "tokens_per_day": "day_tokens",
}
_UNITS_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
_TERM = re.compile(r"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|μs|ns)", re.ASCII)
_COUNT = re.compile(r"\d{1,15}", re.ASCII)
"""What fits into a float to the last digit."""
_PLAIN = re.compile(r"\d+\.?\d*|\.\d+", re.ASCII)


def parse_duration(text: str) -> float:
    """Seconds of a duration in Go's grammar without a sign, such as "2m59.56s", or of a plain number.

    Raises ValueError.
    """
    text = text.strip()
    with_units = f"{text}s" if _PLAIN.fullmatch(text) else text
    terms = _TERM.findall(with_units)
    seconds = sum(float(number) * _UNITS_S[unit] for number, unit in terms)
    if not terms or "".join(number + unit for number, unit in terms) != with_units or math.isinf(seconds):
        raise ValueError(f"{text[:40]!r} is no duration")
    return seconds


def _filled(state: Quota, now_s: float) -> Quota:
    passed_s = now_s - state.at_s
    if passed_s <= 0:
        return state
    return replace(
        state,
        at_s=now_s,
        minute_requests=state.minute_requests.filled(passed_s),
        minute_tokens=state.minute_tokens.filled(passed_s),
        day_requests=state.day_requests.filled(passed_s),
        day_tokens=state.day_tokens.filled(passed_s),
    )


def _refused(state: Quota, seen: Seen) -> Quota:
    if seen.refused is None or not seen.refused_limit:
        return state
    name = _BUCKETS[seen.refused]
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
    returned = max(0.0, age_s) * bucket.capacity / bucket.window_s
    return bucket.add(-max(0.0, amount - returned))
