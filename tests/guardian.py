"""Ends what a test run has started, however the run itself ends.

The run marks its environment, which every process inherits from the one that starts it. A guardian in a
session of its own waits for the end of a pipe that the run holds, killed or not, and then kills whatever
still bears the mark. It also removes the folder that the run names, if any.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil

MARK = "LEARNING_TEST_RUN"
LOOKS = 50
BETWEEN_S = 0.1
_held: list[int] = []


def begin(folder: Path | None = None) -> None:
    """Mark this process and all that it starts from now on, and start the guardian.

    A folder that is given is removed when the run has ended. If a shell has started this process in the
    background, it ignores Ctrl-C, and all that it starts would too; from now on they heed it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if MARK in os.environ:
        return  # a part of a run that is guarded
    os.environ[MARK] = uuid4().hex
    reading, writing = os.pipe()
    _held.append(writing)  # open until this process is gone
    os.set_inheritable(reading, True)
    to_nowhere = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in range(3)]
    # nobody waits for it, so it is no subprocess.Popen, which would complain
    os.posix_spawn(
        sys.executable,
        [sys.executable, __file__, os.environ[MARK], str(reading), str(folder or "")],
        {name: value for name, value in os.environ.items() if name != MARK},
        file_actions=to_nowhere,
        setsid=True,
    )
    os.close(reading)
    if "MAKELEVEL" in os.environ and sys.platform == "linux":
        _end_with_the_parent()


def _end_with_the_parent() -> None:
    """End together with `make`, which a signal may end alone."""
    from ctypes import CDLL

    set_death_signal = 1
    CDLL(None).prctl(set_death_signal, signal.SIGTERM)


def marked(mark: str, folder: str = "") -> list[psutil.Process]:
    """The processes that a run has started, with those that they have started; and those whose home is in its
    folder, for the stack gives its servers few variables.
    """
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            given = process.environ()
            if given.get(MARK) == mark or (folder and given.get("LEARN_HOME", "").startswith(f"{folder}/")):
                found.append(process)
    return found


def main() -> None:
    """Wait for the end of the run, then kill what it has left, until nothing is."""
    mark, reading, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(reading, 1):
        pass
    for _ in range(LOOKS):
        left = marked(mark, folder)
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        if not left:
            break
        time.sleep(BETWEEN_S)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
