"""Prefect's server app in this process, with one writer at a time.

Only `service.stack.prefect_server` imports this, in the server's process.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import uvicorn
from prefect.server.api.server import create_app
from prefect.settings import get_current_settings

from flows.own_machine import OWN_ADDRESS
from service.orchestration.patches import WRITE_ONE_AT_A_TIME, put_in_force
from service.stack.locks import try_lock
from service.stack.loopback import LoopbackOnly
from service.stack.prefect.sign_in import SignedIn
from service.stack.private_files import close_to_others

UNUSED_S = 5.0
STOP_S = 4.0


def serve_prefect(listener: socket.socket, *, lease: Path | None, auth_string: str) -> None:
    """Serve on a bound socket until a signal, or until nobody has held the lease for a while.

    `auth_string` is the user and password that the server asks for.
    """
    if not put_in_force(WRITE_ONE_AT_A_TIME):
        print(  # noqa: T201  the server's log
            f"WARNING: the patch {WRITE_ONE_AT_A_TIME.name!r} does not fit this Prefect:"
            f" {WRITE_ONE_AT_A_TIME.without}",
            flush=True,
        )
    api, ui = get_current_settings().server.api, get_current_settings().server.ui
    app = create_app(final=True)
    if ui.static_directory is not None:
        # Prefect copies its pages with the permissions that they are installed with
        close_to_others(Path(ui.static_directory))
    config = uvicorn.Config(
        LoopbackOnly(SignedIn(app, auth_string)),
        host=OWN_ADDRESS,
        log_level="warning",
        lifespan="on",
        timeout_keep_alive=api.keepalive_timeout,
        timeout_graceful_shutdown=1,  # open WebSockets would delay the shutdown forever
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
            # the home folder was removed, so nobody needs this server
            server.should_exit = True
            break
        if lock is None:
            unused_since = None
            continue
        unused_since = unused_since or time.monotonic()
        if time.monotonic() - unused_since >= UNUSED_S:
            # keep the lock to the end, so newcomers wait for the end and then start their own server
            server.should_exit = True
            break
        lock.close()
    time.sleep(STOP_S)
    os._exit(0)
