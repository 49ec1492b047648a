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
from flows.knowledge import Bound
from flows.models.chat.bodies import Told, read_body
from flows.models.chat.headers import LONGEST_S, parse_duration, read_headers

if TYPE_CHECKING:
    import groq

    from flows.models.limiter import Reservation

KEYS_PAGE = "https://console.groq.com/keys"
MODELS_PAGE = "https://console.groq.com/docs/models"
GROQ = "Groq"
"""What messages call Groq's own server; another one is called by its host."""

_LIMIT = re.compile(r"\((RPM|RPD|TPM|TPD|ITPM|OTPM)\): Limit (\d{1,15})(?:, Used (\d{1,15}))?")
_ROOM = re.compile(
    r"max_(?:completion_|output_|new_)?tokens\W.*?"
    r"(?:(?:less than or equal to|at most|maximum|exceeds?|up to|<=)\D{0,40}|\[\d+, ?|\d > )"
    r"(?P<limit>\d{2,7})\b",
    re.IGNORECASE,
)
_CONTEXT = re.compile(
    r"maximum context length|context window|context_length|context length|context size|context_size"
    r"|prompt is too long|input is too long|too many tokens|input token count"
    r"|reduce the length|context shift|tokens \+ `max_new_tokens",
    re.IGNORECASE,
)
_WAIT = re.compile(r"try again in ([\d.hmsuµn]+?)\.?(?:\s|$)")
_WAIT_IN_WORDS = re.compile(r"(?:again|retry) (?:in|after) (\d{1,6}(?:\.\d+)?) ?(second|minute|hour|day)s?\b")
_IN_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
_BAD_KEY = re.compile(
    r"invalid_api_key|(?:api|access) key (?:is )?(?:not valid|invalid|expired)|(?:invalid|incorrect) api key",
    re.IGNORECASE,
)
_NO_CREDIT = re.compile(
    r"insufficient_quota|exceeded your current quota|insufficient (?:balance|credits?|funds)"
    r"|credits? (?:are|is|have been) used up|out of credits?|credit balance is too low",
    re.IGNORECASE,
)
_UNFIT = re.compile(r"response[_ ]format|json_schema|structured outputs?|json mode", re.IGNORECASE)
_FILTERED = re.compile(
    r"content_filter|content_policy|content management policy|safety|moderation|prohibited_content"
    r"|data_inspection|inappropriate content",
    re.IGNORECASE,
)
_NOT_OFFERED = re.compile(
    r"\bmodel\b.*(?:does not exist|not found|decommissioned|deprecated|not a valid model|not available)"
    r"|(?:unknown|no such|not a valid) model",
    re.IGNORECASE,
)
_BAD_ANSWERS = frozenset({"json_validate_failed", "tool_use_failed", "output_parse_failed"})
_BAD_ANSWER = re.compile(r"failed_generation|failed to (?:parse tool call|generate json)", re.IGNORECASE)
_BOUNDS: Mapping[str, Bound] = {
    "RPM": "requests_per_minute",
    "RPD": "requests_per_day",
    "TPM": "tokens_per_minute",
    "TPD": "tokens_per_day",
}
_GONE = frozenset(
    {
        "model_not_found",
        "model_decommissioned",
        "model_not_active",
        "model_terms_required",
        "model_permission_blocked_project",
    }
)
_MINUTE_PAUSE_S = 2.0
"""Wait after a refusal that names no time."""
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
    """A 413. `seen` is what its text reports about the limit."""

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


def seen_in(message: str, headers: Mapping[str, str]) -> Seen:
    """What a 429 reports: its headers, and the limit and waiting time in its text."""
    seen = _with_limit(read_headers(headers), message)
    longest = max((s for s in (seen.retry_after_s, _wait_s(message)) if s is not None), default=None)
    if seen.refused in {"requests_per_day", "tokens_per_day"}:
        return replace(seen, retry_after_s=None, day_used_up_for_s=longest if longest is not None else 3600.0)
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


