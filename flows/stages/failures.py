"""Why words are given up, as values: each of our errors has its code."""

from __future__ import annotations

from flows.core.outcomes import LEXICON_NAME
from flows.errors import OutputError, QuotaExhausted, Refused, RequestTooLarge, TransientError
from flows.knowledge import Failure, FailureCode

NOT_DONE = Failure(code="not_done", text="not done")
TIME_LIMIT = Failure(code="time_limit", text="the time was up")
NO_ANSWER = Failure(code="no_answer", text="no answer")
NOT_IN_LEXICON = Failure(code="not_in_lexicon", text=f"not in the offline lexicon ({LEXICON_NAME})")
_CODES: tuple[tuple[type[Exception], FailureCode], ...] = (
    (QuotaExhausted, "quota_used_up"),
    (RequestTooLarge, "too_large"),
    (Refused, "refused"),
    (OutputError, "malformed"),
    (TransientError, "unavailable"),
    (TimeoutError, "timed_out"),
)


def failure_of(error: Exception) -> Failure:
    """Why the words that an error ended are not done."""
    code: FailureCode = next((code for kind, code in _CODES if isinstance(error, kind)), "not_done")
    return Failure(code=code, text=str(error))
