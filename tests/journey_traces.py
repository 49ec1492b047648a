"""Which functions of ours ran, in which order."""

from __future__ import annotations

import sys
from contextlib import contextmanager


class Trace:
    """Functions of ours that ran in this thread, each once, in the order in which they were first entered."""

    def __init__(self):
        self._entered: dict[tuple[str, str], None] = {}

    def __call__(self, frame, event, _argument):
        if event == "call":
            module = frame.f_globals.get("__name__", "")
            if module.startswith(("flows.", "service.")):
                self._entered[module, frame.f_code.co_qualname] = None

    @property
    def modules(self):
        return list(dict.fromkeys(module for module, _ in self._entered))

    def place(self, step):
        entered = list(self._entered)
        assert (step.module, step.function) in entered, f"{step.module}.{step.function} never ran"
        return entered.index((step.module, step.function))


@contextmanager
def tracing():
    trace, before = Trace(), sys.getprofile()
    sys.setprofile(trace)
    try:
        yield trace
    finally:
        sys.setprofile(before)
