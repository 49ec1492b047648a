"""The outermost middleware: sees every request and WebSocket first, and every response last."""

from __future__ import annotations

import time
from contextlib import ExitStack

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.middleware.access import HEADERS, Access
from service.api.middleware.attempts import Attempts, is_over_tls
from service.api.middleware.limits import ConnectionLimit
from service.api.problems import problem_of, unexpected
from service.errors import AccessRefused, TooMany
from service.metrics import Metrics

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class AccessMiddleware:
    """ASGI middleware that checks access, sets security headers, counts requests, and turns unhandled
    exceptions into 500.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        access: Access,
        attempts: Attempts,
        connections: ConnectionLimit,
        metrics: Metrics,
    ) -> None:
        self._app = app
        self._attempts = attempts
        self._access = access
        self._connections = connections
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check access and the client's connections, then pass the request on and count it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def finished(message: Message) -> None:
            nonlocal status
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                status = int(message["status"])
                _finish(
                    MutableHeaders(scope=message),
                    is_secure=is_over_tls(scope["scheme"], Headers(scope=scope)),
                )
            await send(message)

        with ExitStack() as held:
            try:
                self._check(scope)
                held.enter_context(self._connections.one(scope["client"][0] if scope.get("client") else ""))
            except (AccessRefused, TooMany) as error:
                refusal = problem_of(error)
                self._metrics.refusals.labels(str(refusal.status_code)).inc()
                await _refuse(scope, receive, finished, refusal)
                return
            try:
                await self._app(scope, receive, finished)
            except Exception as error:
                if status or scope["type"] != "http":
                    raise
                await unexpected(error)(scope, receive, finished)
            finally:
                if scope["type"] == "http":
                    route = getattr(scope.get("route"), "path", "none")
                    method = scope["method"] if scope["method"] in METHODS else "other"
                    self._metrics.requests.labels(method, route, str(status)).inc()
                    self._metrics.request_seconds.labels(route).observe(time.perf_counter() - began)

    def _check(self, scope: Scope) -> None:
        method = scope["method"] if scope["type"] == "http" else None
        server, headers = scope.get("server"), Headers(scope=scope)
        client = scope["client"][0] if scope.get("client") else ""
        self._attempts.look_for_proxy(headers, client)
        brings_token = self._access.brings_token(scope["path"], headers)
        if brings_token:
            self._attempts.before_token(client)
        try:
            self._access.check(
                method, scope["path"], scope["query_string"], headers, server=server[0] if server else None
            )
        except AccessRefused as error:
            if brings_token and error.status == 401:
                self._attempts.wrong_token(client)
            raise


async def _refuse(scope: Scope, receive: Receive, send: Send, refusal: Response) -> None:
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": "Not allowed"})
        return
    await refusal(scope, receive, send)


def _finish(headers: MutableHeaders, *, is_secure: bool) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")
    if is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
