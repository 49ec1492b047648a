"""The server's own process: `python -m service.stack.web_server`.

`learn up` runs it as a child.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import re
import resource
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flows.errors import AddressInUse, ConfigurationError, LearningError
from flows.own_machine import exempt_own_machine
from flows.running_server import AUTH, KEY
from flows.settings import Settings, read_settings
from service.settings import FacadeSettings, read_facade_settings
from service.stack.environment import adopt, api_url, client_environment, named_api
from service.stack.locks import hold_lease_from_environment, when_released
from service.stack.private_files import OTHERS
from service.stack.supervisor import READY_OPTION
from service.stack.variables import LIFELINE, named_file

if TYPE_CHECKING:
    from uvicorn import Config, Server

GRACE_S = 2
"""Time for responses in progress when it is stopped."""
LARGEST_FRAME_BYTES = 16_384
"""Largest frame from a WebSocket client, which has nothing to send but pongs."""
_SECRETS = ("LEARN_API_TOKEN", KEY, AUTH, "GROQ_API_KEY")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+:[^/@\s]+(?=@)")


class Redaction(logging.Filter):
    """Removes secrets from log lines, including tracebacks."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__()
        values = [environment.get(name, "") for name in _SECRETS]
        # of `user:password` the password alone is a secret too
        values += [environment.get(AUTH, "").partition(":")[2]]
        self._secrets = [value for value in values if len(value) >= 6]

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every line, without secrets."""
        record.msg, record.args = self.clean(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = self.clean(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return _CREDENTIALS.sub("***", text)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises AddressInUse if another program uses the port, ConfigurationError for a bad address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ConfigurationError(
            f"LEARN_HOST: this machine has no address {host} ({error.strerror}). Use 127.0.0.1."
        ) from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise AddressInUse(
            f"Can't use port {port} on {host} ({error.strerror}). Set LEARN_PORT to another port."
        ) from error
    listener.setblocking(False)
    return listener


# `app` is an ASGI app
def server_for(app: Any, facade: FacadeSettings, *, ready_fd: int | None = None) -> Server:  # noqa: ANN401
    """A server for the app with our limits. It writes a line to `ready_fd` when it is ready."""
    import uvicorn

    class FacadeServer(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started and ready_fd is not None:
                with suppress(BrokenPipeError):  # who waited for it is gone
                    os.write(ready_fd, b"ready\n")
            if self.started and self.should_exit:
                # told to stop while it started: uvicorn would leave its socket open and the app unclosed
                await self.shutdown(sockets)

    return FacadeServer(_config(app, facade))


def _config(app: Any, facade: FacadeSettings) -> Config:  # noqa: ANN401  an ASGI app
    import uvicorn

    from service.api.middleware.protocol import protocols

    http, websocket = protocols(most_of_one=facade.max_client_connections, proxies=facade.trusted_proxies)
    return uvicorn.Config(
        app,
        http=http,
        ws=websocket,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(facade.trusted_proxies),
        forwarded_allow_ips=list(facade.trusted_proxies) or None,
        limit_concurrency=facade.max_connections,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE_S,
        ws_max_size=LARGEST_FRAME_BYTES,
        ws_max_queue=8,
        # frames are small, and compressing each one per subscriber costs more than sending it
        ws_per_message_deflate=False,
    )


async def serve(
    settings: Settings, facade: FacadeSettings, listener: socket.socket, *, ready_fd: int | None
) -> bool:
    """Serve until a signal. False if the app did not start; the log says why.

    Raises what prevents the store from opening.
    """
    from flows.stores import open_store
    from service.api.app import create_app

    async with open_store(settings.store, language=settings.language):
        pass  # report a store that can't be opened in one line here, instead of a traceback inside the server
    server = server_for(create_app(settings, facade), facade, ready_fd=ready_fd)
    if (lifeline := named_file(LIFELINE)) is not None:
        when_released(lifeline, lambda: setattr(server, "should_exit", True))
    await server.serve(sockets=[listener])
    return server.started


def main() -> None:
    """Run the server until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m service.stack.web_server", description=main.__doc__)
    parser.add_argument(READY_OPTION, type=int, help="file descriptor to write to when the server is ready")
    arguments = parser.parse_args()
    os.umask(OTHERS)
    exempt_own_machine()
    handler = logging.StreamHandler()
    handler.addFilter(Redaction(os.environ))
    logging.basicConfig(
        level=logging.INFO,
        handlers=[handler],
        format="%(asctime)s | %(levelname)-7s | %(name)s - %(message)s",
    )
    # uvicorn logs each WebSocket with its URL
    for chatty, level in {
        "httpx": logging.WARNING,
        "httpcore": logging.WARNING,
        "uvicorn.error": logging.WARNING,
    }.items():
        logging.getLogger(chatty).setLevel(level)
    # uvicorn raises the signal again after its orderly shutdown
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    lease = hold_lease_from_environment()
    try:
        settings, facade = read_settings(), read_facade_settings()
        listener = bind(facade.host, facade.port)
        _raise_file_limit(facade.max_connections)
        adopt(client_environment(settings, named_api() or api_url(settings.prefect_port)))
        logging.getLogger(__name__).info("Serving at http://%s:%d", facade.host, listener.getsockname()[1])
        is_good = asyncio.run(serve(settings, facade, listener, ready_fd=arguments.ready_fd))
    except LearningError as error:
        sys.exit(Redaction(os.environ).clean(str(error)))
    except KeyboardInterrupt:
        is_good = True
    finally:
        if lease is not None:
            lease.close()
    sys.exit(0 if is_good else 1)


def _raise_file_limit(connections: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + 256
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )


if __name__ == "__main__":
    main()
