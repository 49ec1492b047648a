from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import time
from uuid import uuid4

import pytest
from api_server import NOWHERE
from store_documents import batch, entry

from flows.knowledge import Job, utc_now
from service.api.middleware import limits, protocol
from service.api.middleware.limits import RateLimit, TokenBucket, network_of
from service.errors import TooMany


def limiter(clock, **changes):
    options = {"burst": 20, "per_minute": 60, "total_burst": 30, "total_per_minute": 120} | changes
    return RateLimit("starts", clock=lambda: clock[0], **options)


def passed(limit, client, times):
    count = 0
    for _ in range(times):
        try:
            limit.check(client)
        except TooMany:
            continue
        count += 1
    return count


def test_burst_passes_then_one_at_a_time():
    clock = [0.0]
    limit = limiter(clock)
    assert passed(limit, "10.0.0.1", 25) == 20
    with pytest.raises(TooMany, match="Try again in 1 s") as caught:
        limit.check("10.0.0.1")
    assert caught.value.retry_after_s == 1
    clock[0] += 1.0
    assert passed(limit, "10.0.0.1", 5) == 1
    clock[0] += 3600
    assert passed(limit, "10.0.0.1", 25) == 20


def test_all_clients_together_have_a_limit_and_those_refused_cost_nothing():
    clock = [0.0]
    limit = limiter(clock)
    assert passed(limit, "10.0.0.1", 100) == 20
    assert passed(limit, "10.0.0.2", 100) == 10
    with pytest.raises(TooMany, match="in total"):
        limit.check("10.0.0.3")
    clock[0] += 0.5
    assert passed(limit, "10.0.0.3", 5) == 1


