"""What processes use, by /proc: CPU, memory, and both over time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")


def stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name. Raises OSError where the process is gone."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used, without its children; 0 where it is gone."""
    try:
        return sum(map(int, stat(pid)[11:13])) / TICKS
    except OSError:
        return 0.0


def resident_mb(pid: int) -> float:
    """Resident memory in MB; 0 where it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def found(mark: str, part: str) -> list[int]:
    """Processes with a variable (`NAME=value`) in their environment and a text in their command line."""
    pids = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            has_mark = mark.encode() in (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if has_mark and part in command:
            pids.append(int(folder.name))
    return pids


def tree(root: int) -> list[int]:
    """A process and all that it has started, and they in turn."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int(stat(int(folder.name))[1])
        except OSError:
            continue
    found_ = [root]
    for pid in found_:
        found_ += [child for child, parent in parents.items() if parent == pid]
    return found_


class Watch:
    """Looks at groups of processes while the block runs: what each has used since it began, and its memory.

    A group is found anew at each look, so that processes that begin later count; of one that ends the last
    look counts. `watch.cpu_s["worker"]`; `watch.memory_mb["worker"]` is a list, one number a look.
    """

    def __init__(
        self,
        groups: Mapping[str, Callable[[], Iterable[int]]],
        *,
        every_s: float = 0.25,
        memory_every: int = 4,
    ) -> None:
        self._groups = groups
        self._every_s = every_s
        self._memory_every = memory_every
        self._first: dict[int, float] = {}
        self._last: dict[str, dict[int, float]] = {name: {} for name in groups}
        self.memory_mb: dict[str, list[float]] = {name: [] for name in groups}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    @property
    def cpu_s(self) -> dict[str, float]:
        """Seconds of CPU by group."""
        return {
            name: sum(now - self._first[pid] for pid, now in pids.items())
            for name, pids in self._last.items()
        }

    def __enter__(self) -> Self:
        self._look(0)
        self._thread.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._look(1)

    def _run(self) -> None:
        number = 1
        while not self._ended.wait(self._every_s):
            self._look(number)
            number += 1

    def _look(self, number: int) -> None:
        for name, find in self._groups.items():
            # who belongs to it is asked seldom: it reads all of /proc
            if number % self._memory_every == 0:
                pids = set(find())
                for pid in pids - self._last[name].keys():
                    # a process that began during the block has used all of its time in it
                    self._first[pid] = cpu_s(pid) if number == 0 else 0.0
                    self._last[name][pid] = self._first[pid]
                self.memory_mb[name].append(round(sum(map(resident_mb, pids)), 1))
            for pid, before in self._last[name].items():
                self._last[name][pid] = max(before, cpu_s(pid))


def wait_for(condition: Callable[[], object], within_s: float, what: str) -> float:
    """Seconds until the condition is true. Raises TimeoutError."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > within_s:
            raise TimeoutError(f"{what} did not come within {within_s:g} s")
        time.sleep(0.02)
    return time.monotonic() - began
