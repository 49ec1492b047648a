"""What goes in and out over HTTP, besides the documents of flows.knowledge."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StrictBool, WithJsonSchema

from flows.core.words import parse_word
from flows.errors import InvalidInput
from flows.knowledge import (
    Batch,
    Category,
    Citation,
    Depth,
    Document,
    Entry,
    FrontierWord,
    Job,
    Key,
    Mode,
    PartOfSpeech,
    Provenance,
    Relation,
    Round,
    Sense,
    Support,
    Usage,
)
from flows.knowledge.html import entry_html


def _a_word(text: str) -> str:
    try:
        return parse_word(text).text
    except InvalidInput as error:
        raise ValueError(f"{error.problem}. {error.remedy}".rstrip(".")) from None


def _plain(text: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError("It holds control characters")
    return text


GivenWord = Annotated[
    str,
    AfterValidator(_a_word),
    WithJsonSchema({"type": "string", "format": "word", "minLength": 1, "maxLength": 60, "examples": ["photosynthesis"]}),
]
Topic = Annotated[str, Field(max_length=200, description="Learn words near this one", json_schema_extra={"format": "topic"}), AfterValidator(_plain)]


def _iso(value: object) -> object:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        raise ValueError("It is not a moment such as 2030-01-31T12:00:00Z")
    return value


def _number(value: object) -> object:
    if isinstance(value, (bool, str)):
        raise ValueError("It is not a number")  # noqa: TRY004  pydantic takes this one
    return value


IsNumber = BeforeValidator(_number)
Moment = Annotated[AwareDatetime, BeforeValidator(_iso)]


class Request(BaseModel):
    """Base of all bodies: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class StartJob(Request):
    """What a quick or a deep job is to learn. Without words: what the knowledge base mentions most and does not know."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"mode": "quick", "words": ["photosynthesis", "chlorophyll"]}]})

    mode: Literal["quick", "deep"] = Field(description="quick defines words in seconds, deep goes into detail")
    words: Annotated[list[GivenWord], Field(max_length=500)] | None = None
    topic: Topic | None = None
    limit: Annotated[int, Field(ge=1, le=500), IsNumber] | None = Field(default=None, description="At most so many words, where none are given")

    def parameters(self) -> dict[str, Any]:
        """The flow's parameters, only those that were given."""
        return self.model_dump(mode="json", exclude={"mode"}, exclude_none=True)


class StartBigJob(Request):
    """How a big job is to learn; all of it may be left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"topic": "astronomy", "minutes": 10}]})

    topic: Topic | None = None
    minutes: Annotated[float, Field(gt=0, le=10), IsNumber] = Field(default=10, description="When to stop, in minutes of work")
    max_entries: Annotated[int, Field(ge=1, le=1_000_000), IsNumber] | None = Field(default=None, description="Stop after so many new entries")
    candidates_per_round: Annotated[int, Field(ge=1, le=5000), IsNumber] = Field(default=1000, description="Words proposed a round")
    words_per_round: Annotated[int, Field(ge=1, le=1000), IsNumber] = Field(default=200, description="New words taken up a round")

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


PlannedJob = Annotated[BigJob | StartJob, Field(discriminator="mode")]


class CancelJob(Request):
    """How to stop a job."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"drain": True}]})

    drain: StrictBool = Field(default=True, description="true: no new batch, what is in flight is finished and kept; false: at once")


class SignIn(Request):
    """What a browser shows to get a session."""

    token: SecretStr = Field(min_length=1, max_length=1000)


