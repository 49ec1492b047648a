"""One stack for each home folder, and a file that tells its processes that it lives."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from flows.errors import ConfigurationError
from flows.settings import Settings
from service.stack.environment import prefect_home
from service.stack.locks import try_lock


class Lifeline(NamedTuple):
    """The file that a stack keeps locked while it lives."""

    path: Path
    has_predecessor: bool
    """Whether the stack before it was killed, so that its processes may still be ending."""


@contextmanager
def only_one(settings: Settings) -> Generator[Lifeline]:
    """The lifeline of this process's stack.

    Raises ConfigurationError if another stack runs for the same home folder.
    """
    folder = prefect_home(settings)
    only = try_lock(folder / "stack")
    if only is None:
        raise ConfigurationError(
            f"`learn up` is already running for {settings.home}. Use `learn run` with it, or set"
            " LEARN_HOME to another folder."
        )
    left = list(folder.glob("stack-*"))
    for old in left:
        old.unlink(missing_ok=True)
    lifeline = folder / f"stack-{os.getpid()}-{time.time_ns()}"
    held = try_lock(lifeline)
    try:
        yield Lifeline(lifeline, has_predecessor=bool(left))
    finally:
        lifeline.unlink(missing_ok=True)
        for lock in filter(None, (held, only)):
            lock.close()
