"""A flow that is called in a script finds the Prefect server of `learn up` by itself."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

PROGRAM = """
from flows import {flow}
from prefect.settings import get_current_settings
print(get_current_settings().api.url)
"""


@contextmanager
def answering(status):
    """A server that answers every request with a status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def url_in_a_script(home, flow="big_learning", **environment):
    return in_a_script(PROGRAM.format(flow=flow), home, **environment)


def in_a_script(program, home, **environment):
    known = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**known, "LEARN_HOME": str(home), "PREFECT_HOME": str(home / "own"), **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def keep(home, text):
    (home / "prefect").mkdir()
    (home / "prefect" / "server.json").write_text(text)


def test_the_running_server_is_found_also_behind_a_proxy(tmp_path):
    with answering(200) as port:
        keep(tmp_path, json.dumps({"pid": 1, "port": port}))
        expected = f"http://127.0.0.1:{port}/api"
        for flow in ("big_learning", "quick_learning", "deep_learning"):
            assert url_in_a_script(tmp_path, flow, HTTP_PROXY="http://127.0.0.1:9") == expected


def test_a_server_that_is_named_is_kept(tmp_path):
    with answering(200) as port:
        keep(tmp_path, json.dumps({"pid": 1, "port": port}))
        named = "http://prefect.example.org/api"
        assert url_in_a_script(tmp_path, PREFECT_API_URL=named) == named


@pytest.mark.parametrize("status", [503, 404])
def test_a_server_that_is_not_well_is_not_used(tmp_path, status):
    with answering(status) as port:
        keep(tmp_path, json.dumps({"pid": 1, "port": port}))
        assert url_in_a_script(tmp_path) == "None"


@pytest.mark.parametrize("text", [None, "", "{}", "[1]", '{"port": "x"}', '{"port": 1}'])
def test_without_a_server_nothing_is_changed(tmp_path, text):
    if text is not None:
        keep(tmp_path, text)
    assert url_in_a_script(tmp_path) == "None"


ASKING = """
from flows import big_learning
from prefect.settings import get_current_settings
api = get_current_settings().api
print(api.url)
print(api.auth_string and api.auth_string.get_secret_value())
print(api.key.get_secret_value() if api.key else "")
"""
PASSWORD = "learn:a-password-of-some-length"  # noqa: S105  a test's


@pytest.mark.parametrize(
    ("is_live", "environment", "is_given"),
    [
        (True, {}, True),
        (True, {"PREFECT_API_URL": "{url}"}, True),
        (True, {"PREFECT_API_URL": "{localhost}"}, True),
        (True, {"PREFECT_API_KEY": "pnu_for_another"}, True),
        # anyone could have the port of a server that ended
        (False, {}, False),
        (True, {"PREFECT_API_URL": "http://prefect.example.org/api"}, False),
        (True, {"PREFECT_API_URL": "{url}", "PREFECT_API_AUTH_STRING": "own:auth"}, False),
    ],
)
def test_a_script_finds_the_password_of_its_own_server_and_only_of_that(
    tmp_path, is_live, environment, is_given
):
    with answering(200) as port:
        keep(tmp_path, json.dumps({"pid": 1, "port": port}))
        (tmp_path / "prefect" / "password").write_text(f"{PASSWORD}\n")
        urls = {"url": f"http://127.0.0.1:{port}/api", "localhost": f"http://localhost:{port}/api"}
        given = {name: value.format(**urls) for name, value in environment.items()}
        with (tmp_path / "prefect" / "server.json").open() as state:
            if is_live:
                fcntl.flock(state, fcntl.LOCK_EX)
            url, auth, *key = in_a_script(ASKING, tmp_path, **given).split("\n")
    assert url == given.get("PREFECT_API_URL", urls["url"])
    assert (auth == PASSWORD) is is_given
    # Prefect would send a key first
    assert not (key and is_given)
