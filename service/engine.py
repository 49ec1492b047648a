"""Runs one flow run: Prefect's engine, which ends when the stack that started it is gone. The work pool's command."""

from __future__ import annotations

import os
import runpy
import signal
import time
from pathlib import Path

from service.locks import LIFELINE, hold_lease_from_environment, when_released

DRAIN_S = 9.0
"""A flow that is told to stop keeps what it has within 8 s."""


def main() -> None:
    """Run the flow run that the environment names."""
    lease = hold_lease_from_environment()
    if lifeline := os.environ.get(LIFELINE):
        log = os.open(os.environ["LEARN_JOB_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        # a file of its own, because the worker at the other end of the pipe may die before this process
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        when_released(Path(lifeline), _end)
    try:
        runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)
    finally:
        if lease is not None:
            lease.close()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(DRAIN_S)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
