"""The embedded Prefect server: one per home folder, shared by all who need it, stopped soon after the last of
them.

Everyone who needs it holds a shared lock on `<home>/prefect/lease`. The server keeps
`<home>/prefect/server.json` locked while it lives, and stops when nobody has held the lease for five seconds.
It listens on its port from the start, so that requests wait until it is ready.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from flows import running_server
from flows.errors import ConfigurationError
from flows.own_machine import OWN_ADDRESS
from flows.running_server import prefect_database
from flows.settings import Settings, read_settings
from service.orchestration.urls import api_advice, without_credentials
from service.stack.environment import (
    api_url,
    client_environment,
    last_line,
    log_file,
    named_api,
    open_log,
    prefect_home,
    prepare_home,
    server_environment,
)
from service.stack.locks import Lock, is_locked, try_lock, wait_for_lock
from service.stack.password import SERVER_AUTH, make_auth_string
from service.stack.prefect.empty_database import must_migrate, prepare_database
from service.stack.prefect.health import is_healthy, is_open
from service.stack.private_files import OTHERS as PRIVATE
from service.stack.supervisor import Say
from service.stack.variables import LEASE, of_prefect_server

__all__ = [
    "client_environment",
    "ensure_server",
    "is_healthy",
    "lease_file",
    "prefect_server",
    "server_environment",
    "stop_if_unused",
]

STOP_S = 5.0
START_S = 120.0
"""Time limit for a start; the first one prepares the database."""

_started: list[subprocess.Popen[bytes]] = []


def lease_file(settings: Settings) -> Path:
    """The file on which everyone who needs the server holds a shared lock."""
    return prefect_home(settings) / "lease"


def server_state_file(settings: Settings) -> Path:
    """The file that the server keeps locked while it lives; it holds the process id and port."""
    return running_server.state_file(settings.home)


@asynccontextmanager
async def prefect_server(settings: Settings, *, say: Say) -> AsyncGenerator[str]:
    """The API URL of a running Prefect server: the one in PREFECT_API_URL, or the embedded one.

    Raises ConfigurationError if there is none and none can be started.
    """
    if named := named_api():
        if not await is_healthy(named, timeout_s=5.0):
            advice = api_advice(named) or "Start it, correct the URL, or unset it to use the embedded server."
            raise ConfigurationError(
                f"Can't reach the Prefect server at PREFECT_API_URL={without_credentials(named)}. {advice}"
            )
        yield named
        return
    lease = await take_lease(settings)
    try:
        yield await ensure_server(settings, say=say)
    finally:
        lease.close()


async def take_lease(settings: Settings) -> Lock:
    """A shared lock that keeps the embedded server running."""
    prepare_home(settings)
    await _end_open_server(settings)
    lease = await wait_for_lock(lease_file(settings), shared=True, within_s=20.0)
    if lease is None:
        raise ConfigurationError(
            f"The previous Prefect server of {settings.home} is not stopping. Stop process"
            f" {_state(settings).get('pid')}."
        )
    return lease


async def _end_open_server(settings: Settings) -> None:
    """Stop a server that an older version started without a password, or report who is still using it."""
    state = _state(settings)
    is_there = is_locked(server_state_file(settings)) and "port" in state
    if not is_there or not await is_open(api_url(state["port"])):
        return
    if not await stop_if_unused(settings, within_s=STOP_S):
        raise ConfigurationError(
            f"The Prefect server of {settings.home} (process {state.get('pid')}) was started by an"
            " older version and requires no password. Stop what uses it (such as `learn up`), then"
            " restart it."
        )


async def ensure_server(settings: Settings, *, say: Say) -> str:
    """The URL of the embedded server; starts it if necessary. The caller must hold the lease."""
    deadline = time.monotonic() + START_S
    lock = try_lock(prefect_home(settings) / "start")
    if lock is None:
        say("Another command is starting the Prefect server; waiting for it.")
        lock = await wait_for_lock(prefect_home(settings) / "start", within_s=START_S)
    if lock is None:
        raise ConfigurationError(
            f"Another command has been starting the Prefect server for {START_S:.0f} s. See {_log(settings)}."
        )
    try:
        process, log_from = None, 0
        if not is_locked(server_state_file(settings)):
            process, log_from = _start(settings, say)
        return await _wait_until_healthy(settings, process, deadline, log_from=log_from)
    finally:
        lock.close()


def _start(settings: Settings, say: Say) -> tuple[subprocess.Popen[bytes], int]:
    """The process, and the position in the log where its output begins."""
    port = settings.prefect_port
    _bind(port).close()
    fresh = must_migrate(prefect_database(settings.home))
    say(
        f"Starting the Prefect server on port {port}"
        + (" (the first start prepares its database, up to a minute)." if fresh else ".")
    )
    log = open_log(_log(settings))
    log_from = os.fstat(log).st_size
    command = [
        sys.executable,
        "-P",
        "-m",
        "service.stack.prefect_server",
        "--port",
        str(port),
        "--lease",
        str(lease_file(settings)),
    ]
    try:
        environment = of_prefect_server(os.environ) | {"LEARN_HOME": str(settings.home)}
        process = subprocess.Popen(  # noqa: S603  our own command
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=environment
        )
    finally:
        os.close(log)
    _started[:] = [*(p for p in _started if p.poll() is None), process]
    return process, log_from


async def _wait_until_healthy(
    settings: Settings, process: subprocess.Popen[bytes] | None, deadline: float, *, log_from: int
) -> str:
    while time.monotonic() < deadline:
        if (
            is_locked(server_state_file(settings))
            and (port := _state(settings).get("port"))
            and await is_healthy(api_url(port), timeout_s=2.0)
        ):
            return api_url(port)
        if process is not None and (code := process.poll()) is not None:
            why = last_line(_log(settings), log_from) or (
                f"it was killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            )
            raise ConfigurationError(
                f"The Prefect server exited during startup: {why} (see {_log(settings)})"
            )
        await asyncio.sleep(0.1)
    raise ConfigurationError(
        f"The Prefect server was not ready within {START_S:.0f} s. See {_log(settings)}."
    )


async def stop_if_unused(settings: Settings, *, within_s: float) -> bool:
    """Stop the embedded server unless somebody else holds its lease. Returns whether it has stopped.

    Release your own lease first.
    """
    lease = try_lock(lease_file(settings))
    if lease is None:
        return False
    try:
        pid = _state(settings).get("pid")
        deadline = time.monotonic() + within_s
        while pid is not None and is_locked(server_state_file(settings)):
            late = time.monotonic() >= deadline
            _signal(pid, signal.SIGKILL if late else signal.SIGTERM)
            if late:
                break
            await asyncio.sleep(0.1)
        for process in [p for p in _started if p.pid == pid]:
            await asyncio.to_thread(process.wait, 1.0)
    finally:
        lease.close()
    _started[:] = [p for p in _started if p.poll() is None]
    return True


def _bind(port: int) -> socket.socket:
    # with the protocol named, asyncio sends small pieces at once; otherwise answers wait for acknowledgements
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((OWN_ADDRESS, port))
        # until one of them listens, several processes can bind the same port
        listener.listen()
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"Another program uses port {port}. Set LEARN_PREFECT_PORT to another port; if it is your"
            f" own Prefect server, set PREFECT_API_URL={api_url(port)}."
        ) from error
    return listener


def _log(settings: Settings) -> Path:
    return log_file(settings, "prefect-server")


def _state(settings: Settings) -> dict[str, int]:
    return running_server.server_state(settings.home)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def main() -> None:
    """Run Prefect's server in this process until it is stopped or, with a lease, until nobody needs it."""
    parser = argparse.ArgumentParser(prog="python -m service.stack.prefect_server", description=main.__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--lease", type=Path, help="lock file shared by the users of the server")
    arguments = parser.parse_args()
    os.umask(PRIVATE)
    try:
        settings = read_settings()
        prepare_home(settings)
        auth_string = make_auth_string(settings.home)
        # a process that checks whether a server runs holds the lock for a moment
        state = asyncio.run(wait_for_lock(server_state_file(settings), within_s=2.0))
        if state is None:
            raise ConfigurationError(  # noqa: TRY301  one way out for all
                f"A Prefect server for {settings.home} is already running on port"
                f" {_state(settings).get('port')}."
            )
        # the last server's process id and port may belong to others by now
        state.truncate(0)
        # another process may have taken the port since the starter checked
        listener = _bind(arguments.port)
        state.write(json.dumps({"pid": os.getpid(), "port": arguments.port}))
        state.flush()
    except ConfigurationError as error:
        sys.exit(str(error))
    for name in [n for n in os.environ if n.startswith("PREFECT_") and not n.startswith("PREFECT_LOGGING_")]:
        del os.environ[name]
    os.environ.pop(LEASE, None)
    os.environ.update(server_environment(settings, arguments.port))
    # here and not in its environment from outside, which `ps` could show
    os.environ |= {SERVER_AUTH: auth_string, running_server.AUTH: auth_string}
    os.chdir(prefect_home(settings))
    prepare_database(prefect_database(settings.home))
    from service.stack.prefect.app import serve_prefect

    serve_prefect(listener, lease=arguments.lease, auth_string=auth_string)


if __name__ == "__main__":
    main()
