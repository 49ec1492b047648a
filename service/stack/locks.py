"""File locks that the operating system releases when their holder dies, even by kill -9."""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from service.stack.private_files import open_private
from service.stack.variables import LEASE, named_file

Lock = IO[str]
"""An open, locked file. Close it to release the lock."""


def try_lock(path: Path, *, shared: bool = False) -> Lock | None:
    """The lock, or None if somebody else holds it. Raises OSError if the file is not writable."""
    file = os.fdopen(open_private(path, os.O_RDWR | os.O_APPEND | os.O_CREAT), "a+", encoding="utf-8")
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    except BaseException:
        file.close()
        raise
    return file


async def wait_for_lock(path: Path, *, shared: bool = False, within_s: float) -> Lock | None:
    """The lock as soon as it is free, or None if it does not become free in time."""
    deadline = time.monotonic() + within_s
    while (lock := try_lock(path, shared=shared)) is None:
        if time.monotonic() >= deadline:
            return None
        await asyncio.sleep(0.05)
    return lock


def is_locked(path: Path) -> bool:
    """Whether a live process holds the file exclusively."""
    if not path.exists():
        return False
    lock = try_lock(path, shared=True)
    if lock is None:
        return True
    lock.close()
    return False


def when_released(path: Path, act: Callable[[], None], *, every_s: float = 0.5) -> None:
    """Call `act` once, in a new thread, when the process that keeps the file locked is gone."""

    def watch() -> None:
        while is_locked(path):
            time.sleep(every_s)
        act()

    threading.Thread(target=watch, name=f"watch {path.name}", daemon=True).start()


def hold_lease_from_environment() -> Lock | None:
    """A shared lock on the lease in the environment, which keeps the Prefect server alive; None without a
    lease.
    """
    lease = named_file(LEASE)
    if lease is None:
        return None
    try:
        return try_lock(lease, shared=True)
    except OSError:
        return None
