"""Why words are given up, as values: each of our errors has its code."""

from __future__ import annotations

import logging

from flows.core.outcomes import LEXICON_NAME
from flows.core.words import printable
from flows.errors import OutputError, QuotaExhausted, Refused, RequestTooLarge, TransientError
from flows.knowledge import Failure, FailureCode

_log = logging.getLogger(__name__)

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


def unreadable(error: Exception) -> Failure:
    """Why words are not done whose answer, or page, broke what reads it."""
    _log.warning("A text from outside could not be read", exc_info=error)
    return Failure(
        code="unreadable", text=f"could not be read: {printable(str(error)) or type(error).__name__}"
    )


def failure_of(error: Exception) -> Failure:
    """Why the words that an error ended are not done."""
    code: FailureCode = next((code for kind, code in _CODES if isinstance(error, kind)), "not_done")
    return Failure(code=code, text=str(error))
