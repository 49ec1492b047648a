"""Round after round, the next proposed while one is worked on, until the budget ends: shared by all flows."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from flows.core import selection
from flows.core.budget import Budget
from flows.core.counting import LOST
from flows.errors import LearningError, QuotaExhausted
from flows.job.batch_workers import BatchWorkers
from flows.job.prefect_events import Emitter
from flows.job.progress import ProgressTracker
from flows.job.stop_reason import StopReason
from flows.knowledge import Batch, Depth, EndReason, Entry, Outcome, Round, Word
from flows.stages.batch import WordBatch
from flows.stages.candidates import CandidateSource
from flows.stages.deadline import DeadlineReached
from flows.stages.resources import Resources
from flows.stages.stages import Stages

CLAIM_GRACE = timedelta(seconds=60)
CLOSED_AGAIN = 3
"""How many of the last rounds write their frontier again on resume: the process may have died before that."""
LAST_WORDS_S = 0.7
"""How long calls may run on after the deadline before they are cancelled."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 8.0
"""How long a job waits when other jobs hold all the words that it found, and at most after many such
rounds.
"""


class RoundRunner:
    """One run of a job's rounds. `run` says why it ended; `drain` and `abort` end it early."""

    def __init__(
        self,
        *,
        resources: Resources,
        stages: Stages,
        tracker: ProgressTracker,
        emitter: Emitter,
        candidate_source: CandidateSource,
        budget: Budget,
        target: Depth,
        words_per_round: int,
        rounds: Sequence[Round] = (),
        batches: Sequence[Batch] = (),
    ) -> None:
        self._resources = resources
        self._stages = stages
        self._tracker = tracker
        self._candidate_source = candidate_source
        self._budget = budget
        self._target = target
        self._words_per_round = words_per_round
        self._rounds = rounds
        self._batches = batches
        self._stop = StopReason()
        self._work = BatchWorkers(
            resources=resources,
            stages=stages,
            tracker=tracker,
            emitter=emitter,
            budget=budget,
            stop=self._stop,
            target=target,
            resumed_rounds={r.number for r in rounds},
        )
        self._proposing: int | None = None
        self._held: frozenset[str] = frozenset()
        self._held_rounds = 0
        self.is_aborted = False

    @property
    def newest(self) -> tuple[Outcome, ...]:
        """The words that were learned last."""
        return tuple(self._work.newest)

    @property
    def reason(self) -> EndReason:
        """Why the job ends, once it does."""
        return self._stop.reason

    def drain(self, *, grace_s: float | None = None, is_worker_stopping: bool = False) -> None:
        """Start no new batch; finish those in flight, within `grace_s` seconds if given.

        `is_worker_stopping` if nobody asked to end the job, but its worker is being stopped.
        """
        self._stop.note(**{"is_worker_stopping" if is_worker_stopping else "is_stopped": True})
        if grace_s is not None:
            self._resources.deadline.arm(grace_s)

    def abort(self) -> None:
        """Abandon what is in flight."""
        self.is_aborted = True
        self._stop.note(is_stopped=True)
        self._resources.deadline.reach()

    async def run(self) -> EndReason:
        """Work until the budget, the source or a signal ends it. Raises errors that make it impossible to
        continue.
        """
        deadline = self._resources.deadline
        deadline.arm(self._budget.remaining_s(self._tracker.active_s))
        producer = asyncio.create_task(self._produce(), name="producer")
        consumers = [
            asyncio.create_task(self._work.work(), name=f"consumer {i + 1}")
            for i in range(self._resources.settings.concurrency)
        ]
        alarm = asyncio.create_task(deadline.wait(), name="deadline")
        fail = asyncio.create_task(self._tracker.failure(), name="fail")
        work = asyncio.gather(producer, *consumers)
        try:
            first: set[asyncio.Future[Any]] = {work, alarm, fail}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if alarm.done() and not work.done():
                self._stop.note(is_over=True)
                await asyncio.wait({work}, timeout=LAST_WORDS_S)
            if fail.done():
                fail.result()
            if work.done():
                work.result()
        finally:
            # a producer that waits for room in the queue also waits for the deadline
            deadline.reach()
            tasks = [producer, *consumers, alarm, fail]
            self._tracker.stop_clock()
            for task in tasks:
                task.cancel()
            await asyncio.gather(work, *tasks, return_exceptions=True)
            with suppress(LearningError):
                await self._settle()
        await self._work.close()
        self._stop.note(is_reached=self._budget.is_reached(self._tracker.job.counts.stored))
        return self.reason

    async def _settle(self) -> None:
        """Count what was stored by a call that was cancelled before it returned."""
        if self._proposing is not None:
            round_ = await self._resources.store.round(self._tracker.job.job_id, self._proposing)
            if round_ is not None:
                self._tracker.round_proposed(round_)
        await self._work.count_unheard()

    async def _produce(self) -> None:
        try:
            await self._resume()
            number = max((r.number for r in self._rounds), default=0) + 1
            while self._stop.facts.proposes:
                limit = await self._room()
                if limit == 0:
                    break
                if self._candidate_source.is_spent:
                    self._stop.note(is_spent=True)
                    break
                round_ = await self._propose(number, limit)
                if round_ is None:
                    break
                number += 1
                await self._enqueue(round_)
                if round_.accepted:
                    self._stop.note(dry_rounds=0)
                elif selection.is_dry(round_.candidates):
                    self._stop.note(dry_rounds=self._stop.facts.dry_rounds + 1)
                await self._wait_for_others(round_)
        finally:
            await self._work.put_no_more()

    async def _wait_for_others(self, round_: Round) -> None:
        """Wait after a round in which other jobs held all new words, all of them seen before: the other jobs
        may finish or release some. Each such wait is longer than the last.
        """
        held = selection.held_elsewhere(round_.candidates)
        if round_.accepted or not held or not held <= self._held:
            self._held |= held
            self._held_rounds = 0
            return
        pause_s = min(FIRST_PAUSE_S * 2 ** min(self._held_rounds, 10), LONGEST_PAUSE_S)
        self._held_rounds += 1
        with suppress(DeadlineReached):
            await self._resources.deadline.guard(asyncio.sleep(pause_s))

    async def _room(self) -> int:
        """How many more words may be started; 0 once the target is reached. Waits while the words in progress
        may be enough to reach it.
        """
        while True:
            self._stop.changed.clear()
            stored = self._tracker.job.counts.stored
            if self._budget.is_reached(stored):
                self._stop.note(is_reached=True)
                return 0
            wanted = self._budget.wanted(stored, self._work.words_in_work)
            if wanted is None:
                return self._words_per_round
            if wanted > 0:
                return min(wanted, self._words_per_round)
            if not self._stop.facts.proposes:
                return 0
            await self._stop.changed.wait()

    async def _propose(self, number: int, limit: int) -> Round | None:
        job = self._tracker.job
        until = (
            self._resources.store.now()
            + timedelta(seconds=self._budget.remaining_s(self._tracker.active_s))
            + CLAIM_GRACE
        )
        self._proposing = number
        try:
            round_ = await self._stages.propose(
                number,
                self._candidate_source,
                self._resources,
                job_id=job.job_id,
                attempt=job.attempt,
                limit=limit,
                until=until,
                below=None if self._target != "deep" else "deep",
                batch_size=self._work.batch_size(most=self._words_per_round),
            )
        except QuotaExhausted as error:
            self._tracker.problem(str(error))
            self._stop.note(is_quota_used_up=True)
            return None
        if round_ is None:
            self._stop.note(is_over=True)
        else:
            self._tracker.round_proposed(round_)
        self._proposing = None
        return round_

    async def _resume(self) -> None:
        """Process again, under their old numbers, the batches that have a round but no row."""
        recorded: dict[int, dict[int, Batch]] = {}
        for batch in self._batches:
            recorded.setdefault(batch.round, {})[batch.number] = batch
        for round_ in self._rounds:
            rows = recorded.get(round_.number, {})
            is_recent = round_.number > len(self._rounds) - CLOSED_AGAIN
            if len(rows) < len(round_.batches) or is_recent:
                keys = [o.key for batch in rows.values() for o in batch.outcomes if o.stored is not None]
                made = (await self._resources.store.entries(keys)).values()
                await self._enqueue(round_, recorded=rows, made=list(made))

    async def _enqueue(
        self, round_: Round, *, recorded: Collection[int] = (), made: Sequence[Entry] = ()
    ) -> None:
        job = self._tracker.job
        works = [
            WordBatch(
                job_id=job.job_id,
                attempt=job.attempt,
                round_number=round_.number,
                number=number,
                words=words,
                target=self._target,
                topic=self._candidate_source.topic,
            )
            for number, words in enumerate(round_.batches, start=1)
            if number not in recorded
        ]
        if round_ in self._rounds and works:
            await self._reclaim(works)
        await self._work.open_round(round_.number, works, made)
        for work in works:
            await self._work.put(work)

    async def _reclaim(self, works: Sequence[WordBatch]) -> None:
        """Renew the claims for this attempt; give up words that another job has taken meanwhile."""
        job = self._tracker.job
        words = [word for work in works for word in work.words]
        until = (
            self._resources.store.now()
            + timedelta(seconds=self._budget.remaining_s(self._tracker.active_s))
            + CLAIM_GRACE
        )
        below: Depth = self._target if self._target != "defined" else "enriched"
        claim = await self._resources.store.claim(
            words, job_id=job.job_id, attempt=job.attempt, until=until, below=below
        )
        lost = set(claim.known) | set(claim.elsewhere)
        for work in works:
            work.failed |= {w.key: LOST for w in work.words if w.key in lost}
            work.lost = frozenset(lost)


def leftovers(claims: Sequence[Word], rounds: Sequence[Round]) -> list[Word]:
    """Words that a killed attempt claimed but wrote into no round."""
    recorded = {word.key for round_ in rounds for word in round_.accepted}
    return [word for word in claims if word.key not in recorded]
