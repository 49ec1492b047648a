"""`learn up` ends a server that an older version left without a password, or says what still uses it."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from flows.errors import ConfigurationError
from flows.running_server import state_file
from flows.settings import Settings
from service.stack.environment import prepare_home
from service.stack.locks import try_lock
from service.stack.prefect_server import take_lease


@pytest.fixture
def home(tmp_path):
    prepare_home(Settings(home=tmp_path / "home"))
    return tmp_path / "home"


OLD = """
import fcntl, json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(sys.argv[2]))
        self.end_headers()
server = HTTPServer(("127.0.0.1", 0), Handler)
state = open(sys.argv[1], "a+")
fcntl.flock(state, fcntl.LOCK_EX)
state.truncate(0)
state.write(json.dumps({"pid": os.getpid(), "port": server.server_port}))
state.flush()
print("up", flush=True)
server.serve_forever()
"""


@contextmanager
def a_server(home, status):
    """A process that lives as Prefect's server of a home and answers without a password, or with 401."""
    command = [sys.executable, "-c", OLD, str(state_file(home)), str(status)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout.readline() == b"up\n"
            yield process
        finally:
            process.kill()


async def test_a_server_that_asks_for_no_password_and_is_in_use_is_not_used(home):
    lease = try_lock(home / "prefect" / "lease", shared=True)
    with a_server(home, 200) as old:
        with pytest.raises(ConfigurationError, match=rf"process {old.pid}.* requires no password"):
            await take_lease(Settings(home=home))
        assert old.poll() is None
    lease.close()


async def test_a_server_that_asks_for_no_password_and_is_not_in_use_is_ended(home):
    with a_server(home, 200) as old:
        (await take_lease(Settings(home=home))).close()
        assert old.wait(5) == -signal.SIGTERM


async def test_a_server_that_asks_for_a_password_goes_on(home):
    with a_server(home, 401) as protected:
        (await take_lease(Settings(home=home))).close()
        assert protected.poll() is None
