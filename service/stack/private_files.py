"""Files and folders that only their owner can use. Opening one never follows a link in its place."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from flows.errors import ConfigurationError

FILE_MODE, FOLDER_MODE = 0o600, 0o700
OTHERS = 0o077
"""The permissions of everybody else."""


def open_private(path: Path, flags: int) -> int:
    """Open a file of ours, created if `flags` say so, and take others' permissions away.

    Returns a descriptor. Raises ConfigurationError for a link or a file of another user, and what
    `os.open` raises.
    """
    if path.is_symlink():
        raise ConfigurationError(
            f"{path} is a link. Remove it: files in the home folder must not be symbolic links."
        )
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    found = os.fstat(descriptor)
    if found.st_uid != os.geteuid():
        os.close(descriptor)
        raise ConfigurationError(f"{path} belongs to another user. Remove it, or set LEARN_HOME.")
    if found.st_mode & OTHERS:
        os.fchmod(descriptor, FILE_MODE)
    return descriptor


def make_folder(path: Path) -> None:
    """Create a folder and what is missing above it, all for their owner only. Existing ones are left.

    Raises OSError.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        # without regard to the umask, and several processes may try at once
        with suppress(FileExistsError):
            folder.mkdir(mode=FOLDER_MODE)
    if not path.is_dir():
        path.mkdir()


def keep_private(folder: Path) -> None:
    """Make a folder, and all in it if others could enter it so far, its owner's alone.

    Raises ConfigurationError for a folder of another user or one that all users share, such as /tmp.
    """
    found = folder.stat()
    if found.st_mode & (stat.S_ISVTX | stat.S_IWOTH) == stat.S_ISVTX | stat.S_IWOTH:
        raise ConfigurationError(f"All users share the folder {folder}. Set LEARN_HOME to a folder in it.")
    if found.st_uid != os.geteuid():
        raise ConfigurationError(
            f"The home folder {folder} belongs to another user, who could change what is in it. Set"
            " LEARN_HOME to a folder of your own."
        )
    if found.st_mode & OTHERS:
        close_to_others(folder)


def close_to_others(folder: Path) -> None:
    """Take others' permissions on a folder and on all in it away. Links are not followed."""
    # from the inside out: while it is not finished, the next start finds it open and repeats it
    for root, folders, files in os.walk(folder, topdown=False):
        for name in (*folders, *files):
            _close(Path(root) / name)
    _close(folder.resolve())


def _close(path: Path) -> None:
    # files come and go while another process works here
    with suppress(FileNotFoundError, PermissionError):
        found = path.lstat()
        if found.st_mode & OTHERS and not stat.S_ISLNK(found.st_mode):
            path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