def _with_limit(seen: Seen, message: str) -> Seen:
    found = _LIMIT.search(message)
    if found is None or found[1] not in _BOUNDS:
        return seen
    return replace(
        seen,
        refused=_BOUNDS[found[1]],
        refused_limit=int(found[2]),
        refused_used=int(found[3]) if found[3] else None,
    )


def key_advice(server: str) -> str:
    """How to get a key that works, without a full stop."""
    return f"Create a new one at {KEYS_PAGE}" if server == GROQ else f"Set a key of {server}"


def model_advice(server: str) -> str:
    """Which models there are, without a full stop."""
    return f"Choose one from {MODELS_PAGE}" if server == GROQ else f"Choose one of {server}"


def of_body(body: Mapping[str, Any], server: str = GROQ) -> LearningError:
    """The error that an answer with status 200 holds."""
    error = body.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 502
    return _of_status(_Failure(status, read_body(body), {}), server)


def _of_status(failure: _Failure, server: str) -> LearningError:
    status, code = failure.status, failure.told.code
    message = failure.told.message or f"status {status}, no reason given"
    said = f"{code} {message}"
    if status in {402, 403, 429} and (status == 402 or _NO_CREDIT.search(said)):
        return QuotaExhausted(f"The account at {server} has no credit left: {message}")
    if status == 429:
        return LimitReached(message, seen_in(f"{message} try again in {failure.told.wait}", failure.headers))
    if status == 413:
        return Oversized(
            message, replace(_with_limit(read_headers(failure.headers), message), retry_after_s=None)
        )
    if status == 401 or (status in {400, 403} and _BAD_KEY.search(said)):
        return ConfigurationError(
            f"GROQ_API_KEY: {server} rejected the key. {key_advice(server)}, or unset it to use the lexicon."
        )
    if failure.told.salvage is not None or code in _BAD_ANSWERS or _BAD_ANSWER.search(message):
        return MalformedOutput(message, salvage=failure.told.salvage or "")
    if code in _GONE or (status in {400, 404, 410, 422} and _NOT_OFFERED.search(message)):
        return ModelGone(message)
    if status == 404:
        return ConfigurationError(
            f"GROQ_BASE_URL: no Groq API at this address: {message}. Unset it to use the default."
        )
    if status == 403:
        return ConfigurationError(
            f"GROQ_API_KEY: {server} blocks this account or IP address: {message}. {key_advice(server)}, or"
            " unset it to use the lexicon."
        )
    if _FILTERED.search(said):
        return Refused(message)
    if status in {400, 422, 500} and _CONTEXT.search(said):
        return RequestTooLarge(message)
    if status in {400, 422} and (room := _ROOM.search(message)) is not None:
        return RoomLimited(message, int(room["limit"]))
    if status in {400, 422} and _UNFIT.search(said):
        return SchemaRefused(message)
    if status in {400, 422} and failure.told.message:
        return Rejected(
            f"LEARN_WRITE_MODELS, LEARN_PROPOSE_MODELS: {server} rejected a request: {message}. Choose other"
            " models."
        )
    retry_after_s = read_headers(failure.headers).retry_after_s
    kind = Crowded if status in _CROWDED else ModelUnavailable
    return kind(f"{server} answered {status}: {message}", retry_after_s=retry_after_s)


def _read(error: groq.APIStatusError) -> _Failure:
    return _Failure(
        status=error.status_code,
        told=read_body(error.body),
        headers={name.lower(): value for name, value in error.response.headers.items()},
    )


def _wait_s(message: str) -> float | None:
    if (found := _WAIT_IN_WORDS.search(message)) is not None:
        return min(float(found[1]) * _IN_SECONDS[found[2]], LONGEST_S)
    found = _WAIT.search(message)
    try:
        return min(parse_duration(found[1]), LONGEST_S) if found else None
    except ValueError:
        return None


def _innermost(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
