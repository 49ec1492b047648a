"""A disk that fills and has room again: a small one of its own, or, where nothing can be mounted, a limit on
what processes may write.

What is mounted is seen by this process and its children alone, so that it goes with the last of them.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from ctypes import CDLL
from pathlib import Path

SIZE = "200m"
AGAIN_S = 0.1
NEW_NAMESPACE, PRIVATE_FOR_ALL = 0x20000, 0x44000
_is_alone: list[bool] = []


def mount_alone() -> None:
    """Have this process, which has no other threads yet, mount for itself and its children only."""
    library = CDLL(None)
    _is_alone.append(
        library.unshare(NEW_NAMESPACE) == 0 and library.mount(b"none", b"/", None, PRIVATE_FOR_ALL, None) == 0
    )


class Disk:
    """The folder of a seed, on a disk of its own if `is_own` is wanted and possible."""

    def __init__(self, folder: Path, *, is_own: bool) -> None:
        self.folder = folder
        mount = shutil.which("mount")
        command = [mount, "-t", "tmpfs", "-o", f"size={SIZE}", "none", folder]
        self._is_own = (
            is_own
            and True in _is_alone
            and mount is not None
            and subprocess.run(command, capture_output=True, check=False).returncode == 0
        )

    def close(self) -> None:
        if self._is_own:
            subprocess.run([shutil.which("umount") or "umount", "--lazy", self.folder], check=False)

    @contextmanager
    def full(self, processes: Callable[[], Iterable[int]]) -> Generator[None]:
        """No process can write more to a file."""
        if not self._is_own:
            with self._limited(processes):
                yield
            return
        ballast, ended = self.folder / "ballast", threading.Event()
        with ballast.open("wb", buffering=0) as file:
            filling = threading.Thread(target=_fill, args=(file.fileno(), ended))
            filling.start()
            try:
                yield
            finally:
                ended.set()
                filling.join()
                ballast.unlink()

    @contextmanager
    def _limited(self, processes: Callable[[], Iterable[int]]) -> Generator[None]:
        limited = set(processes())
        for pid in limited:
            _limit(pid, 1)
        try:
            yield
        finally:
            for pid in limited | set(processes()):
                _limit(pid, resource.RLIM_INFINITY)


def _limit(pid: int, size: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def _fill(file: int, ended: threading.Event) -> None:
    """Take all room, and what becomes free meanwhile."""
    piece, room = bytes(1 << 20), os.fstatvfs(file)
    with suppress(OSError):
        os.posix_fallocate(file, 0, room.f_bavail * room.f_frsize)
        os.lseek(file, 0, os.SEEK_END)
    while True:
        size = len(piece)
        while size:
            try:
                os.write(file, piece[:size])
            except OSError:
                size //= 16
        if ended.wait(AGAIN_S):
            return