def test_forgotten_clients_bound_the_memory():
    limit = limiter([0.0], total_burst=10**9)
    for number in range(limits.MOST_CLIENTS + 500):
        limit.check(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(limit._clients) == limits.MOST_CLIENTS


def test_one_client_is_an_address_or_a_home_network():
    assert network_of("2001:db8:1:2::5") == network_of("2001:db8:1:2:ffff::6")
    assert network_of("2001:db8:1:2::5") != network_of("2001:db8:1:3::5")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1")


def test_bucket_tells_how_long_to_wait():
    clock = [0.0]
    bucket = TokenBucket(burst=1, per_minute=6, clock=lambda: clock[0])
    bucket.take()
    assert bucket.wait_s() == pytest.approx(10)
    clock[0] += 4
    assert bucket.wait_s() == pytest.approx(6)


def test_flood_of_starts_is_told_when_to_come_back(serve):
    served = serve()
    answers = [served.post("/jobs/start_big") for _ in range(25)]
    # nothing can be started without Prefect, but each counts
    assert [a.status_code for a in answers] == [503] * 20 + [429] * 5
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 3
    assert answers[-1].json()["retry_after_s"] == int(answers[-1].headers["retry-after"])
    assert served.get("/knowledge").status_code == 200


def test_starts_that_are_not_understood_are_not_counted(serve):
    served = serve(is_alone=True)
    assert {served.post("/jobs/start", json={"mode": "nope"}).status_code for _ in range(30)} == {422}
    assert served.post("/jobs/start_big").status_code == 503


def test_one_client_cannot_take_all_exports(serve):
    served = serve(trusted_proxies=("127.0.0.1",), max_exports=2)
    other = {"X-Forwarded-For": "203.0.113.10"}
    entries = [entry(f"word{n}", definition="A long text about it. " * 25) for n in range(4000)]
    for at in range(0, len(entries), 500):
        served.do(served.store.commit_batch(batch(number=at + 1), entries=entries[at : at + 500]))
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        slow.connect(("127.0.0.1", served.port))
        slow.sendall(
            b"GET /knowledge/export HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"
        )
        assert slow.recv(100).startswith(b"HTTP/1.1 200")
        refused = served.get("/knowledge/export", headers={"X-Forwarded-For": "203.0.113.9"})
        assert refused.status_code == 429
        assert "LEARN_MAX_EXPORTS" in refused.json()["detail"]
        assert len(served.get("/knowledge/export", headers=other).text.splitlines()) == 4000


def test_oversized_body_is_refused_on_every_route(serve):
    served = serve(max_body_bytes=10_000)
    body = json.dumps({"topic": "x" * 20_000}).encode()
    for path in (
        "/jobs/start",
        "/jobs/start_big",
        "/session",
        "/jobs/00000000-0000-4000-8000-000000000000/cancel",
        "/nothing",
    ):
        for content in (body, iter([body[at : at + 1000] for at in range(0, len(body), 1000)])):
            answer = served.post(path, content=content, headers={"Content-Type": "application/json"})
            assert answer.status_code == 413, path
            assert "10,000 bytes" in answer.json()["detail"]


def test_500_long_words_fit(serve):
    words = [f"{chr(0x4E00 + n)}" * 60 for n in range(500)]
    answer = serve().post(
        "/jobs/start",
        content=json.dumps({"mode": "quick", "words": words}),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 503, answer.text


def test_body_that_lies_about_its_size_is_refused(serve):
    served = serve(max_body_bytes=2000)
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(
            b"POST /jobs/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n{"
        )
        assert b" 413 " in connection.recv(1000)


def test_body_that_never_ends_is_worker_stopping(serve):
    served = serve(request_timeout_s=0.5)
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(b"POST /jobs/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        assert b" 408 " in connection.recv(1000)
    assert served.get("/health/live").status_code == 200


def test_head_that_never_ends_and_silence_are_cut_off(serve, monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_S", 0.3)
    served = serve()
    whole = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for before, said in ((b"", b""), (b"", whole[:-4]), (whole, b"GET /")):
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
            if before:
                connection.sendall(before)
                answer = b""
                while not answer.endswith(b"}"):
                    answer += connection.recv(4000)
                assert answer.startswith(b"HTTP/1.1 200")
            connection.sendall(said)
            assert connection.recv(1000) == b""


def test_head_of_endless_size_is_refused(serve):
    served = serve()
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 200_000)
        assert b" 400 " in connection.recv(1000)


def test_store_that_hangs_gives_503_and_the_facade_goes_on(serve, tmp_path):
    served = serve(store=f"sqlite:///{tmp_path}/store.db", request_timeout_s=2.0)
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    job_id = uuid4()
    served.do(
        served.store.begin_attempt(Job(job_id=job_id, mode="big", status="running", created_at=utc_now()))
    )
    other.execute("BEGIN IMMEDIATE")
    answer = served.post(f"/jobs/{job_id}/cancel")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert served.get("/knowledge").status_code == 200
    other.execute("ROLLBACK")
    other.close()
    assert served.post(f"/jobs/{job_id}/cancel").status_code == 202


def test_connections_past_the_cap_are_refused_and_the_others_served(serve):
    served = serve(max_connections=10)
    held = [socket.create_connection(("127.0.0.1", served.port), timeout=10) for _ in range(9)]
    try:
        time.sleep(0.3)
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as late:
            late.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b" 503 " in late.recv(1000)
        held.pop().close()
        time.sleep(0.2)
        held[0].sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in held[0].recv(1000)
    finally:
        for connection in held:
            connection.close()


def test_prefect_that_is_not_there_is_told_quickly(serve):
    served = serve()
    began = time.monotonic()
    for _ in range(3):
        answer = served.get("/schedules")
        assert answer.status_code == 503
        assert NOWHERE in answer.json()["detail"]
        assert int(answer.headers["retry-after"]) >= 1
    assert time.monotonic() - began < 5


async def test_answer_that_does_not_move_on_is_ended():
    async def stuck(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(60)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    sent = []

    async def send(message):
        sent.append(message)

    wrapped = limits.RequestLimits(stuck, max_body_bytes=100, timeout_s=0.1)
    with pytest.raises(TimeoutError):
        await wrapped({"type": "http", "headers": []}, receive, send)
    assert [m["type"] for m in sent] == ["http.response.start"]
