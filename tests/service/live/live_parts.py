"""A run that says what it is told to, and those who watch it."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.states import Completed, Pending, Running
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from flows.job.prefect_events import EventEmitter
from flows.knowledge import Job, JobEvent, PrefectState, utc_now


def put(job_id, *states):
    async def tell():
        async with get_client() as client:
            for state in states:
                await client.set_flow_run_state(job_id, state, force=True)

    asyncio.run(tell())


def since(job_id):
    async def ask():
        async with get_client() as client:
            return (await client.read_flow_run(job_id)).state.timestamp

    return PrefectState.plain(asyncio.run(ask()))


class Flow:
    """A flow as the relay sees one: its document and log are stored first and told to Prefect after that."""

    def __init__(self, served, *, is_told=True):
        self.served = served
        self.job_id = UUID(served.post("/jobs/start_big", json={"minutes": 1}).json()["job_id"])
        self.is_told = is_told
        self.seq = 0
        self.job = None

    def begin(self):
        put(self.job_id, Pending(), Running())
        document = Job(
            job_id=self.job_id,
            mode="big",
            running_since=since(self.job_id),
            created_at=utc_now(),
            deadline_at=utc_now() + timedelta(minutes=1),
        )
        begun = self.served.do(self.served.store.begin_attempt(document))
        self.job = begun.model_copy(update={"deadline_at": document.deadline_at})
        return self

    def do(self, *texts, is_told=None, **changes):
        lines = []
        for text in texts:
            self.seq += 1
            lines.append(
                JobEvent(
                    attempt=self.job.attempt,
                    id=f"{self.job.attempt}.{self.seq}",
                    kind="words.learned",
                    text=text,
                    words=("cat",),
                    occurred=utc_now(),
                )
            )
        self.job = self.job.model_copy(update={**changes, "updated_at": utc_now()})
        saved = self.served.do(self.served.store.save_job(self.job, lines))
        if self.is_told if is_told is None else is_told:
            EventEmitter().tell(saved.job, saved.lines)

    def end(self, state=None, **changes):
        self.do(
            "ended",
            run_status="completed",
            end_reason="all done",
            progress=100,
            finished_at=utc_now(),
            **changes,
        )
        put(self.job_id, state or Completed())


def watch(served, job_id, after=None):
    query = f"?after={after}" if after else ""
    return connect(f"ws://127.0.0.1:{served.port}/ws/jobs/{job_id}{query}", open_timeout=20)


def frames(socket, until=lambda _: False, within_s=30):
    """Frames as they come, up to the first that fits or until the socket closes."""
    found = []
    deadline = time.monotonic() + within_s
    while True:
        try:
            found.append(json.loads(socket.recv(timeout=max(0.1, deadline - time.monotonic()))))
        except ConnectionClosed:
            return found
        if until(found[-1]):
            return found


def told(found, kind="words.learned"):
    return [event["text"] for frame in found for event in frame["events"] if event["kind"] == kind]
