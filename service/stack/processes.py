"""The worker and the server as child processes of the stack."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote
from zlib import crc32

from flows.errors import AddressInUse
from flows.own_machine import OWN_ADDRESS
from flows.settings import Settings
from flows.shielding import STOP_GRACE_S
from service.settings import FacadeSettings
from service.stack.environment import log_file, prefect_home
from service.stack.prefect_server import lease_file
from service.stack.supervisor import Child, Say
from service.stack.variables import JOB_LOG, LEASE, LIFELINE, of_facade, of_worker
from service.stack.web_server import bind

WORKER_STOP_S = STOP_GRACE_S + 1.0
"""The worker itself ends what is left half a second earlier."""
FACADE_STOP_S = 2.0
LEFT_S = 20.0
"""A server whose stack was killed sees that within a second, and then stops; it may be starting just then."""
POLL_S = 2.0
"""Prefect's events announce new runs immediately; this poll finds those the stream lost."""


def environment_for(settings: Settings, *, lifeline: Path, has_lease: bool) -> dict[str, str]:
    """The environment of every child, based on this process's, which already has Prefect's URL."""
    environment = os.environ | {
        "LEARN_HOME": str(settings.home),
        "LEARN_STORE": _absolute(settings.store),
        LIFELINE: str(lifeline),
        JOB_LOG: str(log_file(settings, "jobs")),
        "PREFECT_WORKER_QUERY_SECONDS": str(POLL_S),
        "PREFECT_WORKER_PREFETCH_SECONDS": "5",
    }
    if has_lease:
        environment[LEASE] = str(lease_file(settings))
    return environment


def worker_process(settings: Settings, environment: Mapping[str, str], say: Say) -> Child:
    """The worker, not started yet."""
    # the same at every start: Prefect keeps a row for each name, for ever
    name = f"learn-up-{platform.node()}-{crc32(bytes(settings.home.absolute())):08x}"
    command = [sys.executable, "-P", "-m", "service.worker", "--name", name]
    return Child(
        "worker",
        command,
        environment=of_worker(environment),
        log=log_file(settings, "worker"),
        folder=prefect_home(settings),
        say=say,
    )


def facade_process(settings: Settings, environment: Mapping[str, str], port: int, say: Say) -> Child:
    """The server on this port, not started yet."""
    command = [sys.executable, "-P", "-m", "service.stack.web_server"]
    given = {**of_facade(environment, settings), "LEARN_PORT": str(port)}
    return Child(
        "server",
        command,
        environment=given,
        log=log_file(settings, "server"),
        folder=prefect_home(settings),
        say=say,
    )


async def facade_port(wanted: FacadeSettings, say: Say, *, within_s: float = 0.0) -> int | None:
    """The port for the server; None, with a message, if another program uses it for longer than that.

    The stack then runs without the server. Jobs still run, and nobody would look for the server on another
    port.
    """
    deadline, is_told = time.monotonic() + within_s, False
    while True:
        try:
            with bind(wanted.host, wanted.port) as listener:
                return int(listener.getsockname()[1])
        except AddressInUse as error:
            if time.monotonic() >= deadline:
                say(f"{error} Continuing without the dashboard.")
                return None
            if not is_told:
                say(f"Waiting for the previous server to release port {wanted.port}.")
                is_told = True
        await asyncio.sleep(0.1)


def facade_url(wanted: FacadeSettings, port: int) -> str:
    """The server's URL for a browser on this machine."""
    host = wanted.host.strip("[]")
    host = (
        OWN_ADDRESS
        if host == "0.0.0.0"  # noqa: S104  compared only
        else "[::1]"
        if host == "::"
        else f"[{host}]"
        if ":" in host
        else host
    )
    return f"http://{host}:{port}"


def _absolute(store: str) -> str:
    prefix = "sqlite://"
    if not store.startswith(prefix):
        return store
    from flows.stores.sqlite import path_of

    return f"{prefix}/{quote(bytes(path_of(store.removeprefix(prefix))))}"
