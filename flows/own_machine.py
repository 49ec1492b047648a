"""Our own machine: which of its processes live, and which addresses are its own.

Proxies of the environment never stand between us and what runs here: Prefect's API, our server, an emulator,
a local model.
"""

from __future__ import annotations

import os
import platform
import re
import signal
import socket
import subprocess
from collections.abc import MutableMapping
from contextlib import suppress
from functools import cache
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

OWN_ADDRESS = "127.0.0.1"
OWN_NAMES = (OWN_ADDRESS, "localhost", "::1")
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_OTHER_NAMES = frozenset(
    {
        "localhost",
        "localhost4",
        "localhost6",
        "localhost.localdomain",
        "localhost4.localdomain4",
        "localhost6.localdomain6",
        "ip6-localhost",
        "ip6-loopback",
    }
)
"""What the usual files of hosts call this machine."""
_BETWEEN_HOSTS = re.compile(r"[\s,;|]+")
_PLAIN_HOST = re.compile(r"\*|\.?[a-z][a-z0-9_-]{0,62}(?:\.[a-z0-9_-]{1,63}){0,9}", re.ASCII | re.IGNORECASE)
"""What needs no look at our HTTP client."""
_ANY_PORT = re.compile(r"(?::\*?)+$")
_PORT = re.compile(r":\d{1,5}$", re.ASCII)
_NUMBERS = re.compile(r"(?:0x[0-9a-f]{1,8}|\d{1,11})(?:\.(?:0x[0-9a-f]{1,8}|\d{1,11})){0,3}", re.ASCII)
"""An IPv4 address as C libraries read it too, such as 127.1."""

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
        address = ip_address(socket.inet_aton(host) if _NUMBERS.fullmatch(host) else host)
    except (ValueError, OSError):
        return host in _OTHER_NAMES or host.endswith(".localhost")
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback or address.is_unspecified


def is_on_own_machine(url: str) -> bool:
    """Whether a URL names this machine; False for what is no URL."""
    try:
        return is_own(urlsplit(url).hostname or "")
    except ValueError:
        return False


def exempt_own_machine(environ: MutableMapping[str, str] | None = None, *, url: str = "") -> tuple[str, ...]:
    """Exempt this machine, and the host of `url` if it is this machine's, from the proxies in an environment:
    this process's, if none is given.

    Returns the names of variables that are dropped because their value names no proxy that our HTTP client
    can use: with one of them it could not even talk to this machine.
    """
    environ = os.environ if environ is None else environ
    # Python's HTTP clients read the lower-case name first, gRPC reads no other
    given = environ["no_proxy"] if "no_proxy" in environ else environ.get("NO_PROXY", "")
    hosts = [host for part in _BETWEEN_HOSTS.split(given) if (host := _as_written(part))]
    own = [*OWN_NAMES, urlsplit(url).hostname or ""] if url and is_on_own_machine(url) else [*OWN_NAMES]
    hosts += [name for name in own if name and name not in hosts]
    environ["NO_PROXY"] = environ["no_proxy"] = ",".join(dict.fromkeys(hosts))
    dropped = []
    for name in [n for n in environ if n.lower() in PROXIES]:
        environ[name] = value = environ[name].strip()
        if value.lower().startswith("socks://"):
            # what desktops write for version 5
            environ[name] = value = f"socks5{value[5:]}"
        if value and not _is_usable(value):
            del environ[name]
            dropped.append(name)
    return tuple(dropped)


def _as_written(host: str) -> str:
    """A `no_proxy` host in the form that our HTTP client takes, whichever program's syntax it uses. Empty if
    the client has no such form and would fail at every request, as for an IPv6 network.
    """
    if not host or not host.isascii() or not host.isprintable():
        return ""
    host = _ANY_PORT.sub("", host) if not _is_address(host) else host
    host = host.removeprefix("*") if host.startswith("*.") else host
    if _is_address(bare := host.removesuffix("/128").strip("[]")):
        host = bare
    elif host.startswith("[") and _PORT.search(host):
        host = f"all://{host}"  # only with a scheme may it have brackets
    return host if _PLAIN_HOST.fullmatch(host) or _is_pattern(host) else ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_pattern(host: str) -> bool:
    """Whether our HTTP client can turn a `no_proxy` host into a pattern, which it does at every request."""
    address, slash, bits = host.partition("/")
    pattern = host if "://" in host else f"all://*{host}"
    if _is_address(address):
        if ":" in address:
            return not slash
        return not slash or bits.isdecimal()
    import httpx

    try:
        url = httpx.URL(pattern)
        return bool(url.scheme and url.host) and not url.userinfo
    except (ValueError, httpx.InvalidURL):
        return False


def _is_usable(proxy: str) -> bool:
    import httpx

    try:
        httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}")
    except (ValueError, httpx.InvalidURL):
        return False
    return True
