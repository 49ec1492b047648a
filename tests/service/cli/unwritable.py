"""Places that cannot be written, and disks without room."""

from __future__ import annotations

import errno
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


@contextmanager
def small_disk(folder):
    """A disk of two megabytes of its own in an empty folder, so that others keep their room."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    options = ("-t", "tmpfs", "-o", "size=2m", "none", folder)
    if not (
        mount
        and umount
        and subprocess.run([mount, *options], capture_output=True, check=False).returncode == 0
    ):
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run([umount, "--lazy", folder], check=True)


def fill_up(folder):
    """Leave no room on the disk of a folder."""
    with (folder / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
