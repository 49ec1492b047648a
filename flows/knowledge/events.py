"""Names of a job's events: in its numbered log and, with a prefix, on Prefect's event stream."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, cast, get_args
from uuid import UUID

from flows.knowledge import StartedBy

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
ABANDONED = "CutOff"
"""The name of the state of a stage that was abandoned at the job's deadline."""


def resource_id(job_id: UUID) -> str:
    """Prefect's resource id for a job's events."""
    return f"learning.job.{job_id}"


def end_message(reason: str, stored: int, *, not_learned: str = "") -> str:
    """The message of a run's final Prefect state, for people who look there. `not_learned` says what else
    became of its words.
    """
    learned = f"{reason}: {stored:,} {'word' if stored == 1 else 'words'} learned"
    return f"{learned}; not learned: {not_learned}" if not_learned else learned


def starter_tag(started_by: StartedBy) -> str:
    """The tag that records how a flow run was started."""
    return f"by:{started_by}"


def starter_of(tags: Collection[str], *, is_scheduled: bool, has_deployment: bool) -> StartedBy:
    """How a flow run was started, according to its tag or to Prefect."""
    for started_by in get_args(StartedBy):
        if starter_tag(started_by) in tags:
            return cast(StartedBy, started_by)
    return "schedule" if is_scheduled else "prefect" if has_deployment else "process"


def mode_tag(mode: str) -> str:
    """The tag of flow runs in this mode."""
    return f"mode:{mode}"
