"""Names of what happens in a job: in its numbered log and, with a prefix, on Prefect's event stream."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

EventKind = Literal[
    "job.started",
    "job.resumed",
    "job.progress",
    "job.stopping",
    "job.problem",
    "job.ended",
    "round.proposed",
    "words.learned",
    "word.rejected",
]

PREFECT_EVENT_PREFIX = "learning."
TAG = "learning"


def resource_id(job_id: UUID) -> str:
    """Prefect's resource id of a job's events."""
    return f"learning.job.{job_id}"


def mode_tag(mode: str) -> str:
    """The tag that a flow run of this mode carries."""
    return f"mode:{mode}"
