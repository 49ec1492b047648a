"""A way to a server that can be shut and opened again, as when the server goes away and comes back."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading


class Gate:
    """Passes bytes on to a port of this machine. While it is shut, every connection ends at once."""

    def __init__(self, port):
        self._to = ("127.0.0.1", port)
        self._open = True
        self._lines = set()
        gate = self

        class Visit(socketserver.BaseRequestHandler):
            def handle(self):
                gate._pass(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Visit)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shut()
        self._server.shutdown()
        self._server.server_close()

    def shut(self):
        self._open = False
        for line in [*self._lines]:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def open(self):
        self._open = True

    def _pass(self, visitor):
        if not self._open:
            return
        with socket.create_connection(self._to, timeout=10) as server:
            server.settimeout(None)
            pair = {visitor, server}
            self._lines |= pair
            back = threading.Thread(target=_copy, args=(server, visitor), daemon=True)
            back.start()
            _copy(visitor, server)
            back.join()
            self._lines -= pair


def _copy(source, target):
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
