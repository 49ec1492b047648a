"""Answers that break on the wire: never, reset, closed or drop by drop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.world.faults import Fault


class WorldProtocol(H11Protocol):
    """Lets the application reach its connection, as `scope["state"]["transport"]`."""

    def connection_made(self, transport: Any) -> None:
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class Gone(Exception):
    """The client went away, or the world ends, before the answer was ready."""


async def gone(request: Request) -> None:
    """Returns when the client has gone away. The body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def pause(seconds: float, request: Request, ending: asyncio.Event) -> None:
    """Sleep as long as the client waits. Raises Gone."""
    if seconds <= 0:
        return
    waits = [asyncio.ensure_future(gone(request)), asyncio.ensure_future(ending.wait())]
    try:
        done, _ = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    if done:
        raise Gone


class Broken(Response):
    """A good answer that does not arrive as one."""

    def __init__(self, whole: Response | None, fault: Fault, ending: asyncio.Event) -> None:
        super().__init__()
        self._whole, self._fault, self._ending = whole, fault, ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = scope["state"]["transport"]
        request = Request(scope, receive)
        with contextlib.suppress(Gone):
            match self._fault.kind:
                case "hang":
                    await pause(86_400, request, self._ending)
                case "drip" if self._whole is not None:
                    await self._drip(self._whole, request, send)
                case "reset" if self._whole is not None:
                    await self._head(self._whole, send)
                    body = bytes(self._whole.body)
                    await send(
                        {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
                    )
                    await asyncio.sleep(0.02)
                    _linger_not(transport)
        transport.abort()
        # Until the server has noticed: it would complain of an answer without an end.
        await asyncio.sleep(0.02)

    async def _drip(self, whole: Response, request: Request, send: Send) -> None:
        await self._head(whole, send)
        step_s = 0.5 if self._fault.seconds is None else self._fault.seconds
        for at in range(len(whole.body)):
            await send(
                {"type": "http.response.body", "body": bytes(whole.body[at : at + 1]), "more_body": True}
            )
            await pause(step_s, request, self._ending)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _head(self, whole: Response, send: Send) -> None:
        await send({"type": "http.response.start", "status": whole.status_code, "headers": whole.raw_headers})


def _linger_not(transport: Any) -> None:
    """Make the coming end a reset rather than an orderly close."""
    transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
