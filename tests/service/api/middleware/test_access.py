from __future__ import annotations

import time

import pytest
from api_server import TOKEN
from starlette.datastructures import Headers

from flows.errors import ConfigurationError
from service.api.app import create_app
from service.api.middleware.access import COOKIE, Access
from service.errors import AccessRefused
from service.settings import FacadeSettings, read_facade_settings
from tests.service.api.access_calls import operations, raw


def test_every_route_but_health_and_sign_in_asks_for_the_token(serve):
    served = serve(token=TOKEN)
    asked = set()
    for method, path in operations(served):
        answer = served.request(
            method,
            path,
            headers={"Authorization": ""},
            json={"token": "x" * 20} if path == "/session" else None,
        )
        if answer.status_code == 401:
            asked.add(path)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"
        wrong = served.request(method, path, headers={"Authorization": f"Bearer {TOKEN}x"})
        assert wrong.status_code == answer.status_code or path == "/session"
    everything = {path for _, path in operations(served)}
    assert everything - asked == {"/health/live", "/health/ready"}


def test_what_is_not_the_token_is_refused(serve):
    served = serve(token=TOKEN)
    for header in (
        "Bearer",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN} x",
        "Bearer \xff",
    ):
        assert (
            served.get("/knowledge", headers={"Authorization": header.encode("latin-1")}).status_code == 401
        ), header
    assert served.get("/knowledge").status_code == 200


def test_cookie_stands_for_the_token_until_it_is_given_back(serve):
    served = serve(token=TOKEN)
    served.headers["Authorization"] = ""
    assert served.post("/session", json={"token": "not the token at all"}).status_code == 401
    answer = served.post("/session", json={"token": TOKEN})
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert served.get("/knowledge").status_code == 200
    kept = served.cookies[COOKIE]
    assert served.delete("/session").status_code == 204
    assert served.get("/knowledge").status_code == 401
    for forged in (
        kept[:-1] + ("0" if kept[-1] != "0" else "1"),
        kept.replace("1.", "1.9", 1),
        "",
        "1.99999999999.x.y",
    ):
        assert served.get("/knowledge", headers={"Cookie": f"{COOKIE}={forged}"}).status_code == 401


def test_session_ends_and_does_not_outlive_the_token():
    access = Access(FacadeSettings(api_token=TOKEN, session_lifetime="PT1S"))
    value, lifetime_s = access.new_session()
    assert lifetime_s == 1
    headers = Headers({"host": "localhost", "cookie": f"{COOKIE}={value}"})
    access.check("GET", "/knowledge", b"", headers, server=None)
    with pytest.raises(AccessRefused):
        Access(FacadeSettings(api_token=TOKEN + "!")).check("GET", "/knowledge", b"", headers, server=None)
    time.sleep(2.1)
    with pytest.raises(AccessRefused):
        access.check("GET", "/knowledge", b"", headers, server=None)


