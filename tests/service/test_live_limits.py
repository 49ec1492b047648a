"""How many may watch, and what a watcher may send."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack

import pytest
from store_documents import ANN, job
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


def watch(served):
    return connect(f"ws://127.0.0.1:{served.port}/ws/jobs/{ANN}", open_timeout=20)


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
        assert [first_status(socket) for socket in watchers] == ["queued"] * 5
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
        assert first_status(watchers[-1]) == "queued"
    finally:
        for socket in watchers:
            socket.close()


def test_one_client_cannot_take_all_places_and_has_them_back_when_its_watchers_leave(serve):
    served = serve(max_client_connections=3)
    served.do(served.store.begin_attempt(job(ANN)))
    with ExitStack() as opened:
        watchers = [opened.enter_context(watch(served)) for _ in range(3)]
        assert [first_status(socket) for socket in watchers] == ["queued"] * 3
        with pytest.raises(InvalidStatus) as refused:
            watch(served)
        assert refused.value.response.status_code == 429
        answer = served.get("/health/ready")
        assert answer.status_code == 429
        assert "LEARN_MAX_CLIENT_CONNECTIONS" in answer.json()["detail"]
        assert int(answer.headers["Retry-After"]) > 0
        assert all(socket.ping().wait(10) for socket in watchers)
    deadline = time.monotonic() + 10
    while served.get("/health/live").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with watch(served) as again:
        assert first_status(again) == "queued"


def test_a_watcher_that_sends_too_much_is_let_go_and_the_others_stay(serve):
    served = serve()
    served.do(served.store.begin_attempt(job(ANN)))
    with watch(served) as good, watch(served) as bad:
        assert first_status(good) == first_status(bad) == "queued"
        bad.send("small talk")
        bad.send("x" * 20_000)
        with pytest.raises(ConnectionClosed):
            read_on(bad)
        assert bad.close_code == 1009
        assert good.ping().wait(10)
    assert served.get("/health/live").status_code == 200
