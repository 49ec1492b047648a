"""HTTP/1.1 as uvicorn speaks it, with a time limit for a request's head, and with watchers counted among the connections."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_S = 10.0
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"


class PunctualProtocol(H11Protocol):
    """Closes a connection whose next request has begun and whose head is not there after ten seconds, and one that never says anything.

    Refuses to make a WebSocket of a connection past the limit; uvicorn looks at the limit for requests only.
    """

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As asyncio has it."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """As asyncio has it."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_waiting()
        elif self._head_timer is None and not self._is_answering():
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """As asyncio has it."""
        self._stop_waiting()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """As uvicorn has it, within the limit."""
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            self.transport.write(_FULL)
            self.transport.close()
            return
        super().handle_websocket_upgrade(event)

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_S, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        # a connection that became a WebSocket has another protocol by now
        if self.transport.get_protocol() is self and not self.transport.is_closing() and not self._is_answering():
            self.transport.close()

    def _is_answering(self) -> bool:
        cycle: object = self.cycle  # None before the first request
        return isinstance(cycle, RequestResponseCycle) and not cycle.response_complete
