"""Jobs: how they are started and stopped, and what readers see of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from flows.knowledge import (
    Document,
    Job,
    limits,
    utc_now,
)
from service.schemas.values import GivenWord, IsNumber, Request, Topic
from service.wording import reason_text


class _StartJob(Request):
    words: Annotated[list[GivenWord], Field(max_length=limits.MAX_GIVEN_WORDS)] | None = None
    topic: Topic | None = None
    limit: Annotated[limits.Limit, IsNumber] | None = Field(
        default=None, description="At most this many words, when no words are given"
    )

    def parameters(self) -> dict[str, Any]:
        """The flow's parameters, only those that were given."""
        return self.model_dump(mode="json", exclude={"mode"}, exclude_none=True)


class StartQuickJob(_StartJob):
    """What a quick job is to define, in seconds.

    Without words: what the knowledge base mentions most and does not know.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"mode": "quick", "words": ["photosynthesis", "chlorophyll"]}]}
    )

    mode: Literal["quick"]


class StartDeepJob(_StartJob):
    """What a deep job is to learn in detail.

    Without words: what other jobs left unfinished, or what the knowledge base mentions most.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"mode": "deep", "words": ["photosynthesis"], "minutes": 5}]}
    )

    mode: Literal["deep"]
    minutes: Annotated[limits.Minutes, IsNumber] | None = Field(
        default=None, description="When to stop, in minutes of work"
    )


StartJob = Annotated[StartQuickJob | StartDeepJob, Field(discriminator="mode")]


class StartBigJob(Request):
    """How a big job is to learn; all of it may be left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"topic": "astronomy", "minutes": 10}]})

    topic: Topic | None = None
    minutes: Annotated[limits.Minutes, IsNumber] = Field(
        default=limits.MAX_MINUTES, description="When to stop, in minutes of work"
    )
    max_entries: Annotated[limits.MaxEntries, IsNumber] | None = Field(
        default=None, description="Stop after this many new entries"
    )
    candidates_per_round: Annotated[limits.CandidatesPerRound, IsNumber] = Field(
        default=limits.CANDIDATES_PER_ROUND, description="Words proposed per round"
    )
    words_per_round: Annotated[limits.WordsPerRound, IsNumber] = Field(
        default=limits.WORDS_PER_ROUND, description="New words learned per round, at most"
    )

    def parameters(self) -> dict[str, Any]:
        """The flow's parameters, only those that were given."""
        return self.model_dump(mode="json", exclude_unset=True, exclude_none=True)


class BigJob(StartBigJob):
    """A big job that is not started yet."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"mode": "big", "minutes": 10}]})

    mode: Literal["big"]

    def parameters(self) -> dict[str, Any]:
        """The flow's parameters, only those that were given."""
        return self.model_dump(mode="json", exclude={"mode"}, exclude_unset=True, exclude_none=True)


PlannedJob = Annotated[BigJob | StartQuickJob | StartDeepJob, Field(discriminator="mode")]


class CancelJob(Request):
    """How to stop a job."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"drain": True}]})

    drain: StrictBool = Field(
        default=True, description="true: no new batch, what is in flight is finished and kept; false: at once"
    )


class Started(BaseModel):
    """A job that was started or is to go on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"job_id": "0199d0c4-5c54-7a52-9a4e-5a8f7a2f6d11"}]}
    )

    job_id: UUID = Field(description="Id of the job: that of its flow run")


class Stopping(BaseModel):
    """A job that was told to stop."""

    job_id: UUID
    drain: bool = Field(description="Whether what is in flight is finished first")


class JobView(Job):
    """A job: its row, and what follows from it and the time."""

    prefect_url: str | None = Field(default=None, description="Its page in Prefect's UI")
    state_name: str | None = Field(
        default=None,
        description="Prefect's name of its state; null where it is not known",
    )
    remaining_seconds: float | None = Field(default=None, description="Until its deadline, while it runs")
    is_stopping: bool = Field(
        default=False, description="Whether it was told to finish what is in flight and stop"
    )

    @classmethod
    def of(
        cls,
        job: Job,
        *,
        prefect_url: str | None,
        confirmed_at: datetime | None = None,
        is_stopping: bool = False,
        now: datetime | None = None,
    ) -> JobView:
        """A job row as readers see it. `confirmed_at` is when it was last known to be so."""
        is_running = job.status == "running"
        until_deadline = (job.deadline_at - (now or utc_now())).total_seconds() if job.deadline_at else None
        errors = job.errors
        if job.reason is not None and job.status == "failed":
            errors = (*errors, reason_text(job.reason))
        return cls(
            **dict(job) | {"errors": errors, "confirmed_at": confirmed_at or job.confirmed_at},
            prefect_url=prefect_url,
            # the run tells its own end a moment before Prefect does
            state_name=job.state.name if job.state and job.state.is_final >= job.is_final else None,
            remaining_seconds=max(0.0, until_deadline) if is_running and until_deadline is not None else None,
            is_stopping=is_stopping and is_running,
        )


class JobList(Document):
    """A part of the jobs, newest first. `cursor` fetches the next part and is null at the end."""

    items: tuple[JobView, ...]
    cursor: str | None = None
    is_complete: bool = Field(
        default=True,
        description="false while Prefect does not answer: then jobs that have not begun are missing",
    )
