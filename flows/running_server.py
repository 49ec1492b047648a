"""Finds the Prefect server of `learn up`, and its password, for flows that are called in a script or a
notebook.

Anyone who can use Prefect's API can run any command as its owner, so the server asks for a password. It is
kept in a file that only its owner can read (`service.stack.password` makes it).
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from flows.own_machine import OWN_ADDRESS, OWN_NAMES
from flows.settings import read_settings

URL, AUTH, KEY = "PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_API_KEY"
ASK_S = 2.0
"""How long the server may take to answer; it is on this machine."""
WELL_FORMED = re.compile(r"[!-9;-~]+:[!-~]{16,}")
"""The user and password as Prefect takes them."""


def use_running_server() -> str | None:
    """Have this process use the Prefect server of `learn up`, if one is running and no other is configured.

    Returns its API URL, or None if nothing was changed. Call it before a flow is called; `from flows import
    big_learning` does. Its password comes with it, also if only its URL was named.
    """
    from prefect.settings import get_current_settings

    api, home = get_current_settings().api, read_settings().home
    if api.url is not None and (api.auth_string or api.key or not is_ours(home, api.url)):
        return None
    url = api.url or running_server()
    if url is None:
        return None
    os.environ[URL] = url
    if is_ours(home, url) and (kept := known_auth_string(home)) is not None:
        os.environ[AUTH] = kept
        if api.key:
            # meant for another server, and sent instead of the password
            os.environ[KEY] = ""
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()
    return url


def running_server() -> str | None:
    """The API URL of the Prefect server that `learn up` or `learn run` keeps for this LEARN_HOME; None if
    none answers.
    """
    import httpx

    try:
        url = f"http://{OWN_ADDRESS}:{int(server_state(read_settings().home)['port'])}/api"
        # no proxy stands between a program and its own machine
        with httpx.Client(trust_env=False, timeout=ASK_S) as client:
            return url if client.get(f"{url}/health").is_success else None
    except (ValueError, TypeError, KeyError, httpx.HTTPError):
        return None


def prefect_folder(home: Path) -> Path:
    """The folder of the embedded Prefect's database, locks and password."""
    return home / "prefect"


def prefect_database(home: Path) -> Path:
    """The embedded Prefect server's database, whether or not it is there."""
    return prefect_folder(home) / "prefect.db"


def state_file(home: Path) -> Path:
    """The file that the server keeps locked while it lives; it holds the process id and port."""
    return prefect_folder(home) / "server.json"


def server_state(home: Path) -> dict[str, int]:
    """What the server wrote at its start: `pid` and `port`; empty if it wrote nothing."""
    try:
        state = json.loads(state_file(home).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def live_port(home: Path) -> int | None:
    """The port of the home folder's Prefect server while that lives; it alone may be sent the password."""
    try:
        with state_file(home).open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(json.load(file)["port"])
    except (OSError, ValueError, TypeError, KeyError):
        pass
    return None


def is_ours(home: Path, url: str) -> bool:
    """Whether a Prefect API URL is that of the home folder's own live server."""
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname in OWN_NAMES and parts.port is not None:
            return parts.port == live_port(home)
    return False


def password_file(home: Path) -> Path:
    """Where the user and password of a home folder's Prefect are kept, as Prefect takes them."""
    return prefect_folder(home) / "password"


def known_auth_string(home: Path) -> str | None:
    """The user and password of a home folder's Prefect; None if it has none yet or is not ours to read."""
    try:
        kept = password_file(home).read_text("utf-8").strip()
    except (OSError, UnicodeError):
        return None
    return kept if WELL_FORMED.fullmatch(kept) else None
