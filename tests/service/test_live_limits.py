"""How many may watch, and what a watcher may send."""

from __future__ import annotations

import json
import time

import pytest
from store_documents import ANN, job
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


def watch(served):
    return connect(f"ws://127.0.0.1:{served.port}/ws/jobs/{ANN}", open_timeout=20)


def first_status(socket):
    return json.loads(socket.recv(timeout=20))["status"]


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


def test_a_watcher_that_sends_too_much_is_let_go_and_the_others_stay(serve):
    served = serve()
    served.do(served.store.begin_attempt(job(ANN)))
    with watch(served) as good, watch(served) as bad:
        assert first_status(good) == first_status(bad) == "queued"
        bad.send("small talk")
        bad.send("x" * 20_000)
        with pytest.raises(ConnectionClosed):
            bad.recv(timeout=20)
        assert bad.close_code == 1009
        assert good.ping().wait(10)
    assert served.get("/health/live").status_code == 200
