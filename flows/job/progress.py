"""The job document and its numbered log, kept true while a flow runs: stored each second, then told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from flows.core import counting, diversity, outcomes, progress, selection
from flows.core.budget import Budget
from flows.job.logs import job_logger
from flows.job.patience import patiently
from flows.job.prefect_events import Emitter
from flows.knowledge import (
    Batch,
    EndReason,
    ErrorCode,
    Forecast,
    Job,
    JobEvent,
    JobStatus,
    ModelKind,
    ProviderTrouble,
    QuotaLeft,
    Round,
    Stage,
    StageCounts,
    Verdict,
)
from flows.knowledge.events import EventKind
from flows.stores.base import Store

OnProgress = Callable[[Job, Sequence[JobEvent]], None]

ERRORS_KEPT = 20
END_S = 30.0
"""How long after its work an attempt tries again to write its end, all writes together."""
FORGIVEN_S = 5.0

_watch: ContextVar[OnProgress | None] = ContextVar("learning_watch", default=None)


@contextmanager
def reporting_to(watch: OnProgress) -> Generator[None]:
    """Call `watch` in the event loop with the job document and the new events, about once a second and at the
    end of a flow.
    """
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


class StageWork:
    """A batch in one stage. `done` is how many of its words have left the stage: all, unless the stage
    reports fewer.
    """

    def __init__(self, words: int, count: Callable[[int], None]) -> None:
        self.done = words
        self.told = 0
        self._words = words
        self._count = count

    def so_far(self, came_out: int) -> None:
        """Count this many of the words as done while the stage goes on with the others."""
        came_out = max(self.told, min(came_out, self._words))
        self._count(came_out - self.told)
        self.told = came_out


class ProgressTracker:
    """Owns the document and the log of one attempt of a job. Create it by `flows.job.tracking`."""

    def __init__(self, job: Job, *, store: Store, budget: Budget, emitter: Emitter) -> None:
        self._job = job
        self.holds_claims = False  # could not be released: somebody must settle the job after its end
        self.quota: Callable[[], tuple[QuotaLeft, ...]] = tuple
        """What is left of the model's quota."""
        self.troubles: Callable[[], tuple[ProviderTrouble, ...]] = lambda: job.troubles
        """What failed at the model and the sources."""
        self._store = store
        self._budget = budget
        self._emitter = emitter
        self._watch = _watch.get()
        self._active_before_s = job.active_seconds
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._stopped_s: float | None = None
        self._ends_by = 0.0
        self.is_at_work = True
        self._told = 0
        self._pending: list[JobEvent] = []
        self._saved: Job | None = None
        self._flushing = asyncio.Lock()
        self._times_proposed: Counter[str] = Counter()
        self._left: dict[str, str] = {}
        self._failure: asyncio.Future[None] = self._loop.create_future()
        self._log = job_logger()

    @property
    def job(self) -> Job:
        """The document as it is now."""
        return self._job.model_copy(
            update={
                "active_seconds": round(self.active_s, 3),
                "quota": self.quota(),
                "troubles": self.troubles(),
                "progress": progress.percent(
                    active_s=self.active_s,
                    limit_s=self._budget.limit_s,
                    stored=self._job.counts.stored,
                    max_entries=self._budget.max_entries,
                    is_final=self._job.run_status == "completed",
                ),
            }
        )

    @property
    def active_s(self) -> float:
        """Seconds that this job has worked, over all its attempts."""
        if self._stopped_s is not None:
            return self._stopped_s
        return self._active_before_s + self._loop.time() - self._started

    def event(self, kind: EventKind, text: str, *, words: Sequence[str] = ()) -> None:
        """Add a line to the log; it is stored at the next tick."""
        self._told += 1
        attempt, at = self._job.attempt, self._store.now()
        id_ = f"{attempt}.{self._told}"
        line = JobEvent(attempt=attempt, id=id_, kind=kind, text=text, words=tuple(words), occurred=at)
        self._pending.append(line)

    def written_by(self, model: str, kind: ModelKind) -> None:
        """Record the model that writes in the document: its name and its kind."""
        self._job = self._job.model_copy(update={"model": model, "model_kind": kind})

    def problem(self, text: str) -> None:
        """Record an error in the document and the log."""
        self._log.warning(text)
        self._job = self._job.model_copy(update={"errors": (*self._job.errors, text)[-ERRORS_KEPT:]})
        self.event("job.problem", text)

    def trouble(self, trouble: ProviderTrouble) -> None:
        """Report the first failed request of its kind; the document counts the others."""
        kind = trouble.code.replace("_", " ")
        text = f"{trouble.provider}: a request failed ({kind}): {trouble.last_reason}"
        self._log.warning(text)
        self.event("job.problem", text)

    def recount(self, rounds: Sequence[Round], batches: Sequence[Batch]) -> None:
        """Take the counts from the rows of earlier attempts, which are authoritative."""
        for round_ in rounds:
            self._update_forecast(round_)
        self._job = counting.recounted(self._job, rounds, batches)
        self._left = counting.left_words(rounds, batches)

    @contextmanager
    def stage(self, stage: Stage, words: int) -> Generator[StageWork]:
        """Count words as in flight in a stage, and as done, but for those given up, when it ends well."""
        self._count(stage, in_flight=words)
        work = StageWork(words, lambda more: self._count(stage, in_flight=-more, done=more))
        try:
            yield work
        except BaseException:
            self._count(stage, in_flight=work.told - words, done=-work.told)
            raise
        self._count(stage, in_flight=work.told - words, done=work.done - work.told)

    def _count(self, stage: Stage, *, in_flight: int = 0, done: int = 0) -> None:
        now = self._job.stages.get(stage, StageCounts())
        changed = StageCounts(done=now.done + done, in_flight=now.in_flight + in_flight)
        self._job = self._job.model_copy(update={"stages": {**self._job.stages, stage: changed}})

    def round_proposed(self, round_: Round) -> None:
        """Take note of a recorded round."""
        proposed = self._job.counts.proposed
        self._job = counting.with_round(self._job, round_)
        self._left |= counting.left_words([round_], ())
        # candidates that wait for the next round are in it again
        self._count("propose", done=self._job.counts.proposed - proposed)
        self._update_forecast(round_)
        accepted = [c.text for c in round_.candidates if c.verdict is Verdict.ACCEPTED]
        rejected = [c for c in round_.candidates if c.verdict not in {Verdict.ACCEPTED, Verdict.POSTPONED}]
        postponed = len(round_.candidates) - len(accepted) - len(rejected)
        text = progress.round_text(round_.number, len(accepted), postponed, len(rejected))
        self._log.info(text)
        self.event("round.proposed", text)
        if rejected:
            shown = "; ".join(f"{c.text[:40]} ({c.reason})" for c in rejected[:3])
            self.event(
                "word.rejected",
                f"{len(rejected):,} rejected in round {round_.number}: {shown}",
                words=[c.text for c in rejected[:100]],
            )

    def _update_forecast(self, round_: Round) -> None:
        asked = [c for c in round_.candidates if c.cell is not None and c.verdict not in selection.MALFORMED]
        if asked:
            self._times_proposed.update(c.key for c in asked)
            forecast = Forecast(
                words_left=diversity.words_left(self._times_proposed.values()),
                new_share=round(selection.counts_of(asked).unseen / len(asked), 3),
            )
            self._job = self._job.model_copy(update={"forecast": forecast})

    def batch_done(self, batch: Batch) -> None:
        """Take note of a recorded batch."""
        self._job = counting.with_batch(self._job, batch)
        for outcome in batch.outcomes:
            self._left.pop(outcome.key, None)
        learned = [o.word for o in batch.outcomes if o.stored is not None]
        failed = [o for o in batch.outcomes if o.reason is not None]
        label = f"{batch.round}.{batch.number:02d}"
        if learned:
            text = f"{progress.format_count(len(learned), 'word')} learned in batch {label}"
            self.event("words.learned", text, words=learned)
        if failed:
            shown = "; ".join(f"{o.word} ({o.reason})" for o in failed[:3])
            self.event(
                "word.rejected",
                f"{progress.format_count(len(failed), 'word')} given up in batch {label}: {shown}",
                words=[o.word for o in failed],
            )

    async def failure(self) -> None:
        """Wait for an error that makes it impossible to continue, such as a newer attempt, and raise it."""
        await asyncio.shield(self._failure)

    def fail(self, error: BaseException) -> None:
        """Have `failure` raise."""
        if not self._failure.done():
            self._failure.set_exception(error)
            self._failure.exception()

    async def flush(self) -> None:
        """Store what is new, then notify the watchers."""
        async with self._flushing:
            job, events = self.job, tuple(self._pending)
            if self._saved is not None and not events and _same(job, self._saved):
                return
            job = job.model_copy(update={"updated_at": self._store.now()})
            saved = await self._store.save_job(job, events)
            self._saved = job
            self._pending = self._pending[len(events) :]
        if self._watch is not None:
            self._watch(saved.job, saved.lines)
        self._emitter.tell(saved.job, saved.lines)

    def stop_clock(self) -> None:
        """Stop counting active time: the work has ended, and only recording it is left."""
        if self.is_at_work:
            self._stopped_s, self.is_at_work = self.active_s, False
            self._ends_by = self._loop.time() + END_S

    @property
    def left_to_end_s(self) -> float:
        """Seconds in which the end may still be tried again; it is always tried once."""
        return END_S if self.is_at_work else max(0.0, self._ends_by - self._loop.time())

    async def end(
        self,
        status: JobStatus,
        reason: EndReason,
        error: str | None = None,
        *,
        error_code: ErrorCode | None = None,
    ) -> Job:
        """Write the last document of this attempt, with retries: nothing corrects it later."""
        if error is not None:
            self.problem(error)
        self.stop_clock()
        self._job = self._job.model_copy(
            update={
                "status": status,
                "run_status": status,
                "end_reason": reason,
                "error_code": error_code,
                "finished_at": self._store.now(),
                "is_settled": not self.holds_claims,
                "stages": {stage: StageCounts(done=c.done) for stage, c in self._job.stages.items()},
            }
        )
        self._job = counting.with_left(self._job, self._left)
        learned, took = progress.format_count(self._job.counts.stored, "word"), self.active_s
        told = f"{status.capitalize()} ({reason}): {learned} learned in {progress.format_duration(took)}"
        self.event("job.ended", "; not learned: ".join(filter(None, (told, outcomes.in_short(self._job)))))
        await patiently(self.flush, for_s=self.left_to_end_s)
        return self.job


def _same(a: Job, b: Job) -> bool:
    """Whether only timestamps changed, by less than a restart tolerates."""
    ignored = {"updated_at", "active_seconds", "quota"}
    is_recent = abs(a.active_seconds - b.active_seconds) < FORGIVEN_S
    return is_recent and a.model_dump(exclude=ignored) == b.model_dump(exclude=ignored)
