"""What Prefect is told of a job: events and artifacts, in the background and bounded, so that a slow server
never holds up the work.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from prefect.artifacts import (
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.events import emit_event

from flows.core import outcomes
from flows.core.progress import format_count
from flows.job.logs import job_logger
from flows.knowledge import Entry, Job, JobEvent, Outcome
from flows.knowledge.events import PREFECT_EVENT_PREFIX, resource_id

PROGRESS_EVERY_S = 5.0
CALL_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.5
QUEUE_SIZE = 8

Emission = Callable[[], Awaitable[Any]]


class Emitter(Protocol):
    """Receives a job's news as it happens. Only `aclose` may wait."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Send the rest, within a short time limit."""
        ...

    def tell(self, job: Job, events: Sequence[JobEvent]) -> None:
        """Send the current document and the new log lines."""
        ...

    def show_latest(self, job: Job, entries: Sequence[Entry]) -> None:
        """Show the latest entries."""
        ...

    def summarize(self, job: Job, *, newest: Sequence[Outcome] = ()) -> None:
        """Send the summary at the job's end."""
        ...


class Artifacts:
    """The artifacts of the current run, in Prefect."""

    def __init__(self) -> None:
        self._progress_id: UUID | None = None

    async def progress(self, percent: float, text: str) -> None:
        """Show how far the run is."""
        if self._progress_id is None:
            self._progress_id = await acreate_progress_artifact(percent, description=text)
        else:
            await aupdate_progress_artifact(self._progress_id, percent, description=text)

    async def table(self, rows: list[dict[str, Any]], *, key: str, text: str) -> None:
        """Show a table."""
        await acreate_table_artifact(rows, key=key, description=text)

    async def markdown(self, markdown: str, *, key: str, text: str) -> None:
        """Show a text."""
        await acreate_markdown_artifact(markdown, key=key, description=text)


class EventEmitter:
    """Tells Prefect.

    Every call is tried once, with a time limit; where the queue is full the newest news is dropped, since the
    store has it all.
    """

    def __init__(
        self,
        *,
        emit: Callable[..., object] = emit_event,
        artifacts: Artifacts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._emit = emit
        self._clock = clock
        self._artifacts = artifacts or Artifacts()
        self._queue: asyncio.Queue[Emission] = asyncio.Queue(maxsize=QUEUE_SIZE)
        self._worker: asyncio.Task[None] | None = None
        self._told_at = -math.inf

    async def __aenter__(self) -> Self:
        self._worker = asyncio.create_task(self._work(), name="emitter")
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._worker is None:
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._queue.join()
        except TimeoutError:
            job_logger().warning("Prefect is slow; the last artifacts of this run may be missing")
        finally:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    def tell(self, job: Job, events: Sequence[JobEvent]) -> None:
        """Emit what is new as Prefect events and bring the progress artifact up to date, that one at most
        every five seconds.
        """
        resource = {
            "prefect.resource.id": resource_id(job.job_id),
            "prefect.resource.name": job.name or job.mode,
        }
        for event in events:
            payload = {
                "attempt": event.attempt,
                "seq": event.seq,
                "id": event.id,
                "text": event.text,
                "words": list(event.words),
            }
            self._emit(PREFECT_EVENT_PREFIX + event.kind, resource, occurred=event.occurred, payload=payload)
        # the whole document, so that watchers need not read the store
        self._emit(f"{PREFECT_EVENT_PREFIX}job.progress", resource, payload=job.model_dump(mode="json"))
        now = self._clock()
        if job.is_final or now - self._told_at >= PROGRESS_EVERY_S:
            self._told_at = now
            text = f"{format_count(job.counts.stored, 'word')} learned · round {job.last_round}"
            self._put(lambda: self._artifacts.progress(float(job.progress), text))

    def show_latest(self, job: Job, entries: Sequence[Entry]) -> None:
        """Put the latest entries into the table artifact of the job."""
        rows = [
            {
                "word": e.word,
                "part of speech": e.part_of_speech,
                "category": e.category.value,
                "definition": e.definition,
                "related": ", ".join(e.related_concepts),
            }
            for e in entries
        ]
        if rows:
            text = f"The latest words, round {job.last_round}"
            self._put(lambda: self._artifacts.table(rows, key=f"words-{job.job_id}", text=text))

    def summarize(self, job: Job, *, newest: Sequence[Outcome] = ()) -> None:
        """Write the Markdown summary at the end of a job."""
        text = summary(job, newest=newest)
        self._put(
            lambda: self._artifacts.markdown(text, key=f"summary-{job.job_id}", text="What this job learned")
        )

    def _put(self, call: Emission) -> None:
        try:
            self._queue.put_nowait(call)
        except asyncio.QueueFull:
            job_logger().debug("Prefect is slow; skipped an artifact")

    async def _work(self) -> None:
        while True:
            call = await self._queue.get()
            try:
                async with asyncio.timeout(CALL_TIMEOUT_S):
                    await call()
            # an artifact is for people's eyes; no failure to write one may end a job
            except Exception as error:  # noqa: BLE001
                job_logger().warning(
                    "Could not write an artifact to Prefect: %s", str(error) or type(error).__name__
                )
            finally:
                self._queue.task_done()


def summary(job: Job, *, newest: Sequence[Outcome] = ()) -> str:
    """The job's story in Markdown."""
    counts = job.counts
    took = timedelta(seconds=round(job.active_seconds))
    lines = [
        f"# {format_count(counts.stored, 'word')} learned",
        "",
        f"Ended: **{job.end_reason or job.status}** after {took} of work, in {job.last_round} rounds.",
        "",
        "| gate | words |",
        "|---|---:|",
        f"| proposed | {counts.proposed:,} |",
        f"| well-formed | {counts.valid:,} |",
        f"| not known before | {counts.unseen:,} |",
        f"| accepted | {counts.accepted:,} |",
        f"| learned | {counts.stored:,} |",
        f"| definition only | {counts.defined:,} |",
        f"| given up | {counts.failed:,} |",
        "",
    ]
    if not_learned := outcomes.lines(job):
        lines += ["## Not learned", "", "| words | why | for example |", "|---:|---|---|"]
        lines += [
            f"| {line.count:,} | {line.text} | {_cell(', '.join(line.names))} |" for line in not_learned
        ]
        lines += [""]
    if advice := outcomes.helps(job):
        lines += [advice, ""]
    if newest:
        lines += ["Newest: " + ", ".join(o.word for o in newest) + ".", ""]
    if job.usage.requests:
        lines += [
            (
                f"Model use: {job.usage.requests:,} requests, {job.usage.tokens_in:,} tokens in,"
                f" {job.usage.tokens_out:,} out."
            ),
            "",
        ]
    if job.errors:
        lines += ["## Problems", "", *(f"- {error}" for error in job.errors), ""]
    lines += [
        f"Read a word with `learn show WORD`; export with `learn export words.jsonl`. Job `{job.job_id}`."
    ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
