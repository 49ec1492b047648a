"""Jobs, their batches and their log."""

from __future__ import annotations

from html import escape
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from flows.knowledge.base import (
    FINAL_STATUSES,
    Bound,
    Document,
    EndReason,
    JobStatus,
    Mode,
    ModelKind,
    Stage,
    StartedBy,
    Usage,
)
from flows.knowledge.outcomes import ErrorCode, FailureCode, NamedOutcome, Outcome, OutcomeCode
from flows.knowledge.states import PrefectState, ProcessMark, Reason


class Batch(Document):
    """The outcomes for one batch of words: immutable, id = (job, round, number from 1)."""

    job_id: UUID
    round: int
    number: int = Field(ge=1)
    attempt: int
    outcomes: tuple[Outcome, ...]
    usage: Usage = Usage()
    created_at: AwareDatetime


class Counts(Document):
    """How many words of a job passed each gate. All fields count words except `rounds` and `batches`."""

    rounds: int = 0
    batches: int = 0
    proposed: int = 0
    valid: int = 0
    """Proposed words of valid form."""
    unseen: int = 0
    """Valid words that were not yet known."""
    accepted: int = 0
    """Unseen words that this job claimed."""
    stored: int = 0
    """Words that reached at least the job's target depth."""
    defined: int = 0
    """Words left at depth `defined` although the job's target is deeper."""
    failed: int = 0
    """Words that were given up."""


class StageCounts(Document):
    """How far one stage is: words done and words in progress.

    Done are words proposed, words looked up, words defined and words enriched; not those given up there.
    """

    done: int = 0
    in_flight: int = 0


class Forecast(Document):
    """What a language model can still contribute, judged by how often its words repeated in this job."""

    words_left: int = 0
    """Lower bound on the words it would still list: see flows.core.diversity.words_left."""
    new_share: float = 0.0
    """Share of unseen words among the valid ones in the latest round that asked it, 0 to 1."""


class QuotaLeft(Document):
    """What is left of one limit of a model's account."""

    model: str
    bound: Bound
    left: int
    limit: int


class ProviderTrouble(Document):
    """Requests of one model or source that failed for one kind of reason, whether or not a later try
    worked.
    """

    provider: str
    code: FailureCode
    count: int
    since: AwareDatetime
    last_at: AwareDatetime
    last_reason: str
    """The provider's own words."""


class Job(Document):
    """The job document: everything anyone needs to know about one flow run. `job_id` is the flow run's id."""

    job_id: UUID
    mode: Mode
    name: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    status: JobStatus = "queued"
    progress: int = Field(default=0, ge=0, le=100)
    total_tokens: int = 0
    """Words processed: those that were learned, and those that were given up."""
    last_round: int = 0
    counts: Counts = Counts()
    outcomes: dict[OutcomeCode, int] = Field(default_factory=dict)
    """How many candidates were rejected, and how many accepted words were given up, by reason code."""
    named_outcomes: tuple[NamedOutcome, ...] = ()
    """The first few words of each code in `outcomes`."""
    stages: dict[Stage, StageCounts] = Field(default_factory=dict)
    """Over all attempts: a new one starts with what earlier ones stored."""
    forecast: Forecast | None = None
    """None until a language model is asked for words."""
    usage: Usage = Usage()
    quota: tuple[QuotaLeft, ...] = ()
    """What is left for each model asked so far; empty if no quota applies."""
    troubles: tuple[ProviderTrouble, ...] = ()
    """Every retry, outage, timeout and refused request of a model or a source."""
    started_by: StartedBy | None = None
    """How it was started; `process` means that the flow was called directly, in a shell or a notebook.

    None in documents older than this field.
    """
    model: str | None = None
    """The model that writes, such as `wordnet-3.1`. None until it is open, and in older documents."""
    model_kind: ModelKind | None = None
    """Whether that is the lexicon or a language model. None until it is open, and in older documents."""
    errors: tuple[str, ...] = ()
    """The latest 20, newest last."""
    error_code: ErrorCode | None = None
    """Set if the job failed by its own parameters, so that a retry must fail too."""
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    deadline_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    active_seconds: float = 0.0
    end_reason: EndReason | None = None
    attempt: int = 0
    run_status: JobStatus | None = None
    """What the run's own process last reported: running, or how it ended. None before it starts.

    Also None in documents older than this field; there `status` is what the process reported.
    """
    process: ProcessMark | None = None
    """The process of the latest attempt. None in documents older than this field."""
    running_since: AwareDatetime | None = None
    """When Prefect first reported the latest attempt as running, by the clock of Prefect's server."""
    state: PrefectState | None = None
    """Prefect's state of the run, as last seen by the projector."""
    reason: Reason | None = None
    """Why a queued job has not started, or how a job ended whose process could not report it."""
    confirmed_at: AwareDatetime | None = None
    """When the projector last confirmed the document."""
    version: int = 0
    """How often the row has been written, counted by the store."""
    is_settled: bool = True
    """False while a job whose process died, or could not release them, still has stale counts or claims."""

    @property
    def is_final(self) -> bool:
        """Whether the job has ended."""
        return self.status in FINAL_STATUSES

    @property
    def must_fail_again(self) -> bool:
        """Whether the job failed by its own parameters, so that a retry must fail, too."""
        return self.status == "failed" and self.error_code is not None

    def _repr_html_(self) -> str:
        ended = f" ({self.end_reason})" if self.end_reason else ""
        rows = {
            "status": f"{self.status}{ended}",
            "progress": f"{self.progress} %",
            "words stored": f"{self.counts.stored:,}",
            "rounds": f"{self.last_round}",
            "job": f"{self.job_id}",
        }
        cells = "".join(
            f"<tr><th style='text-align:left'>{k}</th><td>{escape(v)}</td></tr>" for k, v in rows.items()
        )
        return f"<table><caption>{escape(self.name or self.mode)}</caption>{cells}</table>"


class JobEvent(Document):
    """One line of a job's log. `(attempt, seq)` orders the lines; seq counts from 1 in each attempt without
    gaps.

    The store numbers a line when storing it; `id` is assigned by the writer and stays the same on every
    resend.
    """

    attempt: int
    seq: int = Field(default=0, ge=0)
    """0 in a line that is not stored yet."""
    id: str = ""
    """Empty in lines older than this field: see `key`."""
    kind: str
    text: str
    words: tuple[str, ...] = ()
    occurred: AwareDatetime

    @property
    def key(self) -> str:
        """Identifies the line within its job."""
        return self.id or f"{self.attempt}.{self.seq}"


class QuotaUsage(Document):
    """What was requested of a model in one window of time, so that a restart remembers what the provider
    remembers.
    """

    model: str
    window: Literal["minute", "day"]
    started_at: AwareDatetime
    requests: int = 0
    tokens: int = 0


class StoreStats(Document):
    """Totals of a store."""

    known: int = 0
    entries: int = 0
    frontier: int = 0
    jobs: int = 0
    by_category: dict[str, int] = Field(default_factory=dict)
    by_depth: dict[str, int] = Field(default_factory=dict)
    by_support: dict[str, int] = Field(default_factory=dict)
