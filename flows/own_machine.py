"""Proxies of the environment never stand between us and our own machine: Prefect's API, our server, an
emulator, a local model.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from ipaddress import ip_address
from urllib.parse import urlsplit

NAMES = ("127.0.0.1", "localhost", "::1")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


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
    hosts = [host.strip() for host in given.split(",") if host.strip()]
    own = [*NAMES, urlsplit(url).hostname or ""] if url and is_on_own_machine(url) else [*NAMES]
    hosts += [name for name in own if name and name not in hosts]
    environ["NO_PROXY"] = environ["no_proxy"] = ",".join(dict.fromkeys(hosts))
    dropped = []
    for name in [n for n in environ if n.lower() in _PROXIES]:
        value = environ[name].strip()
        if value.lower().startswith("socks://"):
            # what desktops write for version 5
            environ[name] = value = f"socks5{value[5:]}"
        if value and not _is_usable(value):
            del environ[name]
            dropped.append(name)
    return tuple(dropped)


def _is_usable(proxy: str) -> bool:
    import httpx

    try:
        httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}")
    except (ValueError, httpx.InvalidURL):
        return False
    return True
