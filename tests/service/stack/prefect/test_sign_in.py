"""Prefect's pages bring the password to browsers of the server's own user, and to nobody else."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import threading
from contextlib import contextmanager

import pytest
import uvicorn
from another_user import as_nobody, needs_root
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from service.stack.prefect import sign_in
from service.stack.prefect.sign_in import Address, SignedIn, is_opened_directly, user_of
from service.stack.web_server import bind

AUTH = "learn:a-password-of-sixteen-or-more"
KEPT = base64.b64encode(AUTH.encode()).decode()
OPENED = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}
PAGE = f"<!DOCTYPE html><html><head><title>Prefect</title></head><body>{'x' * 2000}</body></html>"
ASK = """
import http.client, json, sys
line = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
line.request("GET", sys.argv[2], headers=json.loads(sys.argv[3]))
print(line.getresponse().read().decode("latin-1"))
"""


async def page(request):
    etag = {"ETag": '"1"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
    if request.headers.get("if-none-match") == '"1"':
        return Response(status_code=304, headers=etag)
    return HTMLResponse(PAGE, headers=etag)


async def headless(_):
    return HTMLResponse("<p>no head</p>")


async def broken(_):
    return HTMLResponse(PAGE, status_code=500)


async def plain(_):
    return JSONResponse({"text": PAGE})


@pytest.fixture(scope="module")
def port():
    names = {
        "/": page,
        "/v2/runs": page,
        "/headless": headless,
        "/broken": broken,
        "/ui-settings": plain,
        "/api/page": page,
        "/docs": page,
    }
    app = Starlette(routes=[Route(name, there) for name, there in names.items()])
    app.add_middleware(GZipMiddleware)
    with serving(SignedIn(app, AUTH)) as found:
        yield found


@contextmanager
def serving(app):
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


def ask(port, path="/", method="GET", headers=OPENED):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request(method, path, headers=headers)
        answer = line.getresponse()
        return answer, answer.read().decode("latin-1")
    finally:
        line.close()


@pytest.mark.parametrize("path", ["/", "/v2/runs"])
def test_a_page_that_our_user_opens_brings_the_password_before_anything_else_runs(port, path):
    answer, text = ask(port, path)
    assert text.index("<head><script>") < text.index(KEPT) < text.index("<title>")
    assert f"localStorage.setItem('prefect-password','{KEPT}')" in text
    assert text.replace(text[text.index("<script>") : text.index("<title>")], "") == PAGE
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    assert "Last-Modified" not in answer.headers


def test_a_page_that_the_browser_has_kept_is_sent_anew(port):
    _, text = ask(port, headers=OPENED | {"If-None-Match": '"1"', "Accept-Encoding": "gzip"})
    assert KEPT in text
    answer, _ = ask(port, headers={"If-None-Match": '"1"'})
    assert answer.status == 304


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Mode": "navigate"},
        OPENED | {"Sec-Fetch-Dest": "iframe"},
        OPENED | {"Sec-Fetch-Dest": "script", "Sec-Fetch-Mode": "no-cors"},
        OPENED | {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"},
        OPENED | {"X-Forwarded-For": "10.0.0.1"},
        OPENED | {"Forwarded": "for=10.0.0.1"},
        OPENED | {"Via": "1.1 proxy"},
        OPENED | {"X-Real-IP": "10.0.0.1"},
        OPENED | {"X-Forwarded-Host": "prefect.example.org"},
    ],
    ids=lambda headers: " ".join(headers.values()) or "none",
)
def test_frames_scripts_programs_and_proxies_get_the_page_as_it_is(port, headers):
    answer, text = ask(port, headers=headers)
    assert text == PAGE
    assert answer.headers["ETag"] == '"1"'


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/ui-settings", "GET"),
        ("/api/page", "GET"),
        ("/docs", "GET"),
        ("/broken", "GET"),
        ("/headless", "GET"),
        ("/", "HEAD"),
        ("/", "POST"),
    ],
)
def test_only_pages_bring_it(port, path, method):
    answer, text = ask(port, path, method)
    assert KEPT not in text
    if path == "/headless":
        assert text == "<p>no head</p>"
        assert answer.headers["Content-Length"] == str(len(text))


@pytest.mark.parametrize("headers", [OPENED, {}], ids=["opened", "fetched"])
def test_no_page_can_be_framed_by_another(port, headers):
    answer, _ = ask(port, headers=headers)
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@needs_root
def test_another_user_gets_the_page_that_asks(port):
    assert as_nobody(ASK, port, "/", json.dumps(OPENED)).strip() == PAGE
    assert KEPT in ask(port)[1]


def test_where_the_system_tells_no_users_the_page_asks(port, monkeypatch, tmp_path):
    monkeypatch.setattr(sign_in, "TABLES", (tmp_path / "none",))
    assert ask(port)[1] == PAGE


CLIENT, SERVER = Address("127.0.0.1", 41536), Address("127.0.0.1", 34323)
TITLE = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"


def row(local="0100007F:A240", remote="0100007F:8613", state="01", user="1000", inode="2116640"):
    return (
        f"   7: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 {user}        0"
        f" {inode} 1 00000000a31dee4a 21 4 30 18 -1"
    )


MAPPED = "0000000000000000FFFF0000"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], None),
        ([TITLE], None),
        ([TITLE, row()], 1000),
        ([TITLE, row(user="0")], 0),
        # the server's own end of the same connection
        ([row(local="0100007F:8613", remote="0100007F:A240", user="7")], None),
        ([row(local="0100007F:8613", remote="0100007F:A240", user="7"), row()], 1000),
        ([row(local="0100007F:A241", user="7"), row(remote="0100007F:8614", user="8"), row()], 1000),
        ([row(local="0200007F:A240")], None),
        # within IPv6, as a socket of both kinds has it
        ([row(local=f"{MAPPED}0100007F:A240", remote=f"{MAPPED}0100007F:8613", user="12")], 12),
        # being closed: Linux says that it is root's
        ([row(state="06", user="0", inode="0")], None),
        ([row(state="04", user="0", inode="0")], None),
        ([row(state="04")], None),
        ([row(user="0", inode="0")], None),
        (["garbage", "a b c", row()], 1000),
    ],
)
def test_the_owner_of_a_connection_is_read_from_linux_table(lines, expected, monkeypatch):
    monkeypatch.setattr(sign_in.sys, "byteorder", "little")
    assert user_of(lines, CLIENT, SERVER) == expected


@pytest.mark.parametrize("host", ["::1", "testclient", "", "127.0.0.1 "])
def test_other_addresses_have_no_owner(host):
    assert user_of([row()], Address(host, 41536), SERVER) is None


def test_only_a_browsers_own_headers_count():
    assert is_opened_directly("GET", Headers(OPENED))
    assert not is_opened_directly("POST", Headers(OPENED))
