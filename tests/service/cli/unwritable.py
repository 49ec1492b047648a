"""Places that cannot be written, and disks without room."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from contextlib import contextmanager

import pytest


@contextmanager
def read_only(place):
    """A folder or a file that cannot be written, not even by root, where a mount is possible."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    is_mounted = bool(mount and umount) and all(
        subprocess.run([mount, "-o", how, *places], capture_output=True, check=False).returncode == 0
        for how, places in (("bind", (place, place)), ("remount,ro,bind", (place,)))
    )
    if not is_mounted:
        if os.geteuid() == 0:
            pytest.skip("root may write anywhere, and nothing can be mounted here")
        mode = place.stat().st_mode
        place.chmod(mode & 0o555)
    try:
        yield
    finally:
        if is_mounted:
            subprocess.run([umount, place], check=True)
        else:
            place.chmod(mode)


@contextmanager
def without_room(file_bytes=1000):
    """A disk on which no file can grow beyond this size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
