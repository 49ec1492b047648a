"""The connection to Prefect's event stream: how it ends, and what is read of it."""

import asyncio
import gc
from contextlib import aclosing

import pytest
from prefect.context import get_settings_context
from websockets.asyncio.server import serve

from service.orchestration.events import events
from service.stack.environment import adopted


@pytest.fixture
async def mute():
    """A Prefect that takes the connection and never says that it is let in; `lines` are those that are
    open.
    """
    lines = set()

    async def take(socket):
        lines.add(socket)
        try:
            await socket.wait_closed()
        finally:
            lines.discard(socket)

    async with serve(take, "127.0.0.1", 0, subprotocols=["prefect"]) as server:
        port = server.sockets[0].getsockname()[1]
        with adopted({"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}):
            yield lines


async def until(condition, within_s=10):
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_connection_that_is_cancelled_half_way_is_closed(mute):
    async def listen():
        async with aclosing(events(get_settings_context(), lambda _: None)) as heard:
            async for _ in heard:
                pass

    listening = asyncio.create_task(listen())
    await until(lambda: mute)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    await until(lambda: not mute, within_s=2)
    gc.collect()  # what was left open complains now, and warnings are errors
