"""A wire between a store and the emulator, on real sockets, that a test can cut, stall, or make lose
answers.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress


class Wire:
    """Passes bytes on in both directions. `host` is where the store connects."""

    def __init__(self, target):
        self._target = target
        self._server = None
        self._pairs = set()
        self._at_work = set()
        self.host = ""
        self.is_stalled = False
        self.loses_answer = False
        self.lost_answers = 0

    async def open(self):
        """Listen, on the same port as before."""
        port = int(self.host.rpartition(":")[2] or 0)
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", port)
        self.host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def cut(self):
        """Drop all connections and take no more."""
        self._server.close()
        for writer in list(self._pairs):
            writer.transport.abort()
        await asyncio.gather(*self._at_work, return_exceptions=True)

    async def _connect(self, reader, writer):
        task = asyncio.current_task()
        self._at_work.add(task)
        try:
            await self._join(reader, writer)
        finally:
            self._at_work.discard(task)

    async def _join(self, reader, writer):
        host, port = self._target.split(":")
        try:
            there_reader, there_writer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.transport.abort()
            return
        self._pairs |= {writer, there_writer}
        pumps = [
            asyncio.create_task(self._pump(reader, there_writer)),
            asyncio.create_task(self._pump(there_reader, writer, is_answer=True)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, there_writer):
            end.transport.abort()
        await asyncio.gather(*pumps, return_exceptions=True)
        self._pairs -= {writer, there_writer}

    async def _pump(self, reader, writer, *, is_answer=False):
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                while self.is_stalled:
                    await asyncio.sleep(0.01)
                if is_answer and self.loses_answer:
                    # what was asked is done meanwhile; the client learns only that the connection is gone
                    await asyncio.sleep(0.3)
                    self.loses_answer = False
                    self.lost_answers += 1
                    return
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def a_wire_to(host):
    wire = Wire(host)
    await wire.open()
    try:
        yield wire
    finally:
        wire.is_stalled = False
        await wire.cut()
