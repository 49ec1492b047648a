"""Every route of the server, and raw requests as bytes."""

from __future__ import annotations

import socket

NOBODY = "00000000-0000-4000-8000-000000000000"


def operations(served):
    """Every documented operation as (method, path), with something in the place of each parameter."""
    document = served.app.openapi()
    for path, methods in document["paths"].items():
        for method in methods:
            filled = path.replace("{number}", "1").replace("{word}", "moss")
            yield method.upper(), filled.replace("{job_id}", NOBODY).replace("{schedule_id}", NOBODY)


def raw(served, text):
    """Send bytes as they are; the answer."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(text)
        connection.settimeout(10)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer
