"""The service's own exceptions besides flows.errors, sorted by what the caller can do.

* LearningError
  x InvalidInput                 correct the input
    - NotFound                   ask for something else: this does not exist
    - Conflict                   it exists, but its state does not allow this
  x TransientError               try again later
    - PrefectUnavailable
    - TooMany                    slow down: too many starts, exports or sign-ins
    - FacadeUnavailable          for clients: start the server, or wait for it
  x AccessRefused                send a token, or use an allowed origin
  x UnexpectedAnswer             for clients: correct the URL, or report it
"""

from __future__ import annotations

from uuid import UUID

from flows.errors import InvalidInput, LearningError, TransientError
from flows.knowledge import RUN_DELETED_CODE


class NotFound(InvalidInput):
    """There is no such job, round, word or schedule."""


class Conflict(InvalidInput):
    """The current state does not allow the request."""


class PrefectUnavailable(TransientError):
    """Prefect's API did not respond, or is busy."""


class TooMany(TransientError):
    """The caller is over a limit; `retry_after_s` says when to try again."""


class FacadeUnavailable(TransientError):
    """The server did not respond, or is busy."""


class UnexpectedAnswer(LearningError):
    """The response did not come from a server of this version."""


class AccessRefused(LearningError):
    """The request is not allowed. `status` is 401 if a token would help, otherwise 403."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


IDEMPOTENCY_KEY = "Idempotency-Key"
"""The header with which a repeated start starts nothing."""
MUST_FAIL_AGAIN = "must_fail_again"
"""The code of a Conflict: a retry would fail as before."""


def unknown_job(job_id: UUID) -> NotFound:
    """The error for a job that does not exist."""
    return NotFound("job_id", f"no job with id {job_id}", "GET /jobs lists all jobs.")


def run_deleted(remedy: str) -> Conflict:
    """The error for a job whose run Prefect no longer knows."""
    return Conflict("job_id", "has no run in Prefect any more", remedy, code=RUN_DELETED_CODE)
