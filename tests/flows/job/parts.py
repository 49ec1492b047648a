"""What a job works with in these tests: stages that are no tasks, a run that is none of Prefect's, a model
that takes its time, and a store that fails when told to.
"""

import asyncio
from collections import defaultdict
from functools import wraps
from typing import NamedTuple

from prefect.client.schemas.objects import StateType
from prefect.states import State

from flows.errors import TransientError
from flows.models.scripted import ScriptedModel
from flows.stages.deadline import DeadlineReached
from flows.stages.proposing import propose_round
from flows.stages.stages import enrich_entries, research_words, synthesize_definitions
from flows.stages.tasks import RETRIES
from flows.stores.memory.store import MemoryStore
from tests.flows.job.virtual_time import now_s

WORDS = [f"{a}{b}{c}um" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdgklmnprt"]


class Begun(NamedTuple):
    """A stage that was begun."""

    at_s: float
    stage: str
    label: str


class PlainStages:
    """Tries again after a transient error, and answers None when the time is up, as Prefect's tasks do.

    `fault(stage, n)` is asked before the n-th call (from 1) of each stage and may answer an exception.
    """

    def __init__(self, fault=lambda _stage, _call: None):
        self.fault = fault
        self.calls = defaultdict(int)
        self.begun: list[Begun] = []
        self.at_work = self.most_at_work = 0

    def of(self, stage):
        return [begun for begun in self.begun if begun.stage == stage]

    async def _run(self, stage, label, call):
        for tried in range(RETRIES + 1):
            self.begun.append(Begun(now_s(), stage, label))
            self.calls[stage] += 1
            try:
                if (error := self.fault(stage, self.calls[stage])) is not None:
                    raise error
                return await call()
            except DeadlineReached:
                return None
            except TransientError:
                if tried == RETRIES:
                    raise
            await asyncio.sleep(2**tried)
        return None

    def propose(self, number, candidate_source, resources, **given):
        return self._run(
            "propose", str(number), lambda: propose_round(number, candidate_source, resources, **given)
        )

    def research(self, work, resources):
        return self._batch("research", work, lambda: research_words(work, resources))

    def synthesize(self, work, resources):
        return self._batch("synthesize", work, lambda: synthesize_definitions(work, resources))

    def enrich(self, work, resources):
        return self._batch("enrich", work, lambda: enrich_entries(work, resources))

    async def _batch(self, stage, work, call):
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            return await self._run(stage, f"{work.round_number}.{work.number}", call)
        finally:
            self.at_work -= 1


class Model(ScriptedModel):
    """Each method takes its own time: `takes_s` by its name. It is asked for words plainly, not by kinds."""

    invents = False

    def __init__(self, words=(), *, takes_s=None, **given):
        super().__init__(words, **given)
        self.takes_s = takes_s or {}
        self.asked_at_s: list[float] = []

    async def _answer(self, method, value, keys=()):
        self.asked_at_s.append(now_s())
        await asyncio.sleep(self.takes_s.get(method, 0.0))
        return await super()._answer(method, value, keys)

    def keys(self, method):
        return [key for asked, keys in self.asked if asked == method for key in keys]


class Run:
    """What Prefect's server says of the run."""

    def __init__(self):
        self.says = "RUNNING"
        self.tags = set()
        self.error = None
        self.takes_s = 0.0
        self.asked_at_s: list[float] = []

    async def state(self):
        self.asked_at_s.append(now_s())
        await self._answer()
        return State(type=StateType[self.says]) if self.says is not None else None

    async def tag(self, tags):
        await self._answer()
        self.tags |= set(tags)

    async def _answer(self):
        await asyncio.sleep(self.takes_s)
        if self.error is not None:
            raise self.error


class Told:
    """Who is told of a job, beside the store."""

    def __init__(self):
        self.documents, self.events, self.latest, self.summaries = [], [], [], []
        self.at_s: list[float] = []
        self.is_open = False

    async def __aenter__(self):
        self.is_open = True
        return self

    async def __aexit__(self, *_):
        self.is_open = False

    def tell(self, job, events):
        assert self.is_open
        self.at_s.append(now_s())
        self.documents.append(job)
        self.events += events

    def show_latest(self, job, entries):
        self.latest.append([entry.key for entry in entries])

    def summarize(self, job, *, newest=()):
        self.summaries.append((job, [outcome.key for outcome in newest]))


class Store(MemoryStore):
    """`fault(method)` is asked before every write and may answer an exception; a write takes `takes_s`."""

    def __init__(self, **given):
        super().__init__(**given)
        self.fault = lambda _method: None
        self.takes_s = {}
        self.writes: list[tuple[float, str]] = []


def _checked(name):
    plain = getattr(MemoryStore, name)

    @wraps(plain)
    async def write(self, *args, **kwargs):
        if (error := self.fault(name)) is not None:
            raise error
        await asyncio.sleep(self.takes_s.get(name, 0.0))
        self.writes.append((now_s(), name))
        return await plain(self, *args, **kwargs)

    return write


for _name in (
    *("begin_attempt", "save_job", "request_stop", "clear_stop", "stop_requested"),
    *("claim", "release_all", "save_round", "save_definitions", "commit_batch", "add_to_frontier"),
):
    setattr(Store, _name, _checked(_name))


def while_it_lasts(begin_s, end_s, error, *methods):
    """A fault of a store that is there from one moment to another; without methods, of all."""
    return lambda method: error if begin_s <= now_s() < end_s and (not methods or method in methods) else None
