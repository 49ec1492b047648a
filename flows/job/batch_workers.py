"""The work on batches: each through the stages, several at once, recorded one by one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Collection, Sequence
from contextlib import suppress

from flows.core import entries as entry_rules
from flows.core.budget import RECENT_MARKS, Budget, Mark, batch_size, batches_at_once, words_per_s
from flows.errors import LearningError, OutputError, QuotaExhausted, TransientError
from flows.job.patience import patiently
from flows.job.prefect_events import Emitter
from flows.job.progress import ProgressTracker
from flows.job.stop_reason import StopReason
from flows.knowledge import Depth, Entry, Outcome, Stage
from flows.models.base import ClosedList, Paced
from flows.stages.batch import WordBatch
from flows.stages.deadline import DeadlineReached
from flows.stages.failures import TIME_LIMIT, failure_of
from flows.stages.resources import Resources
from flows.stages.stages import Stages

FAILURES_IN_A_ROW = 3
LATEST_SHOWN = 20


class BatchWorkers:
    """Takes batches through the stages. Each task that runs `work` handles one batch at a time."""

    def __init__(
        self,
        *,
        resources: Resources,
        stages: Stages,
        tracker: ProgressTracker,
        emitter: Emitter,
        budget: Budget,
        stop: StopReason,
        target: Depth,
        resumed_rounds: Collection[int] = (),
    ) -> None:
        self._resources = resources
        self._stages = stages
        self._tracker = tracker
        self._emitter = emitter
        self._budget = budget
        self._stop = stop
        self._target = target
        self._resumed_rounds = resumed_rounds
        self._queue: asyncio.Queue[WordBatch | None] = asyncio.Queue(maxsize=resources.settings.concurrency)
        self._queued_words = 0
        self._has_taken = asyncio.Event()
        self._size = resources.settings.batch_size
        self._words_done = 0
        self._marks: deque[Mark] = deque(maxlen=RECENT_MARKS)
        self.words_in_work = 0
        self._running = 0
        self._unheard: list[WordBatch] = []
        self._open: dict[int, int] = {}
        self._made: dict[int, list[Entry]] = {}
        self._durations_s: deque[float] = deque(maxlen=20)
        self._failures = 0
        self._silent: set[str] = set()
        self.newest: deque[Outcome] = deque(maxlen=LATEST_SHOWN)

    async def open_round(self, number: int, works: Sequence[WordBatch], made: Sequence[Entry] = ()) -> None:
        """Announce a round's batches, and what earlier attempts have done of them, before the batches are
        queued.
        """
        self._open[number] = len(works)
        self._made[number] = list(made)
        self.words_in_work += sum(len(work.words) for work in works)
        if not works:
            await self._close_round(number)

    def batch_size(self, *, most: int) -> int:
        """Words in the batches of the next round, by the pace of the latest ones; at most a whole round.

        Only the lexicon's batches grow: for a language model, a batch is one request, and speed comes from
        many at once.
        """
        least = self._resources.settings.batch_size
        if not isinstance(self._resources.model, ClosedList):
            return least
        self._size = batch_size(words_per_s(tuple(self._marks)), least=least, most=most)
        return self._size

    async def put(self, work: WordBatch | None) -> None:
        """Queue a batch as soon as there is room, unless the time is up; None ends one worker.

        There is room for as many words as the workers hold in batches of the least size, or for one batch.
        """
        settings = self._resources.settings
        words = len(work.words) if work is not None else 0
        with suppress(DeadlineReached):
            while (
                self._queued_words and self._queued_words + words > settings.concurrency * settings.batch_size
            ):
                self._has_taken.clear()
                await self._resources.deadline.guard(self._has_taken.wait())
            await self._resources.deadline.guard(self._queue.put(work))
            self._queued_words += words

    async def put_no_more(self) -> None:
        """Let the workers end when everything queued is done."""
        for _ in range(self._resources.settings.concurrency):
            await self.put(None)

    async def close(self) -> None:
        """Write the frontier of unfinished rounds."""
        for number in list(self._made):
            await self._close_round(number)

    async def count_unheard(self) -> None:
        """Count what was stored by a call that was cancelled before it returned."""
        for work in [work for work in self._unheard if work.batch is not None]:
            stored = await self._resources.store.batches(work.job_id, work.round_number)
            if any(row.number == work.number for row in stored):
                await self._account(work)

    async def _get(self) -> WordBatch | None:
        with suppress(DeadlineReached):
            work = await self._resources.deadline.guard(self._queue.get())
            self._queued_words -= len(work.words) if work is not None else 0
            self._has_taken.set()
            return work
        return None

    async def work(self) -> None:
        """Work on one batch after another until none is left."""
        loop = asyncio.get_running_loop()
        self._marks = self._marks or deque([Mark(loop.time(), 0)], maxlen=RECENT_MARKS)
        while (work := await self._get()) is not None:
            if not await self._may_start():
                continue
            started = loop.time()
            self._running += 1
            self._unheard.append(work)
            try:
                await self._work_on(work)
            finally:
                self._running -= 1
                self.words_in_work -= len(work.words)
                self._stop.changed.set()
            self._unheard.remove(work)
            if work.batch is not None:
                self._durations_s.append(loop.time() - started)
                self._words_done += len(work.words)
                self._marks.append(Mark(loop.time(), self._words_done))
                await self._account(work)

    async def _may_start(self) -> bool:
        """Whether there is time for one more batch. If recent batches were slow and it is doubtful, one
        worker at a time tries.
        """
        while self._stop.facts.begins_batches:
            active_s, durations = self._tracker.active_s, tuple(self._durations_s)
            has_room = self._running < self._most_at_once()
            if has_room and self._budget.may_start(active_s, durations):
                return True
            if not self._running:
                if self._budget.may_start(active_s, (min(durations, default=0.0),)):
                    return True
                self._stop.note(is_over=True)
            else:
                self._stop.changed.clear()
                with suppress(DeadlineReached):
                    await self._resources.deadline.guard(self._stop.changed.wait())
                if self._resources.deadline.is_reached:
                    self._stop.note(is_over=True)
        return False

    def _most_at_once(self) -> int:
        """Batches beyond what the model's quota allows would only wait while holding claims."""
        settings, model = self._resources.settings, self._resources.model
        most = batches_at_once(self._size, least=settings.batch_size, at_once=settings.concurrency)
        return min(most, model.batches_at_once) if isinstance(model, Paced) else most

    async def _work_on(self, work: WordBatch) -> None:
        try:
            await self._through_the_stages(work)
            self._failures = 0
        except QuotaExhausted as error:
            self._tracker.problem(str(error))
            self._stop.note(is_quota_used_up=True)
            if work.entries:
                work.failed |= {w.key: failure_of(error) for w in work.words}
                await self._give_up(work)
        except (
            TransientError,
            OutputError,
            TimeoutError,
        ) as error:  # the last is Prefect's, of a stage that waited too long
            self._failures += 1
            self._tracker.problem(f"Batch {work.label} was given up: {error}")
            if self._failures >= FAILURES_IN_A_ROW:
                raise LearningError(
                    f"{self._failures} batches failed in a row. The last error: {error}"
                ) from error
            work.failed |= {w.key: failure_of(error) for w in work.words}
            await self._give_up(work)

    async def _through_the_stages(self, work: WordBatch) -> None:
        resources = self._resources
        await self._recall(work)
        if not await self._stage("research", work, self._research(work)):
            return
        if not await self._stage("synthesize", work, self._stages.synthesize(work, resources)):
            return
        if (
            self._target != "defined"
            and not await self._stage("enrich", work, self._stages.enrich(work, resources))
            and work.entries
        ):
            work.failed = {w.key: TIME_LIMIT for w in work.todo} | work.failed
            await self._give_up(work)

    async def _stage(self, stage: Stage, work: WordBatch, doing: Awaitable[int | None]) -> bool:
        """Whether a stage finished in time; only then do its words count for it."""
        with suppress(DeadlineReached), self._tracker.stage(stage, len(work.todo)) as counted:
            work.tell = counted.so_far
            if await doing is None:
                raise DeadlineReached
            counted.done = work.came_out_of(stage)
            return True
        return False

    async def _research(self, work: WordBatch) -> int | None:
        """Skip the research if an earlier attempt has already defined all words."""
        if self._target != "deep" and len(work.definitions) == len(work.todo):
            return 0
        found = await self._stages.research(work, self._resources)
        if found is not None:
            self._tell_of_silent_sources(work)
        return found

    def _tell_of_silent_sources(self, work: WordBatch) -> None:
        """Report each unavailable source once per job."""
        for name, problem in work.silent.items():
            if name not in self._silent:
                self._silent.add(name)
                self._tracker.problem(f"Research continues without {name}, which is unavailable: {problem}")

    async def _recall(self, work: WordBatch) -> None:
        """Load what is already known about the words, so that it is not requested again."""
        if self._target != "deep" and work.round_number not in self._resumed_rounds:
            return
        keys = [w.key for w in work.todo]
        known = await self._resources.store.known(keys)
        work.definitions |= {key: k.definition for key, k in known.items()}
        work.entries |= dict(await self._resources.store.entries(keys))

    async def _give_up(self, work: WordBatch) -> None:
        work.batch = batch = work.row(at=self._resources.store.now())
        try:
            await patiently(lambda: work.write(batch, self._resources.store), for_s=10)
        except TransientError as error:
            self._tracker.problem(f"Could not record batch {work.label}: {error}")
            work.batch = None

    async def _account(self, work: WordBatch) -> None:
        if work.batch is None:
            return
        self._tracker.batch_done(work.batch)
        self.newest.extend(o for o in work.batch.outcomes if o.stored is not None)
        self._made[work.round_number].extend(work.entries.values())
        self._open[work.round_number] -= 1
        if self._open[work.round_number] == 0:
            await self._close_round(work.round_number)

    async def _close_round(self, number: int) -> None:
        """Once per round, write its frontier: concepts that its entries mention and nobody has learned."""
        entries = self._made.pop(number, [])
        if not entries:
            return
        mentions = entry_rules.unlearned(entries)

        async def add() -> None:
            await self._resources.store.add_to_frontier(mentions, at=self._resources.store.now())

        try:
            # after the deadline every second counts as work that the job was not given
            await patiently(add, for_s=0.5 if self._resources.deadline.is_reached else 2)
        except TransientError as error:
            self._tracker.problem(f"Could not write the frontier of round {number}: {error}")
        self._emitter.show_latest(self._tracker.job, entries[-LATEST_SHOWN:])
