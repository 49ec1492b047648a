"""Prefect's server app in this process, with one writer at a time. Only `service.stack.prefect_server` imports it, in the server's process."""

from __future__ import annotations

import inspect
import os
import socket
import threading
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import prefect
import uvicorn
from prefect.server.api.server import create_app
from prefect.server.database.configurations import AioSqliteConfiguration
from prefect.settings import get_current_settings
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

from service.stack.environment import HOST
from service.stack.locks import try_lock
from service.stack.loopback import LoopbackOnly

PATCHED_VERSION = "3.8.8"
PATCHED_SIGNATURE = "(self, session: 'AsyncSession', with_for_update: 'bool' = False)"
UNUSED_S = 5.0
STOP_S = 4.0


def write_one_at_a_time() -> bool:
    """Begin each transaction of Prefect's SQLite with the write lock; False, and nothing changes, on any other Prefect than the tested one.

    Its transactions begin as readers, so two of them that write fail at once, and clients then sleep for 2, 4, 8 s.
    """
    original: Any = AioSqliteConfiguration.begin_transaction
    if prefect.__version__ != PATCHED_VERSION or str(inspect.signature(original)).split(" -> ")[0] != PATCHED_SIGNATURE:
        return False

    def begin_transaction(
        self: AioSqliteConfiguration, session: AsyncSession, with_for_update: bool = False
    ) -> AbstractAsyncContextManager[AsyncSessionTransaction]:
        del with_for_update
        begun: AbstractAsyncContextManager[AsyncSessionTransaction] = original(self, session, with_for_update=True)
        return begun

    AioSqliteConfiguration.begin_transaction = begin_transaction  # type: ignore[method-assign, assignment]
    return True


def serve(listener: socket.socket, *, lease: Path | None) -> None:
    """Serve on a bound socket until a signal, or until nobody has held the lease for a while."""
    if not write_one_at_a_time():
        print(f"WARNING: Prefect {prefect.__version__} is not {PATCHED_VERSION}: parallel writes may be slow", flush=True)  # noqa: T201
    api = get_current_settings().server.api
    config = uvicorn.Config(
        LoopbackOnly(create_app(final=True)),
        host=HOST,
        log_level="warning",
        lifespan="on",
        timeout_keep_alive=api.keepalive_timeout,
        timeout_graceful_shutdown=1,  # open websockets would hold up the end for ever
        ws_ping_interval=api.websocket_ping_interval,
        ws_ping_timeout=api.websocket_ping_timeout,
    )
    server = uvicorn.Server(config)
    threading.Thread(target=_watch, args=(server, lease), name="watch lease", daemon=True).start()
    server.run(sockets=[listener])


def _watch(server: uvicorn.Server, lease: Path | None) -> None:
    unused_since: float | None = None
    while not server.should_exit:
        time.sleep(0.5)
        if lease is None or not server.started:
            continue
        try:
            lock = try_lock(lease)
        except FileNotFoundError:
            # the home folder was removed, and with it whatever this server is for
            server.should_exit = True
            break
        if lock is None:
            unused_since = None
            continue
        unused_since = unused_since or time.monotonic()
        if time.monotonic() - unused_since >= UNUSED_S:
            # the lock is kept to the end, so that a newcomer waits for the end and then starts a server of its own
            server.should_exit = True
            break
        lock.close()
    time.sleep(STOP_S)
    os._exit(0)
