"""HEAD answers as GET does, without the body: on the dashboard, on JSON, on what is streamed."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from store_documents import ANN, batch, entry, job, words

from flows.knowledge import utc_now

VARYING = {"date", "content-length", "transfer-encoding"}


@pytest.fixture
def ui(tmp_path):
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html>" + "<p>moss</p>" * 200)
    return folder


def learn(served, learned):
    async def write():
        begun = await served.store.begin_attempt(job(ANN))
        await served.store.claim(
            words(learned.word), job_id=ANN, attempt=begun.attempt, until=utc_now() + timedelta(days=9)
        )
        row = batch((learned.key, learned.depth), job_id=ANN, attempt=begun.attempt)
        assert await served.store.commit_batch(row, entries=[learned])

    served.do(write())


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/health/live",
        "/knowledge",
        "/entries/moss",
        "/entries/nothing",
        "/openapi.json",
        "/static/no.js",
    ],
)
def test_head_has_the_headers_of_get_and_no_body(serve, ui, path):
    served = serve(ui=ui)
    learn(served, entry("moss"))
    got, head = served.get(path), served.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert set(head.headers) | VARYING == set(got.headers) | VARYING
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.headers.get("content-length") == got.headers.get("content-length")


def test_head_of_an_export_is_over_at_once_and_gives_its_place_back(serve):
    served = serve(max_exports=2)
    for _ in range(4):
        answer = served.head("/knowledge/export")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-disposition"] == 'attachment; filename="knowledge.jsonl"'


def test_head_needs_the_token_as_get_does(serve):
    served = serve(token="a-token-of-sixteen-or-more")  # noqa: S106
    assert served.head("/knowledge").status_code == 200
    assert served.head("/knowledge", headers={"Authorization": ""}).status_code == 401


def test_head_where_there_is_no_get_is_refused(serve):
    assert serve().head("/jobs/start").status_code in {404, 405, 422}


def test_the_next_request_on_the_connection_is_answered(serve):
    served = serve()
    request = b"Host: 127.0.0.1\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as line:
        line.sendall(b"HEAD /health/live HTTP/1.1\r\n" + request)
        head = line.recv(65536)
        assert head.startswith(b"HTTP/1.1 200")
        assert head.endswith(b"\r\n\r\n")
        line.sendall(b"GET /health/live HTTP/1.1\r\n" + request)
        assert line.recv(65536).startswith(b"HTTP/1.1 200")


def test_head_is_counted_by_its_route(serve):
    served = serve()
    served.head("/health/live")
    assert 'method="HEAD",route="/health/live"' in served.get("/metrics").text
