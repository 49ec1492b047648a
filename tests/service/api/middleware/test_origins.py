"""What other pages in the browser may do, and under which name the server answers."""

from __future__ import annotations

from tests.service.api.access_calls import operations, raw

WRITES = {"POST", "PUT", "PATCH", "DELETE"}


REBOUND = (
    "evil.example",
    "evil.example:8000",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "",
    "[::2]",
    "10.0.0.1",
    "@localhost",
    "localhost:1@evil.example",
)


def test_rebound_name_is_refused_on_every_route(serve):
    served = serve()
    for host in REBOUND:
        for method, path in operations(served):
            assert served.request(method, path, headers={"Host": host}).status_code == 403, (
                host,
                method,
                path,
            )


def test_own_names_are_answered(serve):
    served = serve(allowed_hosts="learn.example")
    for host in ("localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]:8000", "learn.example", "localhost."):
        assert served.get("/health/live", headers={"Host": host}).status_code == 200, host


def test_two_hosts_are_none(serve):
    served = serve()
    answer = raw(
        served,
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    )
    assert answer.split(b" ")[1] in {b"400", b"403"}


OTHER_PAGES = (
    "http://evil.example",
    "null",
    "http://localhost:1",
    "file://",
    "http://127.0.0.1.evil.example",
    "https://127.0.0.1",
    "x",
    "http://[",
)


def test_another_page_can_write_nothing(serve):
    served = serve()
    writes = [(m, p) for m, p in operations(served) if m in WRITES]
    assert len(writes) >= 8
    for origin in OTHER_PAGES:
        for method, path in writes:
            answer = served.request(method, path, headers={"Origin": origin}, json={})
            assert answer.status_code == 403, (origin, method, path)
            assert "access-control-allow-origin" not in answer.headers
    assert served.post("/jobs/start_big", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_own_and_named_pages_may_write(serve):
    served = serve(allowed_origins="https://learn.example")
    for origin in (served.url, served.url.upper().replace("HTTP", "http"), "https://learn.example"):
        assert served.post("/jobs/start_big", headers={"Origin": origin}).status_code == 503, origin


def test_form_of_another_page_is_no_json(serve):
    served = serve()
    body = b'{"mode": "quick", "words": ["moss"]}'
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        assert (
            served.post("/jobs/start", content=body, headers={"Content-Type": content_type}).status_code
            == 422
        )
