"""What a job's watchers are told while everything breaks: by polls, by raw WebSockets and by our client."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from flows.errors import LearningError
from service.client import LearningClient
from service.client.watch import START

POLL_S = 0.05
AGAIN_S = 0.3
ANSWER_S = 5.0
FINAL = {"completed", "failed", "cancelled"}


@dataclass(frozen=True)
class Said:
    """What GET /jobs/{id} said from a moment on, by the monotonic clock."""

    at: float
    status: str
    attempt: int
    reason: str | None
    end_reason: str | None
    run_status: str | None


@dataclass
class Told:
    """What one watcher was told of one job: its events by id and kind, its statuses with the attempts."""

    who: str
    events: list[tuple[str, str]] = field(default_factory=list)
    statuses: list[tuple[str, int]] = field(default_factory=list)
    gaps: int = 0
    connections: int = 0
    cursor: str = START

    def take(self, frame: dict[str, Any]) -> None:
        self.events += [(event["id"], event["kind"]) for event in frame["events"]]
        self.gaps += frame["gap"]
        self.cursor = frame["cursor"]
        status = (frame["status"], frame["attempt"])
        if not self.statuses or self.statuses[-1] != status:
            self.statuses.append(status)

    @property
    def is_at_end(self) -> bool:
        return bool(self.statuses) and self.statuses[-1][0] in FINAL


class Watching:
    """Polls and watches jobs in a thread of its own until it is closed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.said: dict[str, list[Said]] = {}
        self.told: dict[str, list[Told]] = {}
        self.retried: dict[str, int] = {}
        """How often each job was asked for again: a final status may be followed by another then."""
        self.answers: list[tuple[float, bool]] = []
        """Since when our server answers, or does not."""
        self.refusals: list[str] = []
        """Answers that no fault excuses."""
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="watching", daemon=True)
        self._thread.start()

    def follow(self, job_id: str) -> None:
        """Poll and watch a job from now on."""
        self.said[job_id], self.told[job_id], self.retried[job_id] = [], [Told("socket"), Told("client")], 0
        for work in (self._poll(job_id), self._socket(job_id), self._client(job_id)):
            self._spawn(work)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        def start() -> None:
            task = self._loop.create_task(work)
            self._tasks.add(task)

        self._loop.call_soon_threadsafe(start)

    def close(self) -> None:
        async def end() -> None:
            for task in self._tasks:
                task.cancel()
            for found in await asyncio.gather(*self._tasks, return_exceptions=True):
                if isinstance(found, Exception):
                    self.refusals.append(f"a watcher broke: {type(found).__name__}: {found}")

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def are_at_end(self) -> bool:
        """Whether every watcher was told of the end of its job."""
        return all(told.is_at_end for each in self.told.values() for told in each)

    async def _poll(self, job_id: str) -> None:
        said = self.said[job_id]
        async with httpx.AsyncClient(base_url=self.url, timeout=ANSWER_S, trust_env=False) as http:
            while True:
                is_up = True
                try:
                    answer = await http.get(f"/jobs/{job_id}")
                except httpx.HTTPError:
                    is_up = False
                else:
                    if answer.status_code == 200:
                        row = answer.json()
                        now = Said(
                            time.monotonic(),
                            row["status"],
                            row["attempt"],
                            (row["reason"] or {}).get("code"),
                            row["end_reason"],
                            row["run_status"],
                        )
                        if not said or _without_time(said[-1]) != _without_time(now):
                            said.append(now)
                    elif answer.status_code not in {429, 503}:
                        self.refusals.append(f"GET of the job: {answer.status_code} {answer.text[:200]}")
                if not self.answers or self.answers[-1][1] is not is_up:
                    self.answers.append((time.monotonic(), is_up))
                await asyncio.sleep(POLL_S)

    async def _socket(self, job_id: str) -> None:
        told = self.told[job_id][0]
        address = f"ws{self.url.removeprefix('http')}/ws/jobs/{job_id}"
        while True:
            retried = self.retried[job_id]
            with suppress(OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
                async with connect(
                    f"{address}?after={quote(told.cursor)}",
                    open_timeout=ANSWER_S,
                    close_timeout=1,
                    max_size=1 << 25,
                    proxy=None,
                ) as socket:
                    told.connections += 1
                    async for text in socket:
                        told.take(json.loads(text))
                    if socket.close_code == 1000 and told.is_at_end:
                        while self.retried[job_id] == retried:
                            await asyncio.sleep(AGAIN_S)
            await asyncio.sleep(AGAIN_S)

    async def _client(self, job_id: str) -> None:
        told = self.told[job_id][1]
        async with LearningClient(self.url) as client:
            while True:
                retried = self.retried[job_id]
                with suppress(LearningError):
                    told.connections += 1
                    async for frame in client.watch(job_id, after=told.cursor):
                        # what was left out of a frame, the client has read
                        told.take({**json.loads(frame.text), "gap": False})
                    while told.is_at_end and self.retried[job_id] == retried:
                        await asyncio.sleep(AGAIN_S)
                await asyncio.sleep(AGAIN_S)


def _without_time(said: Said) -> tuple[Any, ...]:
    return (said.status, said.attempt, said.reason, said.end_reason, said.run_status)
