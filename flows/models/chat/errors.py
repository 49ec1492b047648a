"""Groq's refusals and failures as our errors: which limit, how long, which model is gone, what can be
salvaged.

Status codes and texts as in https://console.groq.com/docs/errors and recorded answers. A daily token limit
appears in the text only, while the headers keep reporting the healthy minute; 413 has the same code as 429.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx

from flows.boundary.waits import advised_wait_s, wait_s
from flows.core.quota import Seen
from flows.errors import (
    ConfigurationError,
    LearningError,
    MalformedOutput,
    ModelUnavailable,
    QuotaExhausted,
    RateLimited,
    Refused,
    RequestTooLarge,
)
from flows.knowledge import Bound, utc_now
from flows.models.chat.bodies import Told, read_body
from flows.models.chat.headers import LONGEST_S, read_headers, reset_s
from flows.models.chat.meanings import ROOM, meaning_of, true_status
from flows.settings import GROQ_KEYS_PAGE

if TYPE_CHECKING:
    import groq

    from flows.models.limiter import Reservation

MODELS_PAGE = "https://console.groq.com/docs/models"
GROQ = "Groq"
"""What messages call Groq's own server; another one is called by its host."""

_LIMIT = re.compile(r"\((RPM|RPD|TPM|TPD|ITPM|OTPM)\): Limit (\d{1,15})(?:, Used (\d{1,15}))?")
_DAY = re.compile(r"\bper[ _-]?day\b|\w+perday\w*|\bdaily\b", re.IGNORECASE)
_HOUR = re.compile(r"\bper[ _-]?hour\b|\bhourly\b", re.IGNORECASE)
_BOUNDS: Mapping[str, Bound] = {
    "RPM": "requests_per_minute",
    "RPD": "requests_per_day",
    "TPM": "tokens_per_minute",
    "TPD": "tokens_per_day",
}
_MINUTE_PAUSE_S = 2.0
"""Wait after a refusal that names no time."""
_DAY_PAUSE_S = 3600.0
_SHORT_S = 60.0
"""Shorter waits that are advised beside a day's limit, as by Google, are those of the minute."""
_CROWDED = frozenset({498, 503, 529})


class ModelGone(LearningError):
    """The provider does not offer this model, or not to this account: try the next one."""


class SchemaRefused(LearningError):
    """The provider rejects a strict schema for the answer: ask for plain JSON."""


class LimitReached(RateLimited):
    """A 429.

    `seen` is what its headers and text report about the limits; for a daily limit `seen.day_used_up_for_s` is
    set.
    """

    def __init__(self, message: str, seen: Seen) -> None:
        super().__init__(message, retry_after_s=seen.retry_after_s)
        self.seen = seen


class RoomLimited(RequestTooLarge):
    """The provider allows at most `limit` tokens for one answer of this model."""

    def __init__(self, message: str, limit: int) -> None:
        super().__init__(message)
        self.limit = limit


class Oversized(RequestTooLarge):
    """A 413, or a 429 that no wait helps. `seen` is what its text reports about the limit."""

    def __init__(self, message: str, seen: Seen) -> None:
        super().__init__(message)
        self.seen = seen


class Crowded(ModelUnavailable):
    """The provider is overloaded: send fewer requests at once."""


class Unanswered(ModelUnavailable):
    """No answer arrived, though the request may have been processed and billed."""


class Rejected(ConfigurationError):
    """The provider rejects the request for a reason that we do not know: a setting, if it never takes one."""


@dataclass(frozen=True)
class _Failure:
    status: int
    told: Told
    headers: Mapping[str, str]


def server_name(url: str) -> str:
    """What messages call the server at a base URL: Groq, or its host and port."""
    parsed = httpx.URL(url)
    if parsed.host == "groq.com" or parsed.host.endswith(".groq.com"):
        return GROQ
    return parsed.netloc.decode("ascii", "replace")


def translate(error: groq.APIError, server: str = GROQ) -> LearningError:
    """A failure of Groq's client, as an error to raise from it; `server` is its `server_name`. The texts
    contain no key.
    """
    import groq

    if isinstance(error, groq.APITimeoutError):
        return Unanswered(f"{server} did not answer in time")
    if isinstance(error, groq.APIStatusError):
        return _of_status(_read(error), server)
    if isinstance(error, groq.APIResponseValidationError):
        return ModelUnavailable(f"{server} did not answer with a completion")
    cause = _innermost(error)
    if isinstance(error.__cause__, httpx.ConnectError):
        return ModelUnavailable(f"Can't reach {server}: {cause}")
    return Unanswered(f"Lost the connection to {server}: {str(cause) or type(cause).__name__}")


