"""Servers that answer as one is told, and those that do not."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest

prefect = pytest.mark.prefect


@asynccontextmanager
async def listening(handle):
    """A server whose connections are all gone at the end."""
    open_ = set()

    async def handled(reader, writer):
        open_.add(asyncio.current_task())
        try:
            await handle(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(handled, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for task in open_:
            task.cancel()
        await asyncio.gather(*open_, return_exceptions=True)


@asynccontextmanager
async def answering(*answers):
    """A server that says these bytes, one a connection and the last one ever after, and hangs up; without any
    it never answers.
    """
    left = list(answers)

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        if left:
            writer.write(left.pop(0) if len(left) > 1 else left[0])
            await writer.drain()
        else:
            await reader.read()

    async with listening(answer) as url:
        yield url