def test_attempts_to_sign_in_are_limited(serve):
    served = serve(token=TOKEN)
    answers = [served.post("/session", json={"token": "wrong" * 5}) for _ in range(12)]
    assert [a.status_code for a in answers] == [401] * 10 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_half_a_character_is_no_token_and_no_fault(serve):
    served = serve(token=TOKEN)
    answer = served.request(
        "POST",
        "/session",
        content=b'{"token": "\\ud800aaaaaaaaaaaaaaaa"}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in {401, 422}


def test_another_page_reads_nothing_either(serve):
    served = serve(allowed_origins="https://learn.example")
    cross = {"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"}
    for path in ("/knowledge/export", "/jobs", "/metrics"):
        assert served.get(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert served.get(path, headers=cross).status_code == 403
        assert served.get(path, headers=cross | {"Origin": "https://learn.example"}).status_code != 403
    assert served.get("/health/live", headers=cross).status_code == 200


def test_without_a_token_there_is_nothing_to_sign_in_to(serve):
    assert serve().post("/session", json={"token": "x"}).status_code == 409


def test_token_in_the_address_is_refused(serve):
    served = serve(token=TOKEN)
    for path in (
        f"/knowledge?token={TOKEN}",
        f"/knowledge?q={TOKEN}",
        "/knowledge?access_token=x",
        "/jobs?TOKEN=x",
        f"/entries/{TOKEN}",
        f"/entries/x;{TOKEN}",
        f"/knowledge?{TOKEN}=1",
        "/jobs?api_key=",
    ):
        answer = served.get(path)
        assert answer.status_code == 403, path
        assert "URL" in answer.json()["detail"]
        assert TOKEN not in answer.text


def test_address_with_too_many_fields_is_refused(serve):
    assert serve().get("/knowledge?" + "&".join(f"a{n}=1" for n in range(60))).status_code == 403


def test_every_answer_carries_the_headers_that_protect_a_browser(serve):
    served = serve(token=TOKEN)
    for method, path in [
        ("GET", "/health/live"),
        ("GET", "/nothing"),
        ("GET", "/"),
        ("PUT", "/jobs"),
        ("POST", "/session"),
        ("GET", "/knowledge/export"),
    ]:
        answer = served.request(method, path)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        # the dashboard's page, where it was built, is asked for again each time
        assert answer.headers["cache-control"] == (
            "no-cache" if path == "/" and answer.is_success else "no-store"
        )
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


def test_idempotency_key_is_plain_text(serve):
    served = serve()
    for key in ("a b", "x" * 201, "caf\xe9", "tab\there"):
        answer = served.post("/jobs/start_big", headers={"Idempotency-Key": key.encode("latin-1")})
        assert answer.status_code == 422, key
        assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


def test_line_break_in_a_word_never_becomes_a_header(serve):
    served = serve()
    answer = served.get("/entries/a%0d%0aX-Injected:%20yes")
    assert answer.status_code == 404
    assert "x-injected" not in answer.headers
    assert "\r" not in answer.json()["detail"]
    split = raw(
        served,
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-A: b\rX-Injected: yes\r\nConnection:"
        b" close\r\n\r\n",
    )
    assert b"\r\nx-injected" not in split.lower()


def test_a_proxys_word_counts_only_where_it_is_trusted(serve):
    served = serve(starts_burst=1)
    statuses = [
        served.post("/jobs/start_big", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(3)
    ]
    assert statuses == [503, 429, 429]


def test_other_machines_are_let_in_only_with_a_token(monkeypatch, tmp_path):
    for host in ("0.0.0.0", "::", "192.168.1.5", "learn.example"):  # noqa: S104
        with pytest.raises(ConfigurationError, match="LEARN_API_TOKEN"):
            create_app(facade=FacadeSettings(host=host))
        monkeypatch.setenv("LEARN_HOST", host)
        with pytest.raises(ConfigurationError, match="LEARN_HOST"):
            read_facade_settings()
    monkeypatch.setenv("LEARN_API_TOKEN", TOKEN)
    assert read_facade_settings().token == TOKEN


def test_settings_that_cannot_be_used_are_named_and_no_secret_is_shown(monkeypatch):
    monkeypatch.setenv("LEARN_API_TOKEN", "tooshort")
    monkeypatch.setenv("LEARN_PORT", "99999")
    with pytest.raises(ConfigurationError) as caught:
        read_facade_settings()
    assert "LEARN_PORT" in str(caught.value)
    assert "LEARN_API_TOKEN" in str(caught.value)
    assert "tooshort" not in str(caught.value)


def test_a_refusal_before_any_route_has_its_code_too(serve):
    served = serve()
    json = {"Content-Type": "application/json"}
    for answer, status, code in (
        (served.get("/nowhere"), 404, "not_found"),
        (served.request("DELETE", "/knowledge"), 405, "method_not_allowed"),
        (served.post("/jobs/start_big", content=b"\xff{", headers=json), 422, "invalid_input"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code)
