"""Opens Prefect's pages signed in, for a browser that runs as the server's own user on this machine.

Prefect's pages look for the password in the browser's storage before their first call. A page that such a
browser asks for brings a line of script that puts it there. Its user can read the password's file anyway;
everybody else gets the page as it is, which asks for the password.
"""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.middleware.attempts import FORWARDED

STORED_AS = "prefect-password"
"""Where Prefect's pages keep the user and password, in base64."""
TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""Linux's tables of connections. Other systems have none, and there the pages ask for the password."""
LOOKS = 2
"""The tables are read in pieces, so a look may miss a row while others come and go."""
_ESTABLISHED = "01"
_V4_IN_V6 = bytes(10) + b"\xff\xff"
_HEAD = b"<head>"
_NOT_PAGES = ("/api", "/docs", "/redoc")
_BY_A_PROXY = frozenset({*FORWARDED, "via", "x-forwarded-host"})
_UNWANTED = frozenset({b"if-none-match", b"if-modified-since", b"accept-encoding", b"range"})
"""What would bring a page that the browser has kept, or one in which nothing can be inserted."""
_PAGE_HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
"""Another page must not use one that is signed in, as in a frame under its own buttons."""


class Address(NamedTuple):
    """One end of a connection."""

    host: str
    port: int


class SignedIn:
    """ASGI middleware around Prefect's app that signs in the browsers of our own user."""

    def __init__(self, app: ASGIApp, auth_string: str) -> None:
        self._app = app
        kept = base64.b64encode(auth_string.encode()).decode()
        self._script = (
            f"<script>try{{localStorage.setItem('{STORED_AS}','{kept}')}}catch{{}}"
            "document.currentScript.remove()</script>"
        ).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on every request; a page that our own user opened gets the script."""
        if scope["type"] != "http" or scope["path"].startswith(_NOT_PAGES):
            await self._app(scope, receive, send)
            return
        script = b""
        if is_opened_directly(scope["method"], Headers(scope=scope)) and await _is_ours(scope):
            script = self._script
            kept = [(name, value) for name, value in scope["headers"] if name.lower() not in _UNWANTED]
            scope = {**scope, "headers": kept}
        await self._app(scope, receive, _Page(send, script))


class _Page:
    """Sends a response; adds our headers and the script if it is a page."""

    def __init__(self, send: Send, script: bytes) -> None:
        self._send = send
        self._script = script
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("content-type", "").startswith("text/html"):
                headers.update(_PAGE_HEADERS)
                if self._script and message["status"] == 200:
                    self._start = message
                    return
        elif self._start is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            await self._send_with_script(self._start)
            return
        await self._send(message)

    async def _send_with_script(self, start: Message) -> None:
        before, head, after = bytes(self._body).partition(_HEAD)
        body = before + head + (self._script if head else b"") + after
        headers = MutableHeaders(scope=start)
        headers["Content-Length"] = str(len(body))
        headers["Cache-Control"] = "no-store"
        for name in ("etag", "last-modified"):
            if name in headers:
                del headers[name]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def is_opened_directly(method: str, headers: Headers) -> bool:
    """Whether a browser opens a page in a tab of its own, without a proxy in between.

    No page can set these headers for another one, and no frame, script or fetch has them.
    """
    return (
        method == "GET"
        and headers.get("sec-fetch-dest") == "document"
        and headers.get("sec-fetch-mode") == "navigate"
        and not _BY_A_PROXY & set(headers.keys())
    )


async def _is_ours(scope: Scope) -> bool:
    client, server = scope.get("client"), scope.get("server")
    if client is None or server is None:
        return False
    return await asyncio.to_thread(is_of_own_user, Address(*client), Address(*server))


def is_of_own_user(client: Address, server: Address) -> bool:
    """Whether this process's user holds the client's end of a connection between programs of this machine."""
    for _ in range(LOOKS):
        for table in TABLES:
            try:
                lines = table.read_text(encoding="ascii").splitlines()
            except OSError:
                continue
            if (user := user_of(lines, client, server)) is not None:
                return user == os.geteuid()
    return False


def user_of(lines: Iterable[str], client: Address, server: Address) -> int | None:
    """The user id that a table of connections gives for the client's end; None if it is not there.

    A connection that is being closed has no owner any more: Linux says 0 then, as of root's.
    """
    try:
        ends = {(_end(client, before), _end(server, before)) for before in (b"", _V4_IN_V6)}
    except OSError:  # the server listens on 127.0.0.1 only
        return None
    for line in lines:
        fields = line.split()
        if len(fields) > 9 and (fields[1], fields[2]) in ends and fields[3] == _ESTABLISHED:
            return int(fields[7]) if fields[9] != "0" else None
    return None


def _end(address: Address, before: bytes) -> str:
    """One end of a connection as Linux writes it: an IPv4 address, alone or inside an IPv6 one, in four-byte
    words.
    """
    host = before + socket.inet_pton(socket.AF_INET, address.host)
    words = [int.from_bytes(host[at : at + 4], sys.byteorder) for at in range(0, len(host), 4)]
    return f"{''.join(f'{word:08X}' for word in words)}:{address.port:04X}"
