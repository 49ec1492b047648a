"""The HTTP headers in which Groq reports its limits, with durations in Go's grammar."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from flows.core.quota import Seen

_UNITS_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
_TERM = re.compile(r"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|μs|ns)", re.ASCII)
_COUNT = re.compile(r"\d{1,15}", re.ASCII)
"""As many digits as a float holds exactly."""
LONGEST_S = 2 * 86_400.0
"""The longest wait that is believed; the day's limits reset after one day."""
_PLAIN = re.compile(r"\d+\.?\d*|\.\d+", re.ASCII)


def read_headers(headers: Mapping[str, str]) -> Seen:
    """Parse `x-ratelimit-*` and `retry-after`; names in lower case.

    Unreadable values count as not reported.
    """

    def count(name: str) -> int | None:
        text = headers.get(f"x-ratelimit-{name}", "")
        return int(text) if _COUNT.fullmatch(text) else None

    def seconds(name: str) -> float | None:
        try:
            return min(parse_duration(headers[name]), LONGEST_S)
        except (KeyError, ValueError):
            return None

    return Seen(
        limit_requests_per_day=count("limit-requests"),
        remaining_requests=count("remaining-requests"),
        reset_requests_s=seconds("x-ratelimit-reset-requests"),
        limit_tokens_per_minute=count("limit-tokens"),
        remaining_tokens=count("remaining-tokens"),
        reset_tokens_s=seconds("x-ratelimit-reset-tokens"),
        retry_after_s=_retry_after_s(headers, seconds),
    )


def _retry_after_s(headers: Mapping[str, str], seconds: Callable[[str], float | None]) -> float | None:
    """Seconds of "retry-after", a duration or the date that it may be, or of "retry-after-ms"."""
    wait_s = seconds("retry-after")
    if wait_s is None and _PLAIN.fullmatch(ms := headers.get("retry-after-ms", "")):
        wait_s = float(ms) / 1000
    if wait_s is None:
        try:
            until = parsedate_to_datetime(headers.get("retry-after", ""))
            wait_s = until.timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(wait_s, LONGEST_S) if wait_s >= 0 else None


def parse_duration(text: str) -> float:
    """Seconds of a duration in Go's grammar without a sign, such as "2m59.56s", or of a plain number.

    Raises ValueError.
    """
    text = text.strip()
    with_units = f"{text}s" if _PLAIN.fullmatch(text) else text
    terms = _TERM.findall(with_units)
    seconds = sum(float(number) * _UNITS_S[unit] for number, unit in terms)
    if not terms or "".join(number + unit for number, unit in terms) != with_units or math.isinf(seconds):
        raise ValueError(f"{text[:40]!r} is not a duration")
    return seconds
