"""Jobs: requests to start and stop them, and job views."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from pydantic.json_schema import SkipJsonSchema

from flows.knowledge import (
    Document,
    Job,
    limits,
)
from service.schemas.values import GivenTopic, GivenWord, IsNumber, Request
from service.wording import reason_text

_LIMIT = "Maximum number of words, if `words` is not given"


class _StartJob(Request):
    words: Annotated[list[GivenWord], Field(max_length=limits.MAX_GIVEN_WORDS)] | None = None
    topic: GivenTopic | None = None
    limit: Annotated[limits.WordLimit, IsNumber] | None = None

    def parameters(self) -> dict[str, Any]:
        """The flow's parameters that were given; the defaults are the flow's own."""
        return self.model_dump(mode="json", exclude={"mode"}, exclude_unset=True, exclude_none=True)


class StartQuickJob(_StartJob):
    """A quick job: defines words in seconds.

    Without `words` it takes those that entries mention most and that are not known.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"mode": "quick", "words": ["photosynthesis", "chlorophyll"]}]}
    )

    mode: Literal["quick"]
    limit: Annotated[limits.WordLimit, IsNumber] | None = Field(
        default=limits.QUICK_LIMIT, description=_LIMIT
    )


class StartDeepJob(_StartJob):
    """A deep job: learns words in detail.

    Without `words` it takes those that other jobs left unfinished, or those that entries mention most.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"mode": "deep", "words": ["photosynthesis"], "minutes": 5}]}
    )

    mode: Literal["deep"]
    limit: Annotated[limits.WordLimit, IsNumber] | None = Field(default=limits.DEEP_LIMIT, description=_LIMIT)
    minutes: Annotated[limits.Minutes, IsNumber] | None = Field(
        default=limits.MAX_MINUTES, description="Time limit in minutes of active work"
    )


StartJob = Annotated[StartQuickJob | StartDeepJob, Field(discriminator="mode")]


class StartBigJob(Request):
    """A big job. All fields are optional."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"topic": "astronomy", "minutes": 10}]})

    topic: GivenTopic | None = None
    minutes: Annotated[limits.Minutes, IsNumber] = Field(
        default=limits.MAX_MINUTES, description="Time limit in minutes of active work"
    )
    max_entries: Annotated[limits.MaxEntries, IsNumber] | None = Field(
        default=None, description="Stop after this many new entries"
    )
    candidates_per_round: Annotated[limits.CandidatesPerRound, IsNumber] = Field(
        default=limits.CANDIDATES_PER_ROUND, description="Number of words to propose per round"
    )
    words_per_round: Annotated[limits.WordsPerRound, IsNumber] = Field(
        default=limits.WORDS_PER_ROUND, description="Maximum number of new words to learn per round"
    )

    def parameters(self) -> dict[str, Any]:
        """The flow's parameters that were given."""
        return self.model_dump(mode="json", exclude_unset=True, exclude_none=True)


class BigJob(StartBigJob):
    """A big job to estimate."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"mode": "big", "minutes": 10}]})

    mode: Literal["big"]

    def parameters(self) -> dict[str, Any]:
        """The flow's parameters that were given."""
        return self.model_dump(mode="json", exclude={"mode"}, exclude_unset=True, exclude_none=True)


PlannedJob = Annotated[BigJob | StartQuickJob | StartDeepJob, Field(discriminator="mode")]


class CancelJob(Request):
    """How to stop a job."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"drain": True}]})

    drain: StrictBool = Field(
        default=True,
        description="true: finish the work in flight and keep the results; false: stop immediately",
    )


class Started(BaseModel):
    """A job that was started or restarted."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"job_id": "0199d0c4-5c54-7a52-9a4e-5a8f7a2f6d11"}]}
    )

    job_id: UUID = Field(description="The job's id, which is also its flow run's id")
    did: Literal["started", "retried", "rescheduled", "starting"] = Field(
        default="started",
        description=(
            "What was done. retried: an ended job continues. rescheduled: a waiting job, or one that a worker"
            " took but did not start, is queued again. starting: its process is already starting"
        ),
    )


class Stopping(BaseModel):
    """A job that is stopping."""

    job_id: UUID
    drain: bool = Field(description="Whether the work in flight is finished first")
    did: Literal["draining", "cancelling", "cancelled", "ended"] = Field(
        default="draining",
        description=(
            "What was done. draining: it finishes the work in flight. cancelling: it is being stopped."
            " cancelled: it had not started, and has ended. ended: its process was already gone"
        ),
    )


class JobView(Job):
    """A job: its row, and fields derived from it."""

    process: SkipJsonSchema[Any] = Field(default=None, exclude=True)
    """Internal; never sent to clients."""
    prefect_url: str | None = Field(default=None, description="URL of the run in Prefect's UI")
    state_name: str | None = Field(
        default=None,
        description="Name of the Prefect state; null if unknown",
    )
    remaining_seconds: float | None = Field(
        default=None, description="Seconds until the deadline, while the job runs"
    )
    is_stopping: bool = Field(
        default=False, description="Whether the job is finishing its work in flight before it stops"
    )

    @classmethod
    def of(
        cls,
        job: Job,
        *,
        prefect_url: str | None,
        confirmed_at: datetime | None = None,
        is_stopping: bool = False,
        now: datetime,
    ) -> JobView:
        """A job row as readers see it. `confirmed_at` is when it was last known to be current, `now` the time
        by the store's clock.
        """
        is_running = job.status == "running"
        until_deadline = (job.deadline_at - now).total_seconds() if job.deadline_at else None
        errors = job.errors
        if job.reason is not None and job.is_final:
            errors = (*errors, reason_text(job.reason))
        return cls(
            **dict(job)
            | {"errors": errors, "confirmed_at": confirmed_at or job.confirmed_at, "process": None},
            prefect_url=prefect_url,
            # a run tells its beginning and its end a moment before Prefect's state arrives
            state_name=job.state.name if job.state and job.state.status == job.status else None,
            remaining_seconds=max(0.0, until_deadline) if is_running and until_deadline is not None else None,
            is_stopping=is_stopping and is_running,
        )


class JobList(Document):
    """One page of jobs, newest first. `cursor` fetches the next page and is null on the last page."""

    items: tuple[JobView, ...]
    cursor: str | None = None
    is_complete: bool = Field(
        default=True,
        description="false while Prefect does not respond: jobs that have not started may be missing",
    )
