"""Our own machine: which of its processes live, and which addresses are its own.

Proxies of the environment never stand between us and what runs here: Prefect's API, our server, an emulator,
a local model.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
from collections.abc import MutableMapping
from contextlib import suppress
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

NAMES = ("127.0.0.1", "localhost", "::1")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


_ENDED = frozenset("ZXx")
"""The states of a process in Linux that has ended, and whose parent has not asked for its end yet."""


class LiveProcess(NamedTuple):
    """A process, told from a later one with the same number by when it started."""

    machine: str
    pid: int
    started: str


@cache
def machine() -> str:
    """One start of this machine, and the space of process numbers that this process sees."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    return platform.node()


def started_of(pid: int) -> str | None:
    """When a process of this machine started, in its own terms; None if there is no such live process.

    No clock that can be set takes part in it on Linux.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None if Path("/proc/self/stat").exists() else _started_by_ps(pid)
    # the name, in brackets, may hold anything
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in _ENDED else fields[19]


def _started_by_ps(pid: int) -> str | None:
    found = subprocess.run(  # noqa: S603  a number, and POSIX's own program
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    kind, _, started = found.stdout.strip().partition(" ")
    return None if not started or kind[0] in _ENDED else started.strip()


def process_of(pid: int | None = None) -> LiveProcess | None:
    """A process of this machine, this one by default; None if it does not live."""
    number = os.getpid() if pid is None else pid
    started = started_of(number)
    return LiveProcess(machine(), number, started) if started is not None else None


def lives(on_machine: str, pid: int, started: str) -> bool | None:
    """Whether a process lives; None if it is on another machine, or was before this one started."""
    return started_of(pid) == started if on_machine == machine() else None


def kill(on_machine: str, pid: int, started: str) -> bool:
    """Kill a process of this machine that stopped answering.

    False if it is not there, or not ours to kill.
    """
    if not lives(on_machine, pid, started):
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def is_own(host: str) -> bool:
    """Whether a host name or address, with or without brackets, is this machine's own."""
    host = host.strip("[]").lower().rstrip(".")
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def is_on_own_machine(url: str) -> bool:
    """Whether a URL names this machine; False for what is no URL."""
    try:
        return is_own(urlsplit(url).hostname or "")
    except ValueError:
        return False


def exempt_own_machine(environ: MutableMapping[str, str], *, url: str = "") -> tuple[str, ...]:
    """Exempt this machine, and the host of `url` if it is this machine's, from the proxies in an environment.

    Returns the names of variables that are dropped because their value names no proxy that our HTTP client
    can use: with one of them it could not even talk to this machine.
    """
    # Python's HTTP clients read the lower-case name first, gRPC reads no other
    given = environ["no_proxy"] if "no_proxy" in environ else environ.get("NO_PROXY", "")
    hosts = [host for part in given.split(",") if (host := _as_written(part.strip()))]
    own = [*NAMES, urlsplit(url).hostname or ""] if url and is_on_own_machine(url) else [*NAMES]
    hosts += [name for name in own if name and name not in hosts]
    environ["NO_PROXY"] = environ["no_proxy"] = ",".join(dict.fromkeys(hosts))
    dropped = []
    for name in [n for n in environ if n.lower() in _PROXIES]:
        environ[name] = value = environ[name].strip()
        if value.lower().startswith("socks://"):
            # what desktops write for version 5
            environ[name] = value = f"socks5{value[5:]}"
        if value and not _is_usable(value):
            del environ[name]
            dropped.append(name)
    return tuple(dropped)


def _as_written(host: str) -> str:
    """A host of `no_proxy` as our HTTP client takes it: an address without brackets; nothing for a name that
    it would stumble over.
    """
    return host.strip("[]") if host.isascii() and host.isprintable() else ""


def _is_usable(proxy: str) -> bool:
    import httpx

    try:
        httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}")
    except (ValueError, httpx.InvalidURL):
        return False
    return True
