"""LearningClient: a running facade from Python, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self
from uuid import UUID, uuid4

from flows.core.estimate import Estimate
from flows.errors import InvalidInput
from flows.knowledge import Category, Depth, Entry, FrontierWord, JobStatus, Mode, StoreStats, Support
from service.client.http import TIMEOUT_S, Connection, path_of
from service.client.results import Results
from service.client.watch import PATIENCE_S, START, Watch
from service.exports.files import checked, whole_file
from service.exports.formats import Format
from service.schemas import (
    EntryList,
    EntryView,
    FrontierList,
    Graph,
    Health,
    History,
    HistoryEvent,
    JobFrame,
    JobList,
    JobView,
    RoundList,
    RoundSummary,
    RoundView,
    ScheduleList,
    ScheduleView,
    Started,
    Stopping,
)

if TYPE_CHECKING:
    from service.client.sync import SyncLearningClient

PAGE = 200
JobId = UUID | str


class LearningClient:
    """A facade between `async with` and its end: `LearningClient("http://127.0.0.1:8000")`, or the one that
    LEARN_URL names.

    `token` is LEARN_API_TOKEN where it is not given. Every call ends within `timeout_s` seconds, and raises:

    * InvalidInput for what cannot be used; NotFound and Conflict are such
    * AccessRefused for a token that is missing or wrong
    * TooMany and FacadeUnavailable, to be tried again; `retry_after_s` is the facade's advice
    * UnexpectedAnswer when what answers is no facade of this version
    """

    def __init__(
        self, url: str | None = None, *, token: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._connection = Connection(url, token=token, timeout_s=timeout_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @classmethod
    def sync(
        cls, url: str | None = None, *, token: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> SyncLearningClient:
        """The same without `await`, for scripts; it works inside Jupyter's running loop too."""
        from service.client.sync import SyncLearningClient

        return SyncLearningClient(url, token=token, timeout_s=timeout_s)

    @property
    def url(self) -> str:
        """The facade's address."""
        return self._connection.url

    async def close(self) -> None:
        """Close all connections."""
        await self._connection.close()

    async def start(
        self,
        mode: Literal["quick", "deep"],
        words: Sequence[str] | None = None,
        *,
        topic: str | None = None,
        limit: int | None = None,
        minutes: float | None = None,
        idempotency_key: str | None = None,
    ) -> Started:
        """Start a quick or a deep job; without words it learns what the knowledge base mentions most and does
        not know. `minutes` is for deep jobs.
        """
        body = {
            "mode": mode,
            "words": list(words) if words is not None else None,
            "topic": topic,
            "limit": limit,
            "minutes": minutes,
        }
        return await self._start("/jobs/start", body, idempotency_key)

    async def start_big(
        self,
        *,
        topic: str | None = None,
        minutes: float | None = None,
        max_entries: int | None = None,
        candidates_per_round: int | None = None,
        words_per_round: int | None = None,
        idempotency_key: str | None = None,
    ) -> Started:
        """Start a big job: ten minutes, unless told otherwise.

        The same key starts one job, however often it is sent.
        """
        body = {
            "topic": topic,
            "minutes": minutes,
            "max_entries": max_entries,
            "candidates_per_round": candidates_per_round,
            "words_per_round": words_per_round,
        }
        return await self._start("/jobs/start_big", body, idempotency_key)

    async def estimate(self, mode: Mode, **parameters: Any) -> Estimate:  # noqa: ANN401  as start and start_big take them
        """What such a job would bring and cost, and what limits it, before it is started.

        `parameters` are those of starting it.
        """
        return await self._connection.ask(
            Estimate, "POST", "/jobs/estimate", json=_given({"mode": mode, **parameters})
        )

    async def jobs(
        self,
        *,
        status: JobStatus | Sequence[JobStatus] = (),
        mode: Mode | None = None,
        since: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Results[JobView]:
        """The jobs, newest first, wherever they were started."""
        given = {
            "status": [status] if isinstance(status, str) else list(status),
            "mode": mode,
            "since": since.isoformat() if since else None,
        }
        found: Results[JobView] = Results(cursor=cursor)
        while len(found) < limit:
            part = await self._page(JobList, "/jobs", given, cursor=found.cursor, limit=limit - len(found))
            found.extend(part.items)
            found.cursor, found.is_complete = part.cursor, found.is_complete and part.is_complete
            if found.cursor is None:
                break
        return found

    async def job(self, job_id: JobId) -> JobView:
        """One job as it is now."""
        return await self._connection.ask(JobView, "GET", path_of("jobs", _id(job_id)))

    async def cancel(self, job_id: JobId, *, now: bool = False) -> Stopping:
        """Stop a job: after what is in flight, or at once.

        Asking again changes nothing; Conflict when it has ended.
        """
        return await self._connection.ask(
            Stopping, "POST", path_of("jobs", _id(job_id), "cancel"), json={"drain": not now}
        )

    async def retry(self, job_id: JobId) -> Started:
        """Run a failed, crashed or cancelled job again, under the same id, from where it stopped."""
        return await self._connection.ask(
            Started, "POST", path_of("jobs", _id(job_id), "retry"), may_repeat=False
        )

    async def rounds(self, job_id: JobId) -> Results[RoundSummary]:
        """All rounds of a job, in order, without their candidates."""
        found: Results[RoundSummary] = Results()
        after: int | None = 0
        while after is not None:
            part = await self._connection.ask(
                RoundList, "GET", path_of("jobs", _id(job_id), "rounds"), params={"after": after, "limit": 50}
            )
            found.extend(part.items)
            after = part.cursor
        return found

    async def round(self, job_id: JobId, number: int) -> RoundView:
        """One round: every candidate with its verdict, and what became of the words."""
        return await self._connection.ask(RoundView, "GET", path_of("jobs", _id(job_id), "rounds", number))

    async def events(
        self, job_id: JobId, *, after: str | None = None, limit: int = 1000
    ) -> Results[HistoryEvent]:
        """What happened in a job, oldest first.

        The cursor is always there: ask with it, or watch, for what comes next.
        """
        found: Results[HistoryEvent] = Results(cursor=after)
        while len(found) < limit:
            part = await self._page(
                History,
                path_of("jobs", _id(job_id), "events"),
                {"after": found.cursor},
                limit=limit - len(found),
            )
            found.extend(part.items)
            found.cursor, found.is_complete = part.cursor, found.is_complete and part.is_complete
            if not part.has_more:
                break
        return found

    async def watch(
        self,
        job_id: JobId,
        *,
        after: str | None = None,
        from_start: bool = False,
        patience_s: float = PATIENCE_S,
    ) -> AsyncGenerator[JobFrame]:
        """Frames of a job until it has ended, the first at once: each event once, also when the facade is
        started again meanwhile.

        `after` is the cursor of a frame or of events, to go on there; `from_start` tells everything that
        happened. Where a proxy refuses WebSockets it asks once a second instead. Raises NotFound,
        AccessRefused, and FacadeUnavailable: at once when nobody answers at first, and after `patience_s`
        seconds of silence later.
        """
        watch = Watch(
            self._connection, UUID(_id(job_id)), after=START if from_start else after, patience_s=patience_s
        )
        async with aclosing(watch.frames()) as frames:
            async for frame in frames:
                yield frame

    async def knowledge(
        self,
        q: str = "",
        *,
        category: Category | str | None = None,
        job_id: JobId | None = None,
        support: Support | None = None,
        depth: Depth | None = None,
        cursor: str | None = None,
        limit: int | None = 200,
    ) -> Results[Entry]:
        """Entries, the newest first or, with a text to look for, the best first; `limit=None` fetches all."""
        given = {
            "q": q or None,
            "category": category,
            "job_id": str(job_id) if job_id else None,
            "support": support,
            "depth": depth,
        }
        found: Results[Entry] = Results(cursor=cursor)
        while limit is None or len(found) < limit:
            part = await self._page(
                EntryList,
                "/knowledge",
                given,
                cursor=found.cursor,
                limit=PAGE if limit is None else limit - len(found),
            )
            found.extend(part.items)
            found.cursor, found.is_full_text = part.cursor, part.is_full_text
            if found.cursor is None:
                break
        return found

    async def search(self, q: str, *, limit: int | None = 50, **filters: Any) -> Results[Entry]:  # noqa: ANN401  as knowledge takes them
        """Entries that a text is found in."""
        return await self.knowledge(q, limit=limit, **filters)

    async def entry(self, word: str) -> EntryView:
        """What is known of one word. Raises NotFound."""
        return await self._connection.ask(EntryView, "GET", path_of("entries", word))

    async def graph(self, word: str, *, depth: int = 1, limit: int = 100) -> Graph:
        """A word's neighbourhood: nodes and edges, `depth` steps far."""
        return await self._connection.ask(
            Graph, "GET", path_of("graph", word), params={"depth": depth, "limit": limit}
        )

    async def frontier(self, *, cursor: str | None = None, limit: int = 50) -> Results[FrontierWord]:
        """What entries mention and nobody has learned, most mentioned first."""
        found: Results[FrontierWord] = Results(cursor=cursor)
        while len(found) < limit:
            part = await self._page(
                FrontierList, "/frontier", {}, cursor=found.cursor, limit=limit - len(found)
            )
            found.extend(part.items)
            found.cursor = part.cursor
            if found.cursor is None:
                break
        return found

    async def stats(self) -> StoreStats:
        """Totals of the knowledge base."""
        return await self._connection.ask(StoreStats, "GET", "/knowledge/stats")

    async def health(self) -> Health:
        """Whether the facade, its store and Prefect are up."""
        return await self._connection.ask(Health, "GET", "/health/ready")

    async def schedules(self) -> Results[ScheduleView]:
        """When Prefect starts jobs by itself."""
        return Results((await self._connection.ask(ScheduleList, "GET", "/schedules")).items)

    async def pause_schedule(self, schedule_id: UUID | str) -> ScheduleView:
        """Let Prefect start nothing by this schedule for now."""
        return await self._connection.ask(
            ScheduleView, "POST", path_of("schedules", _id(schedule_id, "schedule_id"), "pause")
        )

    async def resume_schedule(self, schedule_id: UUID | str) -> ScheduleView:
        """Let Prefect start jobs by this schedule."""
        return await self._connection.ask(
            ScheduleView, "POST", path_of("schedules", _id(schedule_id, "schedule_id"), "resume")
        )

    async def export(
        self,
        file: str | PathLike[str],
        format: Format = "jsonl",  # noqa: A002  as the server has it
        *,
        may_overwrite: bool = False,
    ) -> int:
        """Write every entry to a file, as it comes; returns the bytes written.

        What is cut short leaves no file behind.
        """
        size = 0
        with whole_file(checked(str(file), may_overwrite=may_overwrite)) as output:
            async with self._connection.stream("/knowledge/export", params={"format": format}) as response:
                async for piece in response.aiter_bytes():
                    size += output.write(piece)
            output.flush()
        return size

    async def _start(self, path: str, body: dict[str, Any], idempotency_key: str | None) -> Started:
        # with a key of its own a start may be sent again when the connection breaks
        headers = {"Idempotency-Key": idempotency_key or f"client-{uuid4()}"}
        return await self._connection.ask(Started, "POST", path, json=_given(body), headers=headers)

    async def _page(
        self, type_: type[Any], path: str, given: dict[str, Any], *, cursor: str | None = None, limit: int
    ) -> Any:  # noqa: ANN401
        params = _given({**given, "cursor": cursor, "limit": min(PAGE, limit)})
        return await self._connection.ask(type_, "GET", path, params=params)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _id(value: UUID | str, field: str = "job_id") -> str:
    try:
        return str(value if isinstance(value, UUID) else UUID(value))
    except ValueError:
        raise InvalidInput(
            field, f"{value!r} is no id", "Give one as `jobs()` and `schedules()` have them"
        ) from None
