"""A warm process: imports what a flow run needs and waits for a run: `python -m service.engine --warm FD`."""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
import threading
import warnings
from contextlib import suppress

WARM_OPTION = "--warm"
"""Tells the engine the socket on which it waits for a run."""
READY = b"ready\n"
TAKEN = b"taken\n"
NICENESS = 5
"""Niceness of the importing thread, since running jobs share the machine."""


def wait_for_run(fd: int) -> None:
    """Import, tell the worker through the socket, and return in the environment and folder of the run that it
    hands over.

    Ends this process if the worker ends or has no run for it.
    """
    importing = threading.Thread(target=_import_all, name="import")
    importing.start()
    importing.join()
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
            worker.sendall(TAKEN)
        except OSError:
            os._exit(0)


def _import_all() -> None:
    # on Linux niceness is per thread, and only root could lower it again for the whole process
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _import_what_runs_need()
    except BaseException:  # noqa: BLE001  whatever it is, no run may be handed to this process
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    gc.collect()
    gc.freeze()


def _import_what_runs_need() -> None:
    """Import everything that the engine and a job need, with the model and sources chosen by the
    environment.
    """
    import flows.big
    import flows.deep
    import flows.models.lexicon
    import flows.quick
    import flows.sources.lexicon
    import flows.stores.sqlite
    from flows.errors import ConfigurationError
    from flows.settings import read_settings

    # a job that lacks an extra, or has a wrong variable, says so itself
    with suppress(ImportError, ConfigurationError):
        settings = read_settings()
        if settings.writes_with_groq:
            import flows.models.chat.account
            import flows.models.chat.client
        if settings.wikimedia_contact:
            import flows.sources.wikimedia.wikipedia
            import flows.sources.wikimedia.wiktionary  # noqa: F401  to have it loaded
