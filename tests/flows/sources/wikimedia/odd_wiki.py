"""A wiki on a real socket that answers what a test says: for answers that no sound wiki gives."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

from flows.sources.wikimedia.action_api import ActionApi
from flows.sources.wikimedia.pace import Pace


@asynccontextmanager
async def odd_wiki(answer, *, pace=None, timeout_s=5, name="Wikipedia"):
    """A client of a wiki where `answer(parameters)` gives a body, or a status with headers and a body; bodies
    may be objects for JSON.
    """
    asked = []

    async def serve(reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                method, target, _ = lines[0].split(" ", 2)
                headers = {
                    name.lower(): value
                    for name, _, value in (line.partition(": ") for line in lines[1:] if line)
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                parameters = dict(
                    parse_qsl(
                        body.decode() if method == "POST" else urlsplit(target).query, keep_blank_values=True
                    )
                )
                asked.append((method, parameters, headers))
                given = answer(parameters)
                status, extra, content = given if isinstance(given, tuple) else (200, {}, given)
                raw = content if isinstance(content, bytes) else json.dumps(content).encode()
                extra = {"Content-Type": "application/json", **extra, "Content-Length": str(len(raw))}
                writer.write(
                    f"HTTP/1.1 {status} -\r\n".encode()
                    + "".join(f"{k}: {v}\r\n" for k, v in extra.items()).encode()
                    + b"\r\n"
                    + raw
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        url = f"http://127.0.0.1:{port}/w/api.php"
        async with ActionApi(
            url,
            name=name,
            contact="tests@example.org",
            pace=pace or Pace(per_minute=6000, at_once=3),
            timeout_s=timeout_s,
        ) as opened:
            opened.asked = asked
            yield opened
    finally:
        server.close()
        await server.wait_closed()
