"""Limits: job starts per client and in total, connections per client, body size and response time."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from ipaddress import IPv6Address, ip_address

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import problem
from service.errors import TooMany

MOST_CLIENTS = 4096
PLACE_S = 5
CLOSE = {"Connection": "close"}
LONGEST_ANSWER_S = 900.0
"""For a streamed response, however steady."""


class TokenBucket:
    """A token bucket: `burst` at once, then `per_minute`."""

    def __init__(self, *, burst: int, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._per_s = per_minute / 60
        self._clock = clock
        self._left = float(burst)
        self._at = clock()

    def wait_s(self) -> float:
        """Seconds until the next one is allowed; 0 if it is allowed now."""
        now = self._clock()
        self._left = min(float(self._burst), self._left + (now - self._at) * self._per_s)
        self._at = now
        return 0.0 if self._left >= 1 else (1 - self._left) / self._per_s

    def take(self) -> None:
        """Count one that was allowed."""
        self._left -= 1


class RateLimit:
    """One bucket per client and one for all.

    With more than 4,096 clients, the least recently seen is forgotten.
    """

    def __init__(
        self,
        what: str,
        *,
        burst: int,
        per_minute: float,
        total_burst: int,
        total_per_minute: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._make = partial(TokenBucket, burst=burst, per_minute=per_minute, clock=clock)
        self._clients: OrderedDict[str, TokenBucket] = OrderedDict()
        self._total = TokenBucket(burst=total_burst, per_minute=total_per_minute, clock=clock)

    def check(self, client: str) -> None:
        """Count one for this client. Raises TooMany, without counting, if it is over the limit."""
        name = network_of(client)
        own = self._clients.setdefault(name, self._make())
        self._clients.move_to_end(name)
        if len(self._clients) > MOST_CLIENTS:
            self._clients.popitem(last=False)
        own_s, total_s = own.wait_s(), self._total.wait_s()
        if own_s or total_s:
            wait_s = math.ceil(max(own_s, total_s))
            whose = "from this client" if own_s >= total_s else "in total"
            raise TooMany(f"Too many {self._what} {whose}. Try again in {wait_s} s.", retry_after_s=wait_s)
        own.take()
        self._total.take()

    def refuse_if_over(self, client: str) -> None:
        """Raise TooMany if this client has nothing left; counts nothing."""
        own = self._clients.get(network_of(client))
        if own is not None and (wait_s := math.ceil(own.wait_s())):
            raise TooMany(
                f"Too many {self._what} from this client. Try again in {wait_s} s.", retry_after_s=wait_s
            )


class ConnectionLimit:
    """Limits how many of something one client has open at once."""

    def __init__(self, what: str, *, most: int, setting: str) -> None:
        self._what = what
        self._setting = setting
        self._most = most
        self._open: Counter[str] = Counter()

    @contextmanager
    def one(self, client: str) -> Generator[None]:
        """Hold one slot for the length of the block. Raises TooMany if the client has no slot left."""
        name = network_of(client)
        if self._open[name] >= self._most:
            raise TooMany(
                f"Too many {self._what} from this client (limit {self._most:,}). Wait for one to end, or"
                f" raise {self._setting}.",
                retry_after_s=PLACE_S,
            )
        self._open[name] += 1
        try:
            yield
        finally:
            self._open[name] -= 1
            if not self._open[name]:
                del self._open[name]


def network_of(client: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
    return str(address)


class RequestLimits:
    """ASGI middleware that limits the size and duration of request bodies, and ends responses that stall."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, timeout_s: float) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the whole body, within the limits, before the app sees the request: 408 or 413 otherwise."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                body = await self._read(scope, receive)
        except TimeoutError:
            await problem(
                408,
                f"The request body did not arrive within {self._timeout_s:g} s. Send it in one piece.",
                headers=CLOSE,
            )(scope, receive, send)
            return
        if body is None:
            limit = f"{self._max_body_bytes:,} bytes"
            await problem(
                413, f"The request body is larger than {limit}. Send less at a time.", headers=CLOSE
            )(scope, receive, send)
            return
        await self._answer(scope, _replay(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self._max_body_bytes:
            return None
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return bytes(body)
            body += message.get("body", b"")
            if len(body) > self._max_body_bytes:
                return None
            if not message.get("more_body", False):
                return bytes(body)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False
        loop = asyncio.get_running_loop()
        last = loop.time() + LONGEST_ANSWER_S

        async def moving(message: Message) -> None:
            nonlocal has_started
            has_started = True
            limit.reschedule(min(last, loop.time() + self._timeout_s))
            await send(message)
            limit.reschedule(min(last, loop.time() + self._timeout_s))

        try:
            async with asyncio.timeout(self._timeout_s) as limit:
                await self._app(scope, receive, moving)
        except TimeoutError:
            if has_started or not limit.expired():
                raise
            await problem(
                503, f"The server did not respond within {self._timeout_s:g} s. Try again.", retry_after_s=5
            )(scope, receive, send)


def _replay(body: bytes, receive: Receive) -> Receive:
    is_told = False

    async def replay() -> Message:
        nonlocal is_told
        if is_told:
            return await receive()
        is_told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
