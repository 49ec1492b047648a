"""What the service raises on purpose besides flows.errors, sorted by what the caller can do.

* LearningError
  x InvalidInput                 mend the input
    - NotFound                   ask for another thing: there is none of this name
    - Conflict                   it is there, and its state does not allow it
  x TransientError               try again later
    - PrefectUnavailable
    - TooMany                    more slowly: too many starts, exports or attempts at once
    - FacadeUnavailable          for clients: start the facade, or wait for it
  x AccessRefused                bring a token, or come from another page
  x UnexpectedAnswer             for clients: mend the address, or report it
"""

from __future__ import annotations

from uuid import UUID

from flows.errors import InvalidInput, LearningError, TransientError


class NotFound(InvalidInput):
    """There is no such job, round, word or schedule."""


class Conflict(InvalidInput):
    """What is asked for does not fit the state in which the thing is."""


class PrefectUnavailable(TransientError):
    """The Prefect API did not answer, or answered that it cannot now."""


class TooMany(TransientError):
    """The caller is over a limit; `retry_after_s` says in how many seconds there is room again."""


class FacadeUnavailable(TransientError):
    """The facade did not answer, or answered that it cannot now."""


class UnexpectedAnswer(LearningError):
    """What answered is not a facade, or not as one of this version does."""


class AccessRefused(LearningError):
    """The request may not be answered. `status` is 401 when a token would help, else 403."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def unknown_job(job_id: UUID) -> NotFound:
    """That there is no such job."""
    return NotFound("job_id", f"there is no job {job_id}", "GET /jobs lists those there are")