class Started(BaseModel):
    """A job that was started or is to go on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"job_id": "0199d0c4-5c54-7a52-9a4e-5a8f7a2f6d11"}]})

    job_id: UUID = Field(description="Id of the job: that of its flow run")


class Stopping(BaseModel):
    """A job that was told to stop."""

    job_id: UUID
    drain: bool = Field(description="Whether what is in flight is finished first")


class JobView(Job):
    """A job: its document, with what Prefect says of its run."""

    prefect_url: str | None = Field(default=None, description="Its page in Prefect's UI")
    state_name: str | None = Field(default=None, description="Prefect's name of its state; null where Prefect was not asked or does not know it")
    remaining_seconds: float | None = Field(default=None, description="Until its deadline, while it runs")
    is_stopping: bool = Field(default=False, description="Whether it was told to finish what is in flight and stop")


class JobList(Document):
    """A part of the jobs, newest first. `cursor` fetches the next part and is null at the end."""

    items: tuple[JobView, ...]
    cursor: str | None = None
    is_complete: bool = Field(default=True, description="false while Prefect does not answer: then jobs that have not begun are missing")


class RoundSummary(Document):
    """One round without its candidates. `verdicts` counts them."""

    number: int
    attempt: int
    model: str
    prompt_version: str
    candidates: int
    accepted: int
    verdicts: dict[str, int]
    batches: int
    usage: Usage
    created_at: datetime


class RoundList(Document):
    """A part of a job's rounds, in order. `cursor` is the `after` of the next part and null at the end."""

    items: tuple[RoundSummary, ...]
    cursor: int | None = None


class RoundView(Round):
    """One round: every candidate with its verdict, and what became of the words that were taken up."""

    results: tuple[Batch, ...] = ()


class HistoryEvent(Document):
    """Something that happened in a job."""

    id: str
    occurred: datetime
    kind: str
    text: str
    words: tuple[str, ...] = ()


class History(Document):
    """A part of a job's events, oldest first. `cursor` is the `after` of what comes next, also when it has not happened yet."""

    items: tuple[HistoryEvent, ...]
    cursor: str
    has_more: bool
    is_complete: bool = Field(default=True, description="false while Prefect does not answer: then its states are missing, and come later")


class EntryView(Document):
    """What is known of a word. At depth `defined` there is a definition only."""

    word: str
    key: Key
    depth: Depth
    definition: str
    part_of_speech: PartOfSpeech
    support: Support
    category: Category | None = None
    related_concepts: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()
    examples: tuple[str, ...] = ()
    senses: tuple[Sense, ...] = ()
    explanation: str | None = None
    applications: tuple[str, ...] = ()
    misconceptions: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    provenance: Provenance
    revision: int = 0
    created_at: datetime
    updated_at: datetime

    def _repr_html_(self) -> str:
        return entry_html(dict(self))


class EntryList(Document):
    """A part of the entries. `cursor` fetches the next part and is null at the end."""

    items: tuple[Entry, ...]
    cursor: str | None = None
    is_full_text: bool = Field(description="Whether the search looked into the texts, not only at the beginnings of the words")


class FrontierList(Document):
    """A part of the frontier, most mentioned first. `cursor` fetches the next part and is null at the end."""

    items: tuple[FrontierWord, ...]
    cursor: str | None = None


class Node(Document):
    """A word in a graph. `depth` is null for one that is not learned; `distance` counts the steps from the word that was asked for."""

    key: Key
    word: str
    depth: Depth | None = None
    category: Category | None = None
    distance: int


class Edge(Document):
    """A link from one word's entry to another word: `related`, or the name of the relation."""

    source: Key
    target: Key
    kind: str


class Graph(Document):
    """A word's neighbourhood. `is_cut` says that there was more than fits."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    is_cut: bool = False


class ScheduleView(Document):
    """When Prefect starts a job by itself."""

    id: UUID
    mode: Mode
    slug: str | None
    rule: str = Field(description="The cron line, the interval or the recurrence rule")
    timezone: str | None
    is_active: bool
    next_run_at: datetime | None = None


class ScheduleList(Document):
    """All schedules of the three deployments."""

    items: tuple[ScheduleView, ...]


class Health(BaseModel):
    """How the facade is. Without Prefect it is still ready: knowledge and finished jobs can be read."""

    status: Literal["ok"] = "ok"
    store: Literal["ok"] | None = None
    prefect: Literal["ok", "unreachable"] | None = None
    needs_token: bool | None = Field(default=None, description="Whether clients must know a token")
