"""The password of the embedded Prefect server: made once, and given to all of its clients."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from flows.errors import ConfigurationError
from flows.running_server import AUTH, KEY, URL, WELL_FORMED, is_ours, known_auth_string, password_file
from service.stack.private_files import open_private

SERVER_AUTH = "PREFECT_SERVER_API_AUTH_STRING"
USER = "learn"
PASSWORD_BYTES = 24


def make_auth_string(home: Path) -> str:
    """The user and password of a home folder's Prefect, made if there is none. Its folder must exist.

    Raises ConfigurationError if the file cannot be used.
    """
    path = password_file(home)
    try:
        with os.fdopen(open_private(path, os.O_RDWR | os.O_CREAT), "r+", encoding="utf-8") as file:
            # several processes may be first at once
            fcntl.flock(file, fcntl.LOCK_EX)
            if WELL_FORMED.fullmatch(kept := file.read().strip()):
                return kept
            made = f"{USER}:{secrets.token_urlsafe(PASSWORD_BYTES)}"
            file.seek(0)
            file.truncate()
            file.write(f"{made}\n")
            file.flush()
            os.fsync(file.fileno())
            return made
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"Can't save Prefect's password in {path}: {error}.") from error


def variables_for(home: Path, url: str, environ: Mapping[str, str]) -> dict[str, str]:
    """What Prefect's clients need beside the URL: our password for our own server, nothing for any other.

    A person who named a URL and credentials of his own keeps them.
    """
    if environ.get(URL) and (environ.get(AUTH) or environ.get(KEY)):
        return {}
    if not is_ours(home, url) or (kept := known_auth_string(home)) is None:
        return {}
    # Prefect would send a key, meant for another server, instead of the password
    return {AUTH: kept} | ({KEY: ""} if environ.get(KEY) else {})
