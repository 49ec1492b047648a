"""The four token buckets of one model: requests and tokens per minute and per day, refilled steadily."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, Self

from flows.errors import InvalidInput
from flows.knowledge import DAY_S, Bound

MINUTE_S = 60.0

Window = Literal["minute", "day"]


@dataclass(frozen=True)
class QuotaLimits:
    """Limits of one model; None means no limit. Raises InvalidInput for a limit below 1."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    requests_per_day: int | None = None
    tokens_per_day: int | None = None

    def __post_init__(self) -> None:
        for name, limit in vars(self).items():
            if limit is not None and limit < 1:
                raise InvalidInput(name, f"must be at least 1 (is {limit})", "Leave it out for no limit.")

    @classmethod
    def named_by(cls, given: object) -> Self:
        """The limits that the attributes of these names set, such as those of the settings; 0 is no limit."""
        return cls(**{field.name: getattr(given, field.name) or None for field in fields(cls)})


@dataclass(frozen=True)
class QuotaBucket:
    """Holds at most `capacity` (infinite for no limit) and refills within `window_s` seconds."""

    capacity: float
    window_s: float
    level: float

    def filled(self, for_s: float) -> QuotaBucket:
        """After this many seconds."""
        return (
            self
            if math.isinf(self.capacity)
            else self.set(self.level + for_s * self.capacity / self.window_s)
        )

    def set(self, level: float) -> QuotaBucket:
        """At another level, clamped to 0..capacity."""
        return replace(self, level=min(self.capacity, max(0.0, level)))

    def add(self, amount: float) -> QuotaBucket:
        """With this amount added; what does not fit is lost. A negative amount is taken out."""
        return self.set(self.level + amount)

    def wait_s(self, amount: float) -> float:
        """Seconds until it holds the amount, which must not exceed its capacity."""
        return 0.0 if self.level >= amount else (amount - self.level) * self.window_s / self.capacity

    def resized(self, capacity: float) -> QuotaBucket:
        """With another capacity and the same amount missing."""
        return QuotaBucket(capacity, self.window_s, min(capacity, max(0.0, capacity - self.missing)))

    @property
    def missing(self) -> float:
        """What was taken out and has not been refilled."""
        return 0.0 if math.isinf(self.capacity) else self.capacity - self.level


@dataclass(frozen=True)
class Quota:
    """The four buckets as of `at_s`, the reservations not charged yet, and until when the provider refuses
    requests.
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
    def full(cls, limits: QuotaLimits, now_s: float) -> Quota:
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


def filled(state: Quota, now_s: float) -> Quota:
    """The quota refilled up to a later moment."""
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


BUCKETS: Mapping[Bound, str] = {
    "requests_per_minute": "minute_requests",
    "tokens_per_minute": "minute_tokens",
    "requests_per_day": "day_requests",
    "tokens_per_day": "day_tokens",
}
