"""A Prefect that plays what it is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

from flows.core.ending import OVERDUE
from flows.knowledge import Job, PrefectState, ProcessMark, utc_now
from service.errors import PrefectUnavailable
from service.orchestration.liveness import TAKEN_BACK, Silence
from service.orchestration.types import Run


class PlayedPrefect:
    """Runs and their states, as a test has them."""

    def __init__(self):
        self.past = {}
        self.about = {}
        self.crashed = []
        self.asked = 0
        self.is_away = False
        self.pools = self
        self.waiting = None

    def put(self, job_id, kind, *, after_s=0.0, name=None, message="", **about):
        since = utc_now() + timedelta(seconds=after_s)
        state = PrefectState(id=uuid4(), type=kind, name=name or kind.title(), message=message, since=since)
        self.past.setdefault(job_id, []).append(state)
        self.about[job_id] = {
            "mode": "big",
            "name": "a run",
            "due_at": since,
            **self.about.get(job_id, {}),
            **about,
        }
        return state

    def _run(self, job_id):
        about = {"has_deployment": True, **self.about[job_id]}
        return Run(job_id=job_id, state=self.past[job_id][-1], **about)

    def _ask(self):
        self.asked += 1
        if self.is_away:
            raise PrefectUnavailable("Prefect does not answer")

    async def run(self, job_id):
        self._ask()
        return self._run(job_id) if job_id in self.past else None

    def delete(self, job_id):
        del self.past[job_id]

    async def knows(self, job_id):
        self._ask()
        return job_id in self.past

    async def runs(self, *, statuses=(), until, since=None, limit, mode=None):
        self._ask()
        found = [self._run(job_id) for job_id in self.past]
        return [
            run
            for run in found
            if (not statuses or run.state.status in statuses)
            and run.due_at <= until
            and (since is None or run.due_at >= since)
        ][:limit]

    async def runs_by_id(self, job_ids):
        self._ask()
        return [self._run(job_id) for job_id in job_ids if job_id in self.past]

    async def history(self, job_id):
        self._ask()
        return sorted(self.past.get(job_id, ()), key=lambda state: state.since)  # as Prefect answers

    async def call_crashed(self, job_id, why, *, name=OVERDUE):
        self.crashed.append(job_id)
        self.put(job_id, "CRASHED", name=name, message=why)

    async def take_back(self, job_id, why):
        self.put(job_id, "SCHEDULED", name=TAKEN_BACK, message=why)
        return self._run(job_id)

    async def call_ended(self, job_id, status, *, seen):
        assert self.past[job_id][-1] == seen
        self.put(job_id, status.upper())

    async def call_cancelled(self, job_id, why):
        self.put(job_id, "CANCELLED", message=why)

    async def why_waiting(self, run):
        return self.waiting

    def forget(self):
        pass


async def kinds(store, job_id):
    return [line.kind for line in await store.log(job_id)]


async def begin(store, prefect, job_id, **changes):
    state = prefect.put(job_id, "RUNNING")
    return await store.begin_attempt(
        Job(job_id=job_id, mode="big", created_at=utc_now(), running_since=state.since, **changes)
    )


async def until(condition, within_s=5):
    async with asyncio.timeout(within_s):
        while not await condition():
            await asyncio.sleep(0.01)


ANN = UUID(int=1)
ALIVE, DEAD, ELSEWHERE = [
    ProcessMark(machine="here" if pid < 3 else "there", pid=pid, started="1") for pid in (1, 2, 3)
]
KNOWN = {1: True, 2: False, 3: None}


class Looks:
    """A projector's comparisons, on a clock that the test moves."""

    def __init__(self, projector):
        self._projector = projector
        self._now_s = 0.0
        projector._repair.silence = Silence(clock=lambda: self._now_s)

    async def go_on_for(self, seconds):
        """Compare every five seconds, for so long."""
        await self._projector.poll()
        for _ in range(round(seconds / 5)):
            self._now_s += 5
            await self._projector.poll()
