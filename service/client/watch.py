"""Watches one job: every event once and its real end, even over broken connections."""

from __future__ import annotations

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Literal
from urllib.parse import quote
from uuid import UUID

from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from flows.errors import InvalidInput, TransientError
from flows.stores.cursors import encode_cursor
from service.client.http import Connection
from service.errors import FacadeUnavailable, UnexpectedAnswer, unknown_job
from service.schemas import History, HistoryEvent, JobFrame, JobView
from service.schemas.frames import BAD_CURSOR, UNKNOWN_JOB

START = encode_cursor("events", 0, 0, 0, "")
"""The cursor before the first event of any job."""
PATIENCE_S = 300.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 10.0
POLL_S = 1.0
SILENCE_S = 60.0
"""Reconnect after this much silence: a job may have nothing to report, and a lost connection looks the same.
"""
LOOKS_AFTER_END = 3
"""When polling, stop after this many responses without news; the last events may follow the final status."""
LOST_HANDSHAKES = 3
MOST_IDS = 20_000
LARGEST_FRAME_BYTES = 16 * 2**20

_SAME = frozenset(JobFrame.model_fields) - {
    "events",
    "cursor",
    "live",
    "gap",
    "sent_at",
    "remaining_seconds",
    "state_name",
    "prefect_url",
    "confirmed_at",
    "updated_at",
    "is_settled",
    "version",
    "state",
}
"""What makes a new frame: not when the row was written or confirmed last, and by whom."""

_Ended = Literal["ended", "lost", "refused"]


class Watch:
    """Watches one job; call `frames` once.

    `cursor` is where to resume after the last frame.
    """

    def __init__(
        self, connection: Connection, job_id: UUID, *, after: str | None, patience_s: float = PATIENCE_S
    ) -> None:
        self.cursor = after
        self._connection = connection
        self._job_id = job_id
        self._patience_s = patience_s
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._last: JobFrame | None = None
        self._answered_at = time.monotonic()

    async def frames(self) -> AsyncGenerator[JobFrame]:
        """Frames until the job ends. Raises like `LearningClient.watch`."""
        wait_s, handshakes = FIRST_WAIT_S, 0
        while True:
            before = self._answered_at
            how: _Ended = "lost"
            try:
                async with self._connected() as socket, aclosing(self._received(socket)) as received:
                    async for frame in received:
                        wait_s, handshakes = FIRST_WAIT_S, 0
                        yield frame
                    how = self._judged(socket)
            except InvalidStatus as error:
                # a full server answers 503 and will have room again; anything else comes from a proxy without
                # WebSockets
                how = "lost" if error.response.status_code == 503 else "refused"
            except (OSError, TimeoutError, InvalidHandshake, InvalidURI, ConnectionClosed, TransientError):
                how = "lost"
            if how == "ended":
                return
            if self._answered_at == before:
                handshakes += 1
                if await self._is_reachable() and (how == "refused" or handshakes >= LOST_HANDSHAKES):
                    async with aclosing(self._polled()) as polled:
                        async for frame in polled:
                            yield frame
                    return
            self._check_patience()
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311  no secret
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)

    def _connected(self) -> connect:
        after = f"?after={quote(self.cursor)}" if self.cursor is not None else ""
        return connect(
            f"ws{self._connection.url.removeprefix('http')}/ws/jobs/{self._job_id}{after}",
            additional_headers=self._connection.headers,
            proxy=None if self._connection.is_local else True,
            open_timeout=self._connection.timeout_s,
            close_timeout=1.0,
            max_size=LARGEST_FRAME_BYTES,
            process_exception=lambda error: error,
        )

    async def _received(self, socket: ClientConnection) -> AsyncGenerator[JobFrame]:
        with suppress(ConnectionClosed):
            while True:
                async with asyncio.timeout(SILENCE_S):
                    text = await socket.recv(decode=False)
                try:
                    frame = JobFrame.model_validate_json(text, extra="ignore")
                except ValidationError as error:
                    raise UnexpectedAnswer(
                        f"The frames from {self._connection.url} do not fit this version."
                    ) from error
                events = frame.events
                if frame.gap and self.cursor is not None:
                    # too many events for one frame: read them all from the history
                    events = (*await self._history(), *events)
                if (fresh := self._fresh(frame, events)) is not None:
                    yield fresh

    def _judged(self, socket: ClientConnection) -> _Ended:
        match socket.close_code:
            case 1000 if self._last is not None and self._last.is_final:
                return "ended"
            case code if code == UNKNOWN_JOB:
                raise unknown_job(self._job_id)
            case code if code == BAD_CURSOR:
                raise InvalidInput(
                    "after",
                    "is not a cursor of a frame or an event",
                    "Omit it, or use a cursor from a frame.",
                )
            case _:
                return "lost"

    async def _polled(self) -> AsyncGenerator[JobFrame]:
        """Frames from polling over HTTP, once a second."""
        quiet = 0
        if self.cursor is None:
            await self._history(is_past=True)
        while True:
            try:
                job = await self._connection.ask(JobView, "GET", f"/jobs/{self._job_id}")
                events = await self._history()
            except TransientError as error:
                self._check_patience(error)
            else:
                self._answered_at = time.monotonic()
                frame = JobFrame(
                    **dict(job),
                    events=(),
                    cursor=self.cursor or START,
                    live=False,
                    sent_at=job.updated_at or job.created_at,
                )
                fresh = self._fresh(frame, events)
                quiet = quiet + 1 if job.is_final and fresh is None else 0
                if fresh is not None:
                    yield fresh
                if quiet >= LOOKS_AFTER_END:
                    return
            await asyncio.sleep(POLL_S)

    async def _history(self, *, is_past: bool = False) -> tuple[HistoryEvent, ...]:
        """All events after the cursor, which moves past them. `is_past` marks them as seen."""
        found: list[HistoryEvent] = []
        while True:
            params = {"after": self.cursor} if self.cursor is not None else {}
            part = await self._connection.ask(History, "GET", f"/jobs/{self._job_id}/events", params=params)
            self.cursor = part.cursor
            found += part.items
            if not part.has_more:
                break
        if is_past:
            for event in found:
                self._is_new(event)
        return tuple(found)

    def _fresh(self, frame: JobFrame, events: tuple[HistoryEvent, ...]) -> JobFrame | None:
        """The frame with the events not seen yet; None if nothing in it is new."""
        self._answered_at = time.monotonic()
        self.cursor = frame.cursor
        new = tuple(event for event in events if self._is_new(event))
        last, self._last = self._last, frame
        if (
            not new
            and last is not None
            and all(getattr(frame, name) == getattr(last, name) for name in _SAME)
            and frame.live == last.live
        ):
            return None
        return frame.with_events(new)

    def _is_new(self, event: HistoryEvent) -> bool:
        if event.id in self._seen:
            return False
        self._seen[event.id] = None
        if len(self._seen) > MOST_IDS:
            self._seen.popitem(last=False)
        return True

    async def _is_reachable(self) -> bool:
        """Whether the job can be read over HTTP.

        Raises permanent errors, and any error before the first frame.
        """
        try:
            await self._connection.ask(JobView, "GET", f"/jobs/{self._job_id}")
        except TransientError:
            if self._last is None:
                raise
            return False
        return True

    def _check_patience(self, error: Exception | None = None) -> None:
        silent_s = time.monotonic() - self._answered_at
        if silent_s > self._patience_s:
            raise FacadeUnavailable(
                f"The server at {self._connection.url} has not responded for {silent_s:.0f} s. The job"
                " keeps running."
            ) from error
