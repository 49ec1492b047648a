"""A process that has imported what a flow run needs, and waits for its worker to hand it one: `python -m service.engine --spare FD`."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import socket
import sys
import threading
import warnings
from importlib import import_module

FLOW_RUN_ID = "PREFECT__FLOW_RUN_ID"
NO_RUN = "00000000-0000-0000-0000-000000000000"
READY = b"ready\n"
TAKEN = b"taken\n"
NICENESS = 5
"""Of the thread that imports: nobody waits for it, while jobs at work share the machine."""

MODULES = (
    "flows.big",
    "flows.quick",
    "flows.deep",
    "flows.stores.sqlite",
    "flows.models.lexicon",
    "flows.sources.lexicon",
    "prefect.flow_engine",
    "prefect.task_engine",
    "prefect.artifacts",
    "prefect.events.clients",
    "prefect.utilities.visualization",
    "prefect._internal.metrics",
    "anyio._backends._asyncio",
    "fastapi",
)
"""What the engine and a job without keys load; a model or a source of another kind is imported when a run opens it."""


def wait_for_run(fd: int) -> None:
    """Import, tell the worker at the other end of the socket, and return in the environment and folder of the run that it hands over.

    Ends this process when the worker ends, or has no run for it.
    """
    importing = threading.Thread(target=_import_all, name="import")
    importing.start()
    importing.join()
    shown = _shown(FLOW_RUN_ID)
    with socket.socket(fileno=fd) as worker:
        try:
            worker.sendall(READY)
            with worker.makefile("rb") as orders:
                line = orders.readline()
            if not line.endswith(b"\n"):
                os._exit(0)
            order = json.loads(line)
            os.chdir(order["folder"])
            os.environ.clear()
            os.environ.update(order["environment"])
            _show(shown, order["environment"][FLOW_RUN_ID])
            worker.sendall(TAKEN)
        except OSError:
            os._exit(0)


def _import_all() -> None:
    # on Linux a thread has a niceness of its own, and only root could give one back to the whole process
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in MODULES:
                import_module(name)
    except BaseException:  # noqa: BLE001  whatever it is, no run may be handed to this process
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    gc.collect()
    gc.freeze()


def _shown(name: str) -> int | None:
    """Where the operating system keeps the value of a variable that this process was started with; call it before any change."""
    get = ctypes.CDLL(None).getenv
    get.argtypes, get.restype = (ctypes.c_char_p,), ctypes.c_void_p
    address: int | None = get(name.encode())
    return address


def _show(address: int | None, flow_run_id: str) -> None:
    """Have `ps` and /proc tell which run this process works for, as they do of a process that was started for it."""
    if address is not None and len(flow_run_id) == len(NO_RUN):
        ctypes.memmove(address, flow_run_id.encode(), len(NO_RUN))
