"""How slow this machine is for a process that wants to work: what is promised to the second holds on top."""

from __future__ import annotations

import threading
import time

EVERY_S = 1.5
WORK_S = 0.06
END_S = 0.7
"""How much work may come between a job's deadline and its end: a few turns of its event loop."""


class Lag:
    """Works a little now and then, from its making until `close`, and looks how long that takes."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self.factor = 1.0
        """How many times longer work takes than on a machine with nothing else to do, at worst."""
        self._thread = threading.Thread(target=self._measure, name="lag", daemon=True)
        self._thread.start()

    @property
    def allowance_s(self) -> float:
        """How much later than on a quiet machine a job may end."""
        return END_S * (self.factor - 1)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _measure(self) -> None:
        while not self._ended.wait(EVERY_S):
            at, until = time.monotonic(), time.thread_time() + WORK_S
            while time.thread_time() < until:
                pass
            self.factor = max(self.factor, (time.monotonic() - at) / WORK_S)
