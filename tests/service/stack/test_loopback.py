"""The embedded Prefect server answers programs of this machine and its own pages, and nobody else's."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

EVIL = "evil.example"


@pytest.fixture
def port(prefect_api):
    return urlsplit(prefect_api).port


@pytest.fixture
def ask(prefect_auth):
    def status(url, **headers):
        return httpx.post(
            f"{url}/deployments/filter", json={"limit": 1}, headers=headers, timeout=20, auth=prefect_auth
        ).status_code

    return status


def test_a_name_that_was_rebound_is_refused(prefect_api, port, ask):
    for host in (EVIL, f"{EVIL}:{port}", f"127.0.0.1.{EVIL}", f"{EVIL}#127.0.0.1", f"127.0.0.1@{EVIL}", ""):
        assert ask(prefect_api, Host=host) in {400, 403}, host
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
        assert ask(prefect_api, Host=host) == 200, host


def test_another_page_is_refused_and_the_servers_own_is_not(prefect_api, port, ask):
    for origin in (
        f"http://{EVIL}",
        f"http://{EVIL}:{port}",
        f"http://127.0.0.1:{port + 1}",
        "null",
        f"http://127.0.0.1:{port}.{EVIL}",
    ):
        assert ask(prefect_api, Origin=origin) == 403, origin
    for origin in (f"http://127.0.0.1:{port}", f"http://localhost:{port}"):
        assert ask(prefect_api, Origin=origin) == 200, origin


def test_another_page_starts_no_command(prefect_api):
    deployment = "00000000-0000-0000-0000-000000000000"
    run = {"state": {"type": "SCHEDULED"}, "job_variables": {"command": "touch /tmp/never"}}
    answer = httpx.post(
        f"{prefect_api}/deployments/{deployment}/create_flow_run",
        json=run,
        headers={"Origin": f"http://{EVIL}"},
        timeout=20,
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["out", "in"])
def test_another_page_hears_no_events_and_sends_none(prefect_api, path):
    url = f"{prefect_api.replace('http', 'ws')}/events/{path}"
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(url, origin=f"http://{EVIL}", subprotocols=["prefect"], open_timeout=20),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_programs_with_the_password_hear_events(prefect_api, prefect_auth):
    with connect(
        f"{prefect_api.replace('http', 'ws')}/events/out", subprotocols=["prefect"], open_timeout=20
    ) as socket:
        socket.send(json.dumps({"type": "auth", "token": ":".join(prefect_auth)}))
        assert json.loads(socket.recv(timeout=20))["type"] == "auth_success"
