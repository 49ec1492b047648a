"""Batches through the stages, several at once, until the budget ends: shared by all flows."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from flows.core import entries as entry_rules
from flows.core.budget import Budget
from flows.errors import LearningError, OutputError, QuotaExhausted, StaleAttempt, StoreFull, TransientError
from flows.knowledge import Batch, Depth, EndReason, Entry, Outcome, Round, Word, utc_now
from flows.models.base import Paced
from flows.publisher import Publisher
from flows.recorder import JobRecorder, patiently
from flows.resources import CutOff, Resources
from flows.stages import Work, enrich_entries, propose_round, research_words, synthesize_definitions
from flows.supply import Supply

CLAIM_GRACE = timedelta(seconds=60)
DRY_ROUNDS = 3
FAILURES_IN_A_ROW = 3
LATEST_SHOWN = 20
LAST_WORDS_S = 0.7
"""How long calls may take to notice that the time is up before they are cancelled."""


class Pipeline:
    """One run of a job's rounds. `run` says why it ended; `drain` and `abort` end it early."""

    def __init__(
        self,
        *,
        resources: Resources,
        recorder: JobRecorder,
        publisher: Publisher,
        supply: Supply,
        budget: Budget,
        target: Depth,
        words_per_round: int,
        rounds: Sequence[Round] = (),
        batches: Sequence[Batch] = (),
    ) -> None:
        self._resources = resources
        self._recorder = recorder
        self._publisher = publisher
        self._supply = supply
        self._budget = budget
        self._target = target
        self._words_per_round = words_per_round
        self._rounds = rounds
        self._batches = batches
        self._queue: asyncio.Queue[Work | None] = asyncio.Queue(maxsize=resources.settings.concurrency)
        self._reason: EndReason | None = None
        self._changed = asyncio.Event()
        self._in_work = 0
        self._running = 0
        self._proposing: int | None = None
        self._unheard: list[Work] = []
        self._open_batches: dict[int, int] = {}
        self._made: dict[int, list[Entry]] = {}
        self._durations_s: deque[float] = deque(maxlen=20)
        self._failures = 0
        self._silent: set[str] = set()
        self.newest: deque[Outcome] = deque(maxlen=LATEST_SHOWN)
        self.is_aborted = False

    def drain(self, *, grace_s: float | None = None) -> None:
        """Start no new batch; what is in flight is finished, within `grace_s` seconds where given."""
        self._end("stopped")
        if grace_s is not None:
            self._resources.cutoff.arm(grace_s)

    def abort(self) -> None:
        """Abandon what is in flight."""
        self.is_aborted = True
        self._end("stopped")
        self._resources.cutoff.fire()

    def _end(self, reason: EndReason) -> None:
        if self._reason is None:
            self._reason = reason
        self._changed.set()

    async def run(self) -> EndReason:
        """Work until the budget, the supply or a signal ends it. Raises what makes going on impossible."""
        cutoff = self._resources.cutoff
        cutoff.arm(self._budget.remaining_s(self._recorder.active_s))
        producer = asyncio.create_task(self._produce(), name="producer")
        consumers = [asyncio.create_task(self._consume(), name=f"consumer {i + 1}") for i in range(self._resources.settings.concurrency)]
        alarm = asyncio.create_task(cutoff.wait(), name="cutoff")
        doom = asyncio.create_task(self._recorder.doomed(), name="doom")
        work = asyncio.gather(producer, *consumers)
        try:
            first: set[asyncio.Future[Any]] = {work, alarm, doom}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if alarm.done() and not work.done():
                self._end("time limit")
                await asyncio.wait({work}, timeout=LAST_WORDS_S)
            if doom.done():
                doom.result()
            if work.done():
                work.result()
        finally:
            # whoever waits for room in the queue waits for the cutoff too
            cutoff.fire()
            tasks = [producer, *consumers, alarm, doom]
            for task in tasks:
                task.cancel()
            await asyncio.gather(work, *tasks, return_exceptions=True)
            with suppress(LearningError):
                await self._settle()
        if self._reason is None:
            self._reason = "all done"
        for number in list(self._made):
            await self._close_round(number)
        return self._reason

    async def _settle(self) -> None:
        """Take note of what was stored although whoever stored it was cancelled before hearing so."""
        store, job_id = self._resources.store, self._recorder.job.job_id
        if self._proposing is not None and (round_ := await store.round(job_id, self._proposing)) is not None:
            self._recorder.round_proposed(round_)
        for work in [work for work in self._unheard if work.batch is not None]:
            if any(row.number == work.number for row in await store.batches(job_id, work.round_number)):
                await self._account(work)

    async def _produce(self) -> None:
        try:
            await self._resume()
            number = max((r.number for r in self._rounds), default=0) + 1
            dry = 0
            while self._reason is None and dry < DRY_ROUNDS:
                limit = await self._room()
                if limit == 0:
                    break
                if self._supply.is_spent:
                    self._end("all done")
                    break
                round_ = await self._propose(number, limit)
                if round_ is None:
                    break
                number += 1
                dry = 0 if round_.accepted else dry + 1
                await self._enqueue(round_, recorded={})
            if dry >= DRY_ROUNDS:
                self._end("nothing new")
        finally:
            for _ in range(self._resources.settings.concurrency):
                await self._put(None)

    async def _room(self) -> int:
        """How many words may be taken up next; waits while the target may be reached by what is in work, 0 when it is reached."""
        while True:
            self._changed.clear()
            stored = self._recorder.job.counts.stored
            if self._budget.is_reached(stored):
                self._end("target reached")
                return 0
            wanted = self._budget.wanted(stored, self._in_work)
            if wanted is None:
                return self._words_per_round
            if wanted > 0:
                return min(wanted, self._words_per_round)
            if self._reason is not None:
                return 0
            await self._changed.wait()

    async def _propose(self, number: int, limit: int) -> Round | None:
        job = self._recorder.job
        until = utc_now() + timedelta(seconds=self._budget.remaining_s(self._recorder.active_s)) + CLAIM_GRACE
        self._proposing = number
        try:
            round_ = await propose_round(
                number,
                self._supply,
                self._resources,
                job_id=job.job_id,
                attempt=job.attempt,
                limit=limit,
                until=until,
                below=None if self._target != "deep" else "deep",
            )
        except QuotaExhausted as error:
            self._recorder.problem(str(error))
            self._end("quota used up")
            return None
        if round_ is not None:
            self._recorder.round_proposed(round_)
        self._proposing = None
        return round_

    async def _resume(self) -> None:
        """Put the batches that have rounds but no row back to work, under their numbers."""
        recorded: dict[int, dict[int, Batch]] = {}
        for batch in self._batches:
            recorded.setdefault(batch.round, {})[batch.number] = batch
        for round_ in self._rounds:
            rows = recorded.get(round_.number, {})
            if len(rows) < len(round_.batches):
                keys = [o.key for batch in rows.values() for o in batch.outcomes if o.stored is not None]
                self._made[round_.number] = list((await self._resources.store.entries(keys)).values())
                await self._enqueue(round_, recorded=rows)

    async def _enqueue(self, round_: Round, *, recorded: dict[int, Batch]) -> None:
        job = self._recorder.job
        works = [
            Work(
                job_id=job.job_id,
                attempt=job.attempt,
                round_number=round_.number,
                number=number,
                words=words,
                target=self._target,
                topic=self._supply.topic,
            )
            for number, words in enumerate(round_.batches, start=1)
            if number not in recorded
        ]
        self._open_batches[round_.number] = len(works)
        self._made.setdefault(round_.number, [])
        self._in_work += sum(len(work.words) for work in works)
        if round_.number in {r.number for r in self._rounds} and works:
            await self._reclaim(works)
        for work in works:
            await self._put(work)
        if not works:
            await self._close_round(round_.number)

    async def _reclaim(self, works: Sequence[Work]) -> None:
        """Renew the claims for this attempt; words that another job has taken meanwhile are given up."""
        job = self._recorder.job
        words = [word for work in works for word in work.words]
        until = utc_now() + timedelta(seconds=self._budget.remaining_s(self._recorder.active_s)) + CLAIM_GRACE
        below: Depth = self._target if self._target != "defined" else "enriched"
        claim = await self._resources.store.claim(words, job_id=job.job_id, attempt=job.attempt, until=until, below=below)
        lost = set(claim.known) | set(claim.elsewhere)
        for work in works:
            work.failed |= {w.key: "another job has taken it" for w in work.words if w.key in lost}
            work.lost = frozenset(lost)

    async def _put(self, work: Work | None) -> None:
        with suppress(CutOff):
            await self._resources.cutoff.guard(self._queue.put(work))

    async def _get(self) -> Work | None:
        with suppress(CutOff):
            return await self._resources.cutoff.guard(self._queue.get())
        return None

    async def _consume(self) -> None:
        while (work := await self._get()) is not None:
            if not await self._may_start():
                continue
            started = time.monotonic()
            self._running += 1
            self._unheard.append(work)
            try:
                await self._work_on(work)
            finally:
                self._running -= 1
                self._in_work -= len(work.words)
                self._changed.set()
            self._unheard.remove(work)
            if work.batch is not None:
                self._durations_s.append(time.monotonic() - started)
                await self._account(work)

    async def _may_start(self) -> bool:
        """Whether there is time for one more batch. Where that is doubtful because recent ones were slow, one at a time tries."""
        while self._reason in {None, "all done", "target reached", "nothing new"}:
            active_s, durations = self._recorder.active_s, tuple(self._durations_s)
            has_room = self._running < self._most_at_once()
            if has_room and self._budget.may_start(active_s, durations):
                return True
            if not self._running:
                if self._budget.may_start(active_s, (min(durations, default=0.0),)):
                    return True
                self._end("time limit")
            else:
                self._changed.clear()
                with suppress(CutOff):
                    await self._resources.cutoff.guard(self._changed.wait())
                if self._resources.cutoff.has_fired:
                    self._end("time limit")
        return False

    def _most_at_once(self) -> int:
        """Batches beyond what the model's quota can work on would only wait, with their words claimed."""
        most, model = self._resources.settings.concurrency, self._resources.model
        return min(most, model.batches_at_once) if isinstance(model, Paced) else most

    async def _work_on(self, work: Work) -> None:
        try:
            await self._through_the_stages(work)
            self._failures = 0
        except (StaleAttempt, StoreFull):
            raise
        except QuotaExhausted as error:
            self._recorder.problem(str(error))
            self._end("quota used up")
        except (TransientError, OutputError) as error:
            self._failures += 1
            self._recorder.problem(f"Batch {work.label} was given up: {error}")
            if self._failures >= FAILURES_IN_A_ROW:
                raise LearningError(f"{self._failures} batches in a row failed, the last because: {error}") from error
            work.failed |= {w.key: str(error) for w in work.words}
            await self._give_up(work)

    async def _through_the_stages(self, work: Work) -> None:
        resources, recorder, words = self._resources, self._recorder, len(work.words)
        await self._recall(work)
        if self._target == "deep" or len(work.definitions) < len(work.todo):
            with recorder.stage("research", words):
                if await research_words(work, resources) is None:
                    return
            self._tell_of_silent_sources(work)
        with recorder.stage("synthesize", words):
            if await synthesize_definitions(work, resources) is None:
                return
        if self._target != "defined":
            with recorder.stage("enrich", words):
                await enrich_entries(work, resources)

    def _tell_of_silent_sources(self, work: Work) -> None:
        """Once a job and source, since a source that is away is so for every batch."""
        for name, problem in work.silent.items():
            if name not in self._silent:
                self._silent.add(name)
                self._recorder.problem(f"Research goes on without {name} while it is away: {problem}")

    async def _recall(self, work: Work) -> None:
        """What is known of the words already need not be asked for again."""
        if self._target != "deep" and work.round_number not in {r.number for r in self._rounds}:
            return
        keys = [w.key for w in work.todo]
        known = await self._resources.store.known(keys)
        work.definitions |= {key: k.definition for key, k in known.items()}
        work.entries |= dict(await self._resources.store.entries(keys))

    async def _give_up(self, work: Work) -> None:
        batch = Batch(
            job_id=work.job_id,
            round=work.round_number,
            number=work.number,
            attempt=work.attempt,
            outcomes=work.outcomes(),
            usage=work.usage,
            created_at=utc_now(),
        )

        async def commit() -> None:
            await self._resources.store.commit_batch(
                batch,
                entries=list(work.entries.values()),
                definitions=[d for key, d in work.definitions.items() if key not in work.entries],
            )

        try:
            await patiently(commit, for_s=10)
        except TransientError as error:
            self._recorder.problem(f"Batch {work.label} could not be recorded: {error}")
        else:
            work.batch = batch

    async def _account(self, work: Work) -> None:
        if work.batch is None:
            return
        self._recorder.batch_done(work.batch)
        self.newest.extend(o for o in work.batch.outcomes if o.stored is not None)
        self._made[work.round_number].extend(work.entries.values())
        self._open_batches[work.round_number] -= 1
        if self._open_batches[work.round_number] == 0:
            await self._close_round(work.round_number)

    async def _close_round(self, number: int) -> None:
        """Write the frontier of a round, once: concepts that its entries mention and nobody has learned."""
        entries = self._made.pop(number, [])
        if not entries:
            return
        mentions = entry_rules.unlearned(entries)

        async def add() -> None:
            await self._resources.store.add_to_frontier(mentions, at=utc_now())

        try:
            await patiently(add, for_s=2)
        except TransientError as error:
            self._recorder.problem(f"The frontier of round {number} was not written: {error}")
        self._publisher.show_latest(self._recorder.job, entries[-LATEST_SHOWN:])


def leftovers(claims: Sequence[Word], rounds: Sequence[Round]) -> list[Word]:
    """Words that a killed attempt claimed but wrote into no round."""
    recorded = {word.key for round_ in rounds for word in round_.accepted}
    return [word for word in claims if word.key not in recorded]
