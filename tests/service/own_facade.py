"""A facade in a process of its own, and jobs as Prefect and the store know them, for tests of clients."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.states import Completed, Pending, Running

from flows.job.prefect_events import EventEmitter
from flows.knowledge import Job, JobEvent, PrefectState, utc_now
from service.orchestration.runs import Orchestrator

ROOT = Path(__file__).parents[2]


class OwnFacade:
    """`python -m service.stack.web_server`, to be killed and started again on the same port."""

    def __init__(self, home, port, store, **environment):
        self.url = f"http://127.0.0.1:{port}"
        self.store = store
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "LEARN_HOME": str(home),
            "LEARN_PORT": str(port),
            "LEARN_STORE": store,
            **environment,
        }
        self._home = home
        self._process = None

    def start(self):
        reading, writing = os.pipe()
        with (self._home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "service.stack.web_server", "--ready-fd", str(writing)],
                env=self._environment,
                stdout=log,
                stderr=log,
                pass_fds=(writing,),
                cwd=self._home,
            )
        os.close(writing)
        with os.fdopen(reading) as told:
            assert told.readline() == "ready\n", (self._home / "server.log").read_text()
        return self

    @property
    def pid(self):
        return self._process.pid

    def stop(self, number=signal.SIGKILL):
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(20)
            self._process = None


class ToldJob:
    """A big job without a worker: the test plays the flow.

    Its document and log are stored first and told to Prefect after that.
    """

    def __init__(self, store, job_id):
        self.store = store
        self.job_id = job_id
        self.job = None
        self.told = []
        self._publisher = EventEmitter()

    @classmethod
    async def start(cls, store, **parameters):
        async with Orchestrator() as prefect:
            run = await prefect.start("big", {"minutes": 1, **parameters})
        return cls(store, run.job_id)

    async def put(self, *states):
        async with get_client() as client:
            for state in states:
                await client.set_flow_run_state(self.job_id, state, force=True)

    async def begin(self):
        await self.put(Pending(), Running())
        async with get_client() as client:
            state = (await client.read_flow_run(self.job_id)).state
        document = Job(
            job_id=self.job_id,
            mode="big",
            running_since=PrefectState.plain(state.timestamp),
            created_at=utc_now(),
            deadline_at=utc_now() + timedelta(minutes=5),
        )
        begun = await self.store.begin_attempt(document)
        self.job = begun.model_copy(update={"deadline_at": document.deadline_at})
        return self

    async def seen(self, kind="RUNNING", *, is_settled=False, within_s=30):
        """Wait until a facade has written the start, or another state, in the log; without one it
        would never be there. Where `is_settled`, until nobody writes the row any more.
        """

        def is_seen(row):
            return row.state is not None and row.state.type == kind and row.is_settled >= is_settled

        async with asyncio.timeout(within_s):
            while not is_seen(await self.store.job(self.job_id)):
                await asyncio.sleep(0.05)

    async def do(self, *texts, is_told=True, **changes):
        at = len(self.told)
        lines = [
            JobEvent(
                attempt=self.job.attempt,
                id=f"{self.job.attempt}.{at + n}",
                kind="words.learned",
                text=text,
                words=("cat",),
                occurred=utc_now(),
            )
            for n, text in enumerate(texts, 1)
        ]
        self.told += texts
        self.job = self.job.model_copy(update={**changes, "updated_at": utc_now()})
        saved = await self.store.save_job(self.job, lines)
        if is_told:
            self._publisher.tell(saved.job, saved.lines)

    async def end(self, **changes):
        await self.do(
            "ended",
            run_status="completed",
            end_reason="all done",
            progress=100,
            finished_at=utc_now(),
            **changes,
        )
        await self.put(Completed())


def texts(frames, kind="words.learned"):
    return [event.text for frame in frames for event in frame.events if event.kind == kind]


def kinds(frames):
    return [event.kind for frame in frames for event in frame.events]
