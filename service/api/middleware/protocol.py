"""uvicorn's HTTP/1.1 and WebSocket protocols with timeouts for silent and stalled clients, and connection
limits.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from service.api.middleware.limits import network_of

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

HEAD_S = 10.0
STUCK_S = 45.0
"""The system closes a connection whose client has read nothing for this long; an orderly shutdown would wait
for it.
"""
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"
)
_MANY = b"HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"
_NO_HANDSHAKE = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass
class WebSocketLimits:
    """Open connections by client. Trusted proxies are not counted, since they connect for many clients."""

    most_of_one: int
    proxies: frozenset[str] = frozenset()
    open: Counter[str] = field(default_factory=Counter)

    def take(self, client: tuple[str, int] | None) -> bool:
        """Count one more connection. False, without counting, if the client is at its limit."""
        if (name := self._name(client)) is None:
            return True
        if self.open[name] >= self.most_of_one:
            return False
        self.open[name] += 1
        return True

    def give_back(self, client: tuple[str, int] | None) -> None:
        """Count one connection less."""
        if (name := self._name(client)) is not None:
            self.open[name] -= 1
            if self.open[name] <= 0:
                del self.open[name]

    def _name(self, client: tuple[str, int] | None) -> str | None:
        return network_of(client[0]) if client is not None and client[0] not in self.proxies else None


class PunctualProtocol(H11Protocol):
    """Closes connections that send nothing, or whose request head takes longer than ten seconds.

    Refuses connections over a client's limit, and WebSockets over the total limit, which uvicorn checks for
    HTTP only.
    """

    limits: WebSocketLimits
    stuck_s = STUCK_S

    _head_timer: asyncio.TimerHandle | None = None
    _is_counted = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeouts and count the connection."""
        super().connection_made(transport)
        line = transport.get_extra_info("socket")
        if line is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self.stuck_s * 1000))
        self._is_counted = self.limits.take(self.client)
        if not self._is_counted:
            transport.write(_MANY)
            transport.close()
            return
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Read on; restart the timeout between requests."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_waiting()
        elif self._head_timer is None and not self._is_answering():
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timeouts and release the slot."""
        self._stop_waiting()
        if self._is_counted:
            self._is_counted = False
            self.limits.give_back(self.client)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Upgrade to a WebSocket if the limit allows it and the request is a valid handshake (RFC 6455,
        4.1).
        """
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            self._refuse(_FULL)
        elif event.method != b"GET" or {name.lower() for name, _ in self.headers} & {
            b"content-length",
            b"transfer-encoding",
        }:
            self._refuse(_NO_HANDSHAKE)
        else:
            super().handle_websocket_upgrade(event)

    def _refuse(self, answer: bytes) -> None:
        self.transport.write(answer)
        self.transport.close()

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_S, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        # after an upgrade to a WebSocket the connection has another protocol
        if (
            self.transport.get_protocol() is self
            and not self.transport.is_closing()
            and not self._is_answering()
        ):
            self.transport.close()

    def _is_answering(self) -> bool:
        cycle: object = self.cycle  # None before the first request
        return isinstance(cycle, RequestResponseCycle) and not cycle.response_complete


class PunctualWebSocket(WebSocketsSansIOProtocol):
    """Aborts handshakes that take longer than ten seconds, and releases the slot when the connection is
    lost. A handshake that is refused is complete.
    """

    limits: WebSocketLimits

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the handshake timeout."""
        super().connection_made(transport)
        self._handshake_timer = self.loop.call_later(HEAD_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timeout and release the slot."""
        self._handshake_timer.cancel()
        self.limits.give_back(self.client)
        super().connection_lost(exc)

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the app says. uvicorn takes a refusal for no answer, and would log it as an error."""
        await super().send(message)
        self.handshake_complete = self.handshake_complete or self.close_sent

    def _give_up(self) -> None:
        if not self.handshake_complete:
            self.transport.abort()


def protocols(
    *, most_of_one: int, proxies: Collection[str]
) -> tuple[type[PunctualProtocol], type[PunctualWebSocket]]:
    """The two protocol classes of one server."""
    shared = {
        "limits": WebSocketLimits(most_of_one=most_of_one, proxies=frozenset(proxies)),
        "stuck_s": STUCK_S,
    }
    return type("Http", (PunctualProtocol,), shared), type("WebSocket", (PunctualWebSocket,), shared)
