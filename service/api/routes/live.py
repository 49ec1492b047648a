"""Watching jobs over WebSocket. See service/schemas/frames.py for the frames."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from flows.errors import InvalidInput, TransientError
from flows.knowledge.limits import MAX_CURSOR_LENGTH
from service.api.deps import resources_of
from service.errors import NotFound
from service.metrics import Metrics
from service.schemas import JobFrame
from service.schemas.frames import BAD_CURSOR, UNKNOWN_JOB

DONE, TRY_LATER = 1000, 1013
SEND_S = 30.0
"""A subscriber that reads nothing for this long is disconnected; it can resume from its cursor."""

router = APIRouter(prefix="/ws", tags=["live"])
Cursor = Annotated[str | None, Query(max_length=MAX_CURSOR_LENGTH)]


@router.websocket("/jobs")
async def watch_jobs(socket: WebSocket) -> None:
    """Frames of all jobs, open jobs first."""
    facade = resources_of(socket)
    await socket.accept()
    async with facade.relay.follow_all() as subscriber:
        await _send(socket, subscriber, facade.metrics)


@router.websocket("/jobs/{job_id:uuid}")
async def watch_job(socket: WebSocket, job_id: UUID, after: Cursor = None) -> None:
    """Frames of one job until it ends. `after` resumes from a frame's cursor."""
    facade = resources_of(socket)
    await socket.accept()
    try:
        async with facade.relay.follow(job_id, after) as subscriber:
            await _send(socket, subscriber, facade.metrics)
    except NotFound:
        await _close(socket, UNKNOWN_JOB, "no such job")
    except InvalidInput as error:
        await _close(socket, BAD_CURSOR, f"{error.field}: {error.problem}")
    except TransientError as error:
        await _close(socket, TRY_LATER, str(error))


@router.websocket("/jobs/{job_id}")
async def watch_no_job(socket: WebSocket, job_id: str) -> None:
    """Answer an id that is not a UUID as an unknown job, after the handshake: refusing it tells no reason."""
    await socket.accept()
    await _close(socket, UNKNOWN_JOB, f"no such job; an id is a UUID, not {job_id!r}")


async def _send(socket: WebSocket, frames: AsyncIterable[JobFrame], metrics: Metrics) -> None:
    metrics.watchers.inc()
    leaving = asyncio.create_task(_until_left(socket))
    sending = asyncio.create_task(_send_all(socket, frames))
    try:
        await asyncio.wait({leaving, sending}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done() and not leaving.done():
            with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
                sending.result()
                await _close(socket, DONE, "")
    finally:
        metrics.watchers.dec()
        for task in (leaving, sending):
            task.cancel()
        await asyncio.gather(leaving, sending, return_exceptions=True)


async def _send_all(socket: WebSocket, frames: AsyncIterable[JobFrame]) -> None:
    async for frame in frames:
        async with asyncio.timeout(SEND_S):
            await socket.send_text(frame.text)


async def _until_left(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        # a control frame holds 123 bytes (RFC 6455, 5.5)
        await socket.close(code, reason.encode()[:123].decode(errors="ignore"))
