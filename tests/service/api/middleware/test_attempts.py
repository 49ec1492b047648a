"""Limits and logs wrong tokens by client, notices a proxy that nobody named, and sets cookies over TLS."""

from __future__ import annotations

import logging

import pytest
from api_server import TOKEN
from starlette.datastructures import Headers

from service.api.middleware import attempts
from service.api.middleware.attempts import Attempts, is_over_tls
from service.errors import TooMany

LOGGER = "service.api.middleware.attempts"


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.WARNING, logger=LOGGER)
    return lambda: [r.getMessage() for r in caplog.records if r.name == LOGGER]


def wrong(served, times):
    headers = {"Authorization": f"Bearer {TOKEN}x"}
    return [served.get("/knowledge", headers=headers).status_code for _ in range(times)]


def test_wrong_tokens_are_limited_and_logged_without_the_token(serve, lines):
    served = serve(token=TOKEN)
    answers = wrong(served, 200)
    assert answers[: attempts.BURST] == [401] * attempts.BURST
    assert answers.count(429) > 100
    refused = served.get("/knowledge")
    # not even compared: otherwise the limit would not slow down who guesses
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert lines()
    assert all("Wrong token from 127.0.0.1" in line and TOKEN not in line for line in lines())
    assert len(lines()) <= attempts.LOGGED_BURST + 5
    assert served.get("/health/live").status_code == 200


def test_a_signed_in_browser_goes_on_while_another_guesses(serve):
    served = serve(token=TOKEN)
    assert served.post("/session", json={"token": TOKEN}).status_code == 204
    assert 429 in wrong(served, attempts.BURST + 20)
    del served.headers["Authorization"]
    assert served.get("/knowledge").status_code == 200


def test_wrong_sign_ins_are_logged(serve, lines):
    served = serve(token=TOKEN)
    served.headers["Authorization"] = ""
    assert served.post("/session", json={"token": "not the token at all"}).status_code == 401
    assert lines() == ["Wrong sign-in from 127.0.0.1"]


def test_without_a_token_nothing_is_counted(serve, lines):
    served = serve()
    assert set(wrong(served, attempts.BURST + 20)) == {200}
    assert not lines()


def test_one_client_does_not_spend_what_others_have():
    clock = [0.0]
    counted = Attempts(clock=lambda: clock[0])
    for _ in range(attempts.BURST):
        counted.wrong_token("10.0.0.1")
    with pytest.raises(TooMany):
        counted.wrong_token("10.0.0.1")
    with pytest.raises(TooMany):
        counted.before_token("10.0.0.1")
    counted.before_token("10.0.0.2")
    counted.wrong_token("10.0.0.2")
    clock[0] += 60 / attempts.PER_MINUTE
    counted.before_token("10.0.0.1")


def test_many_clients_cannot_fill_the_log(lines):
    clock = [0.0]
    counted = Attempts(clock=lambda: clock[0])
    for number in range(5000):
        counted.wrong_token(f"10.0.{number >> 8}.{number & 255}")
    assert len(lines()) == attempts.LOGGED_BURST
    clock[0] += 60
    counted.wrong_token("10.1.0.1\n\x1b[31m | ERROR | forged")
    assert f"({5000 - attempts.LOGGED_BURST} more not shown)" in lines()[-1]
    assert lines()[-1].isprintable()


@pytest.mark.parametrize(
    ("headers", "client", "is_noticed"),
    [
        ({"x-forwarded-for": "203.0.113.5"}, "127.0.0.1", True),
        ({"x-real-ip": "203.0.113.5"}, "10.0.0.2", True),
        ({"forwarded": "for=203.0.113.5"}, "10.0.0.2", True),
        # the server has taken the address from a trusted proxy
        ({"x-forwarded-for": "203.0.113.5"}, "203.0.113.5", False),
        ({"x-forwarded-for": "198.51.100.1, 203.0.113.5"}, "203.0.113.5", False),
        ({}, "127.0.0.1", False),
    ],
)
def test_a_proxy_that_is_not_named_is_noticed_once(lines, headers, client, is_noticed):
    counted = Attempts()
    for _ in range(3):
        counted.look_for_proxy(Headers(headers), client)
    assert len(lines()) == is_noticed
    assert all(f"LEARN_TRUSTED_PROXIES={client}" in line and "count as one" in line for line in lines())


@pytest.mark.parametrize(
    ("scheme", "headers", "expected"),
    [
        ("https", {}, True),
        ("wss", {}, True),
        ("http", {}, False),
        ("http", {"x-forwarded-proto": "https"}, True),
        ("http", {"x-forwarded-proto": "http, https"}, True),
        ("http", {"x-forwarded-proto": "https, http"}, False),
        ("http", {"origin": "https://learn.example.org"}, True),
        ("http", {"origin": "http://127.0.0.1:8000"}, False),
        ("http", {"origin": "null"}, False),
    ],
)
def test_over_tls_by_the_server_a_proxy_or_the_browser(scheme, headers, expected):
    assert is_over_tls(scheme, Headers(headers)) is expected


@pytest.mark.parametrize(
    ("headers", "is_secure"), [({}, False), ({"X-Forwarded-Proto": "https"}, True)], ids=["plain", "tls"]
)
def test_the_cookie_is_secure_over_tls(serve, headers, is_secure):
    served = serve(token=TOKEN)
    answer = served.post("/session", json={"token": TOKEN}, headers=headers)
    assert answer.status_code == 204
    assert ("Secure" in answer.headers["set-cookie"]) is is_secure
