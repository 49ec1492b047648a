"""Who may reach the embedded Prefect server: programs of this machine, and its own pages in a browser."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.middleware.access import is_same_origin, name_of
from service.settings import LOOPBACK_NAMES

REFUSED = (
    "Another page, or a page under another name, asks for this. Prefect's own page is at http://127.0.0.1 on"
    " this port.\n"
)


class LoopbackOnly:
    """ASGI middleware: refuses, WebSockets before they are accepted, what names another host or comes from
    another origin.

    Prefect checks neither, and whoever may start its runs may run any command: a page that rebinds its name
    to 127.0.0.1, or one that opens a WebSocket there, must not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] == "lifespan" or is_own(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "Another origin"})
        else:
            await PlainTextResponse(REFUSED, status_code=403)(scope, receive, send)


def is_own(headers: Headers) -> bool:
    """Whether a request names this machine, once, and comes from no page or from one that this server sent,
    by whichever name of the machine.
    """
    hosts = headers.getlist("host")
    if len(hosts) != 1 or name_of(hosts[0].lower()) not in LOOPBACK_NAMES:
        return False
    names = [hosts[0].lower().replace(name_of(hosts[0].lower()), name) for name in ("127.0.0.1", "localhost")]
    return all(
        any(is_same_origin(origin, name) for name in (hosts[0].lower(), *names))
        for origin in headers.getlist("origin")
    )
