"""Groq's limits of one model: four buckets that refill evenly, as the numbers in recorded headers and
messages show.

reset-tokens = (limit - remaining) * 60 / limit seconds, reset-requests = (limit - remaining) * 86400 / limit,
and "try again in" is the time until what is missing has come back (shared/facts/providers.md, 1.3).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

Bound = Literal["RPM", "TPM", "RPD", "TPD"]

NAMES: dict[Bound, str] = {
    "RPM": "requests per minute",
    "TPM": "tokens per minute",
    "RPD": "requests per day",
    "TPD": "tokens per day",
}
WINDOWS_S: dict[Bound, float] = {"RPM": 60.0, "TPM": 60.0, "RPD": 86_400.0, "TPD": 86_400.0}
_TOLD: dict[str, Bound] = {"requests": "RPD", "tokens": "TPM"}
ORDER: tuple[Bound, ...] = ("RPD", "TPD", "RPM", "TPM")
"""Which refusal is told when several bounds are reached."""


@dataclass(frozen=True)
class Limits:
    """What one model grants; None is no limit."""

    rpm: int | None = 30
    tpm: int | None = 8_000
    rpd: int | None = 1_000
    tpd: int | None = 200_000

    def of(self, bound: Bound) -> float:
        limit = asdict(self)[bound.lower()]
        return math.inf if limit is None else float(limit)


PLANS: dict[str, Limits] = {
    "free": Limits(),
    "developer": Limits(rpm=1_000, tpm=250_000, rpd=500_000, tpd=None),
    "unlimited": Limits(rpm=None, tpm=None, rpd=None, tpd=None),
}


@dataclass(frozen=True)
class Refusal:
    """Which bound is reached, with the numbers that the message tells."""

    bound: Bound
    limit: int
    used: int
    requested: int
    wait_s: float


class Bucket:
    """Holds at most `capacity`, infinite for no limit.

    May fall below empty when more was spent than was reserved.
    """

    def __init__(self, capacity: float, window_s: float, level: float, clock: Callable[[], float]) -> None:
        self.capacity, self.window_s = capacity, window_s
        self._level, self._clock, self._at = level, clock, clock()

    @property
    def level(self) -> float:
        now = self._clock()
        if not math.isinf(self.capacity):
            self._level = min(self.capacity, self._level + (now - self._at) * self.capacity / self.window_s)
        self._at = now
        return self._level

    def add(self, amount: float) -> None:
        self._level = min(self.capacity, self.level + amount)

    def wait_s(self, amount: float) -> float:
        missing = amount - self.level
        return 0.0 if missing <= 0 or math.isinf(self.capacity) else missing * self.window_s / self.capacity


class Limiter:
    """The four buckets of one model.

    A request reserves its prompt and its longest answer, and gets back what it did not use.
    """

    def __init__(
        self, limits: Limits, clock: Callable[[], float], *, minute_level: float = 1.0, day_level: float = 1.0
    ) -> None:
        self.limits = limits
        levels: dict[Bound, float] = {
            "RPM": minute_level,
            "TPM": minute_level,
            "RPD": day_level,
            "TPD": day_level,
        }
        self.buckets: dict[Bound, Bucket] = {}
        for bound in NAMES:
            capacity = limits.of(bound)
            # An infinite bucket is full whatever its share is: infinity times nothing is no number.
            self.buckets[bound] = Bucket(
                capacity,
                WINDOWS_S[bound],
                capacity if math.isinf(capacity) else capacity * levels[bound],
                clock,
            )

    def too_large(self, tokens: int) -> bool:
        return tokens > self.buckets["TPM"].capacity

    def admit(self, tokens: int) -> Refusal | None:
        """Reserve, or tell which bound is in the way; then nothing is reserved and nothing spent."""
        wanted: dict[Bound, int] = {"RPM": 1, "RPD": 1, "TPM": tokens, "TPD": tokens}
        for bound in ORDER:
            if self.buckets[bound].wait_s(wanted[bound]) > 1e-9:
                return self.refusal(bound, wanted[bound])
        for bound, amount in wanted.items():
            self.buckets[bound].add(-amount)
        return None

    def settle(self, reserved: int, charged: int) -> None:
        self.buckets["TPM"].add(reserved - charged)
        self.buckets["TPD"].add(reserved - charged)

    def refusal(self, bound: Bound, requested: int, *, wait_s: float | None = None) -> Refusal:
        """What a refusal says; `wait_s` for one that a fault plan orders though the bucket would grant."""
        bucket = self.buckets[bound]
        capacity = 8_000 if math.isinf(bucket.capacity) else bucket.capacity
        if wait_s is None:
            used, wait_s = capacity - bucket.level, bucket.wait_s(requested)
        else:
            used = capacity - requested + wait_s * capacity / bucket.window_s
        return Refusal(bound, int(capacity), math.ceil(max(0.0, used)), requested, wait_s)

    def headers(self) -> dict[str, str]:
        """The six headers: requests of the day and tokens of the minute, nothing of the other two bounds."""
        headers = {}
        for name, bound in _TOLD.items():
            bucket = self.buckets[bound]
            if math.isinf(bucket.capacity):
                continue
            remaining = max(0, math.floor(bucket.level + 1e-6))
            headers[f"x-ratelimit-limit-{name}"] = str(int(bucket.capacity))
            headers[f"x-ratelimit-remaining-{name}"] = str(remaining)
            headers[f"x-ratelimit-reset-{name}"] = go_duration(
                (bucket.capacity - remaining) * bucket.window_s / bucket.capacity, rounded=math.floor
            )
        return headers


def go_duration(seconds: float, *, rounded: Callable[[float], int] = math.ceil) -> str:
    """As Go prints a duration, to the millisecond: 547ms, 7.66s, 2m59.56s, 1h2m3.4s.

    Recorded headers are rounded down.
    """
    ms = rounded(round(seconds * 1000, 6))
    if ms <= 0:
        return "0s"
    if ms < 1000:
        return f"{ms}ms"
    hours, rest = divmod(ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    text = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text
