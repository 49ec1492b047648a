"""How long a server asks us to wait, in whatever form it says so."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from flows.knowledge import DAY_S

_LONGEST_TEXT = 2_000
_EPOCH_S = 1e9
"""A number from here on is a moment, in seconds since 1970; in milliseconds from a thousand times as much."""
UNITS_S = {
    "d": DAY_S,
    "h": 3_600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "ns": 1e-9,
}
_UNIT = (
    r"(?:(?P<ms>ms|msecs?|milliseconds?|millis)|(?P<us>[uµμ]s|microseconds?)|(?P<ns>ns|nanoseconds?)"
    r"|(?P<d>d|days?)|(?P<h>h|hrs?|hours?)|(?P<m>m|mins?|minutes?)|(?P<s>s|secs?|seconds?))(?![a-zµμ])"
)
_NUMBER = r"(?P<n>[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})"
_TERM = re.compile(rf"[\s,]*(?:and\s+)?{_NUMBER}\s*{_UNIT}", re.IGNORECASE)
_PLAIN = re.compile(r"\+?(\d{1,30}(?:\.\d{0,15})?|\.\d{1,15})", re.ASCII)
_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d):([0-5]\d(?:\.\d{1,9})?)", re.ASCII)
_ISO = re.compile(
    r"P(?:(\d{1,6}(?:\.\d{1,9})?)D)?(?:T(?:(\d{1,9}(?:\.\d{1,9})?)H)?(?:(\d{1,9}(?:\.\d{1,9})?)M)?"
    r"(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?",
    re.ASCII | re.IGNORECASE,
)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d(?:(?:T|\s+(?:at\s+)?)\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?\s?(?:Z|UTC|[+-]\d\d:?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_ADVICE = re.compile(
    r"(?:(?:re)?try(?:ing)?\b(?:\s+(?:it|this|that|your|the|request|again|later|once|more)\b){0,4}"
    r"\s*,?\s+(?:in|after|at)"
    r"|retry[-_ ]?(?:after|delay|in)(?:[-_ ]?(?:seconds|secs|s)\b)?\W{0,4}"
    r"|\bwait(?:ing)?(?:\s+(?:for|until|at\s+least))?"
    r"|\b(?:resets?|renews?|available|access)\b(?:\s+again)?\s+(?:in|at|on|after))"
    r"\s*(?:about|approximately|approx\.?|around|at\s+least|another|roughly|~)?\s*",
    re.IGNORECASE,
)
_ENDS = re.compile(r"\s*(?:$|[.,;:!?)\]}\"'](?!\d))")


def wait_s(text: str, now: datetime) -> float | None:
    """Seconds of a waiting time given alone: a number; a duration in Go's grammar, in words, as a clock or in
    ISO 8601; or a date, in any usual form or in seconds or milliseconds since 1970. Negative for a date in
    the past; None if it is not a waiting time.
    """
    text = text[:_LONGEST_TEXT].strip()
    if not text.isascii():
        text = text.replace("μ", "µ")
    if plain := _PLAIN.fullmatch(text):
        return _of_number(float(plain[1]), now)
    if clock := _CLOCK.fullmatch(text):
        return int(clock[1]) * 3600.0 + int(clock[2]) * 60.0 + float(clock[3])
    if (iso := _ISO.fullmatch(text)) and any(iso.groups()):
        days, hours, minutes, seconds = (float(part or 0) for part in iso.groups())
        return days * DAY_S + hours * 3_600 + minutes * 60 + seconds
    found, end = _terms(text, 0)
    if found is not None and not text[end:].strip(" ."):
        return found
    if moment := _MOMENT.fullmatch(text):
        return _until(moment[0], now)
    return _until_date(text, now)


def advised_wait_s(text: str, now: datetime) -> float | None:
    """Seconds of the longest wait that a text advises, such as “Please retry in 39.5s”; None if it advises
    none.
    """
    waits = []
    text = text[:_LONGEST_TEXT]
    for advice in _ADVICE.finditer(text):
        found, _ = _terms(text, advice.end())
        if found is None and (moment := _MOMENT.match(text, advice.end())):
            found = _until(moment[0], now)
        if found is None and "retry" in advice[0].lower() and (plain := _PLAIN.match(text, advice.end())):
            found = _of_number(float(plain[1]), now) if _ENDS.match(text, plain.end()) else None
        if found is not None and found >= 0:
            waits.append(found)
    return max(waits, default=None)


def _terms(text: str, at: int) -> tuple[float | None, int]:
    """The sum of the number-and-unit terms from a position on, such as “1 minute and 30 s”, and where they
    end.
    """
    seconds: float | None = None
    while (term := _TERM.match(text, at)) is not None and term.lastgroup in UNITS_S:
        seconds = (seconds or 0.0) + float(term["n"]) * UNITS_S[term.lastgroup]
        at = term.end()
    return (seconds if seconds is not None and math.isfinite(seconds) else None), at


def _of_number(number: float, now: datetime) -> float:
    if number < _EPOCH_S:
        return number
    return (number / 1000 if number >= 1000 * _EPOCH_S else number) - now.timestamp()


def _until(moment: str, now: datetime) -> float | None:
    plain = re.sub(r"\s+(?:at\s+)?(?=\d)", "T", moment.strip(), flags=re.IGNORECASE)
    try:
        until = datetime.fromisoformat(re.sub(r"\s?(?:UTC|Z)$", "+00:00", plain, flags=re.IGNORECASE))
        return ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, OverflowError):
        return None


def _until_date(text: str, now: datetime) -> float | None:
    try:
        until = parsedate_to_datetime(text)
        return ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
