"""Access to the embedded Prefect server: programs on this machine, and the server's own pages."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from flows.own_machine import OWN_ADDRESS, OWN_NAMES
from service.api.middleware.access import host_name, is_same_origin

REFUSED = (
    "Forbidden: cross-origin request to the local Prefect server. Open Prefect at http://127.0.0.1 on"
    " this port.\n"
)


class LoopbackOnly:
    """ASGI middleware that refuses requests and WebSockets from other hosts and origins.

    Prefect checks neither, and any caller that can start runs can run any command. This blocks DNS rebinding
    and cross-origin WebSockets.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on requests that name this machine: 403 otherwise, and 1008 to a WebSocket."""
        if scope["type"] == "lifespan" or is_from_own_machine(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "Another origin"})
        else:
            await PlainTextResponse(REFUSED, status_code=403)(scope, receive, send)


def is_from_own_machine(headers: Headers) -> bool:
    """Whether a request names this machine exactly once, and has no origin or this server's own, under any of
    its names.
    """
    hosts = headers.getlist("host")
    if len(hosts) != 1 or host_name(hosts[0].lower()) not in OWN_NAMES:
        return False
    names = [
        hosts[0].lower().replace(host_name(hosts[0].lower()), name) for name in (OWN_ADDRESS, "localhost")
    ]
    return all(
        any(is_same_origin(origin, name) for name in (hosts[0].lower(), *names))
        for origin in headers.getlist("origin")
    )
