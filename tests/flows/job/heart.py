"""One job, attempt after attempt, on a clock of its own."""

import asyncio
import copy
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flows.core.budget import Budget
from flows.core.words import parse_word
from flows.job.attempt import Plan, attempt
from flows.job.batch_workers import BatchWorkers
from flows.job.resources import open_resources, using
from flows.job.stop_reason import StopReason
from flows.job.tracking import tracking
from flows.knowledge import Job
from flows.settings import Settings
from flows.stages.batch import WordBatch
from flows.stages.candidates import CandidateSource
from tests.flows.job.parts import Model, PlainStages, Run, Store, Told
from tests.flows.job.virtual_time import now_s

START = datetime(2030, 1, 1, 12, tzinfo=UTC)
JOB = UUID(int=1)


def clock():
    return START + timedelta(seconds=now_s())


async def nothing(_tracker):
    pass


def words_of(texts):
    return [parse_word(text) for text in texts]


class Heart:
    """The parts of a job. Each test changes what it is about, and runs an attempt or a part of one."""

    def __init__(self, home):
        self.settings = Settings(home=home, batch_size=10, concurrency=3)
        self.store = Store(clock=clock)
        self.stages = PlainStages()
        self.prefect = Run()
        self.told = Told()
        self.sources = ()
        self.target = "enriched"

    def set(self, **changed):
        self.settings = self.settings.model_copy(update=changed)

    async def run(
        self,
        model,
        *,
        words=None,
        candidates=100,
        a_round=20,
        minutes=10.0,
        max_entries=None,
        topic=None,
        job_id=JOB,
        started_by=None,
    ):
        """Run an attempt: the final document, or the error that ended it."""

        async def source(resources, history):
            given = history.unseen(words_of(words)) if words is not None else history.waiting
            return CandidateSource(
                given,
                processed=history.processed,
                candidates_per_round=0 if words is not None else candidates,
                topic=topic,
                rounds=history.rounds,
            )

        plan = Plan(
            mode="big",
            budget=Budget(minutes=minutes, max_entries=max_entries),
            target=self.target,
            words_per_round=a_round,
            parameters={},
            make_candidate_source=source,
        )
        job = Job(job_id=job_id, mode="big", name="heart", created_at=START, started_by=started_by)
        with using(settings=self.settings, store=self.store, model=model, sources=self.sources):
            told = self.told if job_id == JOB else Told()
            return await attempt(job, plan, stages=self.stages, run=self.prefect, emitter=told)

    def start(self, model, **given):
        """Run an attempt beside the test."""
        return asyncio.create_task(self.run(model, **given))

    def killed(self, home):
        """What a kill at this moment would leave behind: the store as it is now, and nothing else."""
        left = Heart(home)
        left.store._state = copy.deepcopy(self.store._state)
        left.target = self.target
        return left

    async def job(self):
        return await self.store.job(JOB)

    async def rows(self):
        return await self.store.rounds(JOB, limit=200), await self.store.batches(JOB)

    async def outcomes(self):
        return [outcome for batch in await self.store.batches(JOB) for outcome in batch.outcomes]

    @asynccontextmanager
    async def tracker(self, *, on_tick=nothing, **budget):
        async with tracking(
            Job(job_id=JOB, mode="big", name="heart", created_at=START),
            store=self.store,
            budget=Budget(**budget),
            emitter=self.told,
            on_tick=on_tick,
        ) as tracker:
            yield tracker

    @asynccontextmanager
    async def workers(self, model=None, *, resumed=(), **budget):
        """Batch workers and nothing around them."""
        async with self.tracker(**budget) as tracker:
            with using(
                settings=self.settings, store=self.store, model=model or Model(), sources=self.sources
            ):
                async with open_resources(self.store) as resources:
                    yield Workers(self, tracker, resources, Budget(**budget), resumed)


class Workers:
    """Batch workers, with what a round runner does around them."""

    def __init__(self, heart, tracker, resources, budget, resumed):
        self.tracker = tracker
        self.resources = resources
        self.stop = StopReason()
        self.they = BatchWorkers(
            resources=resources,
            stages=heart.stages,
            tracker=tracker,
            emitter=heart.told,
            budget=budget,
            stop=self.stop,
            target=heart.target,
            resumed_rounds=resumed,
        )
        self._target = heart.target
        self._rounds = 0

    def batch(self, words, *, round_number=1, number=1):
        return WordBatch(
            job_id=JOB,
            attempt=self.tracker.job.attempt,
            round_number=round_number,
            number=number,
            words=words_of(words),
            target=self._target,
        )

    async def work_on(self, *batches):
        """Work on a round of batches with as many workers as the settings say, until all are done."""
        self._rounds += 1
        works = [self.batch(words, round_number=self._rounds, number=n) for n, words in enumerate(batches, 1)]
        await self.they.open_round(self._rounds, works)

        async def put():
            for work in works:
                await self.they.put(work)
            await self.they.put_no_more()

        workers = [self.they.work() for _ in range(self.resources.settings.concurrency)]
        async with asyncio.TaskGroup() as together:
            for doing in (put(), *workers):
                together.create_task(doing)
        return works
