"""How many may watch, and what a watcher may send."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from store_documents import ANN, job
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


def watch(served, headers=None):
    return connect(f"ws://127.0.0.1:{served.port}/ws/jobs/{ANN}", open_timeout=20, additional_headers=headers)


def wait_until(condition, within_s=10):
    """True as soon as the condition holds; what a refused handshake raises counts as not yet."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        with suppress(InvalidStatus, OSError):
            if condition():
                return True
        time.sleep(0.1)
    return False


def peers_of(port):
    """The ports at the other ends of a server's open connections, as the system tells them."""
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, mine, theirs, state = line.split()[:4]
        if int(mine.rpartition(":")[2], 16) == port and state in {"01", "04", "05"}:
            found.add(int(theirs.rpartition(":")[2], 16))
    return found


def first_status(socket):
    return json.loads(socket.recv(timeout=20))["status"]


def read_on(socket):
    """Read what was sent before, and what comes."""
    for _ in range(20):
        socket.recv(timeout=20)


def test_watchers_past_the_cap_are_refused_and_there_is_room_when_one_leaves(serve):
    served = serve(max_connections=6)
    served.do(served.store.begin_attempt(job(ANN)))
    served.client.close()
    watchers = [watch(served) for _ in range(5)]
    try:
        assert [first_status(socket) for socket in watchers] == ["running"] * 5
        for _ in range(3):
            with pytest.raises(InvalidStatus) as refused:
                watch(served)
            assert refused.value.response.status_code == 503
            assert int(refused.value.response.headers["Retry-After"]) > 0
        watchers.pop().close()
        deadline = time.monotonic() + 10
        while len(watchers) < 5:
            assert time.monotonic() < deadline
            try:
                watchers.append(watch(served))
            except InvalidStatus:
                time.sleep(0.1)
        assert first_status(watchers[-1]) == "running"
    finally:
        for socket in watchers:
            socket.close()


def test_one_client_behind_a_proxy_cannot_take_all_places_and_has_them_back_when_its_watchers_leave(serve):
    served = serve(max_client_connections=3, trusted_proxies=("127.0.0.1",))
    served.do(served.store.begin_attempt(job(ANN)))
    greedy, other = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "203.0.113.10"}
    with ExitStack() as opened:
        watchers = [opened.enter_context(watch(served, greedy)) for _ in range(3)]
        assert [first_status(line) for line in watchers] == ["running"] * 3
        with pytest.raises(InvalidStatus) as refused:
            watch(served, greedy)
        assert refused.value.response.status_code == 429
        answer = served.get("/health/ready", headers=greedy)
        assert answer.status_code == 429
        assert "LEARN_MAX_CLIENT_CONNECTIONS" in answer.json()["detail"]
        assert int(answer.headers["Retry-After"]) > 0
        assert served.get("/health/ready", headers=other).status_code == 200
        assert first_status(opened.enter_context(watch(served, other))) == "running"
        assert all(line.ping().wait(10) for line in watchers)
    deadline = time.monotonic() + 10
    while served.get("/health/live", headers=greedy).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_lines_of_one_client_that_say_nothing_are_counted_too_until_they_end(serve):
    served = serve(max_client_connections=3)
    served.do(served.store.begin_attempt(job(ANN)))
    served.client.close()
    with ExitStack() as opened:
        silent = [
            opened.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=10))
            for _ in range(2)
        ]
        assert first_status(opened.enter_context(watch(served))) == "running"
        late = opened.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=10))
        assert b" 429 " in late.recv(1000)
        silent.pop().close()
        assert wait_until(lambda: first_status(opened.enter_context(watch(served))) == "running")


def test_a_refused_watcher_is_no_error_in_the_log(serve, caplog):
    served = serve()
    for _ in range(2):
        with pytest.raises(InvalidStatus) as refused:
            watch(served, {"Origin": "https://elsewhere.example"})
        assert refused.value.response.status_code == 403
    served.do(asyncio.sleep(0.1))
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_handshake_that_is_none_is_refused_at_once(serve):
    served = serve()
    upgrade = (
        "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version:"
        " 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    )
    for head in (
        f"GET /ws/jobs HTTP/1.1\r\n{upgrade}Content-Length: 5\r\n\r\n",
        f"POST /ws/jobs HTTP/1.1\r\n{upgrade}\r\n",
    ):
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as line:
            line.sendall(head.encode())
            assert b" 400 " in line.recv(1000)
            assert line.recv(1000) == b""


@pytest.mark.skipif(
    not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system cannot end a line whose buffer never empties"
)
def test_a_client_that_takes_nothing_gives_its_place_back(serve, monkeypatch):
    monkeypatch.setattr("service.api.middleware.protocol.STUCK_S", 2.0)
    served = serve(max_client_connections=3, request_timeout_s=1.0)
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(("127.0.0.1", served.port))
        deaf.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 60)
        port = deaf.getsockname()[1]
        assert wait_until(lambda: port not in peers_of(served.port), within_s=60)


def test_a_watcher_that_sends_too_much_is_let_go_and_the_others_stay(serve):
    served = serve()
    served.do(served.store.begin_attempt(job(ANN)))
    with watch(served) as good, watch(served) as bad:
        assert first_status(good) == first_status(bad) == "running"
        bad.send("small talk")
        bad.send("x" * 20_000)
        with pytest.raises(ConnectionClosed):
            read_on(bad)
        assert bad.close_code == 1009
        assert good.ping().wait(10)
    assert served.get("/health/live").status_code == 200
