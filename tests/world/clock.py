"""The world's own time, which tests may set ahead so that limits free without waiting."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Seconds that only grow. `source` is what really passes; `advance` adds to it."""

    def __init__(self, source: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._ahead_s = 0.0

    def __call__(self) -> float:
        return self._source() + self._ahead_s

    def advance(self, seconds: float) -> None:
        self._ahead_s += seconds