def seen_in(told: Told, headers: Mapping[str, str]) -> Seen:
    """What a 429 reports: its headers, and the limit and waiting time in its fields and its text."""
    now = utc_now()
    seen = _with_limit(read_headers(headers), told)
    waits = [seen.retry_after_s, wait_s(told.wait, now), advised_wait_s(told.said, now)]
    longest = max((min(s, LONGEST_S) for s in waits if s is not None and s >= 0), default=None)
    if longest is None:
        longest = reset_s({**headers, **told.headers})
    said = f"{' '.join(told.codes)} {told.said}"
    if seen.refused in {"requests_per_day", "tokens_per_day"} or _HOUR.search(said):
        used_up_s = longest if longest is not None else _DAY_PAUSE_S
        if seen.refused_limit is None and used_up_s < _SHORT_S:
            used_up_s = _DAY_PAUSE_S
        return replace(seen, retry_after_s=None, day_used_up_for_s=used_up_s)
    return replace(seen, retry_after_s=longest if longest is not None else _MINUTE_PAUSE_S)


def note_failure(slot: Reservation, error: LearningError) -> None:
    """Tell the quota what a request that failed may have cost."""
    if isinstance(error, Oversized):
        slot.failed(0)
        slot.seen = error.seen
    elif isinstance(error, Unanswered):
        slot.failed(slot.spent, is_crowded=True)
    else:
        pause_s = error.retry_after_s if isinstance(error, ModelUnavailable) else None
        slot.failed(0, is_crowded=isinstance(error, Crowded), pause_s=pause_s)


def _with_limit(seen: Seen, told: Told) -> Seen:
    found = _LIMIT.search(told.said)
    if found is not None and found[1] in _BOUNDS:
        return replace(
            seen,
            refused=_BOUNDS[found[1]],
            refused_limit=int(found[2]),
            refused_used=int(found[3]) if found[3] else None,
        )
    said = f"{' '.join(told.codes)} {told.said}"
    if not _DAY.search(said):
        return seen
    return replace(seen, refused="tokens_per_day" if "token" in said.lower() else "requests_per_day")


def key_advice(server: str) -> str:
    """How to get a key that works, without a full stop."""
    return f"Create a new one at {GROQ_KEYS_PAGE}" if server == GROQ else f"Set a key of {server}"


def model_advice(server: str) -> str:
    """Which models there are, without a full stop."""
    return f"Choose one from {MODELS_PAGE}" if server == GROQ else f"Choose one of {server}"


def of_body(body: Mapping[str, Any], server: str = GROQ) -> LearningError:
    """The error that an answer with status 200 holds."""
    return _of_status(_Failure(200, read_body(body), {}), server)


def _of_status(failure: _Failure, server: str) -> LearningError:
    told, headers = failure.told, {**failure.told.headers, **failure.headers}
    status = true_status(failure.status, told)
    message = told.message or f"status {status}, no reason given"
    match meaning_of(status, told):
        case "no_credit":
            return QuotaExhausted(f"The account at {server} has no credit left: {message}")
        case "rate":
            return LimitReached(message, seen_in(told, headers))
        case "oversized":
            return Oversized(message, replace(_with_limit(read_headers(headers), told), retry_after_s=None))
        case "bad_key":
            return ConfigurationError(
                f"GROQ_API_KEY: {server} rejected the key. {key_advice(server)}, or unset it to use the"
                " lexicon."
            )
        case "blocked":
            return ConfigurationError(
                f"GROQ_API_KEY: {server} blocks this account or IP address: {message}. {key_advice(server)},"
                " or unset it to use the lexicon."
            )
        case "malformed":
            return MalformedOutput(message, salvage=told.salvage or "")
        case "gone":
            return ModelGone(message)
        case "address":
            return ConfigurationError(
                f"GROQ_BASE_URL: no Groq API at this address: {message}. Unset it to use the default."
            )
        case "filtered":
            return Refused(message)
        case "context":
            return RequestTooLarge(message)
        case "room":
            room = ROOM.search(told.said)
            return RoomLimited(message, int(room["limit"])) if room else RequestTooLarge(message)
        case "schema":
            return SchemaRefused(message)
        case "rejected":
            return Rejected(
                f"LEARN_WRITE_MODELS, LEARN_PROPOSE_MODELS: {server} rejected a request: {message}. Choose"
                " other models."
            )
    kind = Crowded if status in _CROWDED else ModelUnavailable
    waits = (read_headers(headers).retry_after_s, wait_s(told.wait, utc_now()))
    retry_after_s = next((min(s, LONGEST_S) for s in waits if s is not None and s >= 0), None)
    return kind(f"{server} answered {status}: {message}", retry_after_s=retry_after_s)


def _read(error: groq.APIStatusError) -> _Failure:
    return _Failure(
        status=error.status_code,
        told=read_body(error.body),
        headers={name.lower(): value for name, value in error.response.headers.items()},
    )


def _innermost(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
