"""Runs one flow run: Prefect's engine, which stops when its stack is gone.

This is the work pool's command.
"""

from __future__ import annotations

import argparse
import os
import runpy
import signal
import sys
import threading
import time
import warnings

from flows.own_machine import exempt_own_machine
from flows.shielding import STOP_GRACE_S
from service.orchestration.patches import KEEP_THE_SLOT, put_in_force
from service.stack.environment import open_log
from service.stack.locks import hold_lease_from_environment, when_released
from service.stack.private_files import OTHERS
from service.stack.variables import JOB_LOG, LIFELINE, named_file
from service.stack.worker.warm_process import WARM_OPTION, wait_for_run

COMMAND = "python -m service.engine"
LAST_WORDS_S = 15.0
"""Time for Prefect's last events and logs after a run; a process that takes longer is stuck."""
DRAIN_S = STOP_GRACE_S + 1.0


def main() -> None:
    """Run the flow run in the environment."""
    os.umask(OTHERS)
    exempt_own_machine()
    parser = argparse.ArgumentParser(prog=COMMAND, description=main.__doc__)
    parser.add_argument(WARM_OPTION, type=int, metavar="FD", help="wait for a run on this socket first")
    warm: int | None = parser.parse_args().warm
    # Prefect's engine parses its own arguments
    del sys.argv[1:]
    if warm is not None:
        wait_for_run(warm)
    lease = hold_lease_from_environment()
    if (job_log := named_file(JOB_LOG)) is not None:
        log = open_log(job_log)
        # log to our own file: the worker at the other end of the pipe may die before this process
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
    if (lifeline := named_file(LIFELINE)) is not None:
        when_released(lifeline, _end)
    put_in_force(KEEP_THE_SLOT)
    try:
        with warnings.catch_warnings():
            # a warm process has already imported it as a module
            warnings.filterwarnings("ignore", message=".*found in sys.modules", category=RuntimeWarning)
            runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)
    finally:
        # a thread that does not end would keep the process and its locks forever
        last = threading.Timer(LAST_WORDS_S, os._exit, [1])
        last.daemon = True
        last.start()
        if lease is not None:
            lease.close()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(DRAIN_S)
    os.kill(os.getpid(), signal.SIGKILL)
