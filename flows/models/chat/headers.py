"""The HTTP headers in which Groq reports its limits, with durations in Go's grammar."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from flows.boundary.waits import UNITS_S, wait_s
from flows.core.quota import Seen
from flows.knowledge import DAY_S, utc_now

_UNITS_S = UNITS_S | {"µs": UNITS_S["us"], "μs": UNITS_S["us"]}
_TERM = re.compile(r"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|μs|ns)", re.ASCII)
_COUNT = re.compile(r"\d{1,15}", re.ASCII)
"""A float holds this many digits exactly."""
LONGEST_S = 2 * DAY_S
"""The longest wait that is believed; the day's limits reset after one day."""
_RESETS = ("x-ratelimit-reset", "x-ratelimit-reset-after", "ratelimit-reset")
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
        retry_after_s=_retry_after_s(headers),
    )


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds from "retry-after", in any of its forms, or from "retry-after-ms"."""
    asked = wait_s(headers.get("retry-after", ""), utc_now())
    if asked is None and _PLAIN.fullmatch(ms := headers.get("retry-after-ms", "")[:20].strip()):
        asked = float(ms) / 1000
    return min(asked, LONGEST_S) if asked is not None and asked >= 0 else None


def reset_s(headers: Mapping[str, str]) -> float | None:
    """Seconds until a limit is lifted, as servers that are not Groq's report it beside a refusal."""
    now = utc_now()
    spent = (
        f"{name.removesuffix('-remaining')}-reset"
        for name in headers
        if name.startswith("anthropic-ratelimit-") and name.endswith("-remaining") and headers[name] == "0"
    )
    found = (wait_s(headers.get(name, ""), now) for name in (*_RESETS, *spent))
    waits = [min(s, LONGEST_S) for s in found if s is not None and s >= 0]
    return max(waits, default=None)


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
