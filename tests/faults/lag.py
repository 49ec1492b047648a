"""How late this machine lets a process go on that wants to: what is promised to the second holds on top."""

from __future__ import annotations

import threading
import time

LOOK_S = 0.05
STEPS = 10
"""A job's end takes several turns of its loop, each of which may come so late."""


class Lag:
    """Measures from its making until `close`; a quiet machine comes to a few hundredths of a second."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self.worst_s = 0.0
        self._thread = threading.Thread(target=self._measure, name="lag", daemon=True)
        self._thread.start()

    @property
    def allowance_s(self) -> float:
        """How much later than on a quiet machine something may be done."""
        return STEPS * self.worst_s

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _measure(self) -> None:
        while not self._ended.is_set():
            at = time.monotonic()
            self._ended.wait(LOOK_S)
            self.worst_s = max(self.worst_s, time.monotonic() - at - LOOK_S)
