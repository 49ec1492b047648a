"""Access control: the token, the session cookie that replaces it in a browser, and the Host and Origin
headers.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from flows.own_machine import OWN_NAMES
from service.errors import AccessRefused
from service.settings import FacadeSettings

COOKIE = "learn_session"
READS = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PATHS = frozenset({"/", "/health/live", "/health/ready", "/session", "/favicon.ico"})
OPEN_PREFIX = "/static/"
MOST_FIELDS = 50
_DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}
_HOST = re.compile(r"(?P<name>\[[^\]]*\]|[^:@/\s]*)(:\d*)?", re.ASCII)
_TOKEN_NAMES = frozenset(
    {
        "token",
        "access_token",
        "api_token",
        "api_key",
        "apikey",
        "auth",
        "authorization",
        "bearer",
        "key",
        "password",
        "secret",
    }
)
FETCH_SITE = "sec-fetch-site"
"""The header in which a browser tells whose page sends a request."""


class Access:
    """Decides whether a request is allowed. Secrets are compared in constant time."""

    def __init__(self, settings: FacadeSettings) -> None:
        self._token = settings.token
        self._lifetime_s = int(settings.session_lifetime.total_seconds())
        self._hosts = {*OWN_NAMES} | set(settings.allowed_hosts)
        self._origins = frozenset(settings.allowed_origins)
        # a separate key, so a session reveals nothing about the token
        self._key = hmac.new(
            (self._token or secrets.token_hex()).encode(), b"learn session", hashlib.sha256
        ).digest()

    @property
    def needs_token(self) -> bool:
        """Whether clients need a token."""
        return self._token is not None

    def check(
        self, method: str | None, path: str, query: bytes, headers: Headers, *, server: str | None
    ) -> None:
        """Raise AccessRefused unless the request is allowed. `method` is None for a WebSocket.

        Runs before any of the body is read.
        """
        host = self._checked_host(headers, server)
        if method not in READS or (headers.get(FETCH_SITE) == "cross-site" and not self._is_open(path)):
            self._check_origin(headers, host)
        self._check_address(path, query)
        if self._token is not None and not self._is_open(path) and not self._is_known(headers):
            raise AccessRefused(
                401,
                (
                    "Missing or wrong token. Send `Authorization: Bearer <token>`, or sign in with"
                    " POST /session."
                ),
            )

    def brings_token(self, path: str, headers: Headers) -> bool:
        """Whether a request brings a token, right or wrong, to a path that asks for one."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        return self.needs_token and not self._is_open(path) and scheme.lower() == "bearer" and bool(given)

    def is_token(self, given: str) -> bool:
        """Whether this is the token."""
        return self._token is not None and _same(given, self._token)

    def new_session(self) -> tuple[str, int]:
        """A session cookie's value and its lifetime in seconds.

        Every replica with the same token accepts it until it expires.
        """
        text = f"1.{int(time.time()) + self._lifetime_s}.{secrets.token_urlsafe(12)}"
        return f"{text}.{self._signature(text)}", self._lifetime_s

    def _is_session(self, value: str) -> bool:
        text, _, signature = value.rpartition(".")
        if not _same(signature, self._signature(text)):
            return False
        return int(text.split(".")[1]) > time.time()

    def _signature(self, text: str) -> str:
        return hmac.new(self._key, text.encode(errors="replace"), hashlib.sha256).hexdigest()

    def _is_known(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and given:
            return self.is_token(given.strip())
        return self._is_session(cookie_parser(headers.get("cookie", "")).get(COOKIE, ""))

    def _is_open(self, path: str) -> bool:
        return path in OPEN_PATHS or path.startswith(OPEN_PREFIX)

    def _checked_host(self, headers: Headers, server: str | None) -> str:
        given = headers.getlist("host")
        host = given[0].lower() if len(given) == 1 else ""
        name = host_name(host)
        # DNS rebinding: the page's own host name still stands here, and an IP address cannot be rebound
        if name in self._hosts or (name and name == server and _is_address(name)):
            return host
        raise AccessRefused(
            403,
            "Unknown host name. Use 127.0.0.1, or add the name to LEARN_ALLOWED_HOSTS.",
        )

    def _check_origin(self, headers: Headers, host: str) -> None:
        origins = headers.getlist("origin")
        if headers.get(FETCH_SITE) == "cross-site" and not origins:
            raise AccessRefused(403, "Cross-origin request refused. Only the server's own pages may write.")
        for origin in origins:
            if origin.lower() not in self._origins and not is_same_origin(origin, host):
                raise AccessRefused(
                    403,
                    "Cross-origin request refused. Only the server's own pages and origins in"
                    " LEARN_ALLOWED_ORIGINS may write or watch.",
                )

    def _check_address(self, path: str, query: bytes) -> None:
        try:
            fields = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            raise AccessRefused(403, f"The URL has more than {MOST_FIELDS} query parameters.") from None
        # compare hashes: a substring search would take a time that depends on the token
        parts = [*(part for field in fields for part in field), *re.split("[/;=]", path)[: 2 * MOST_FIELDS]]
        if any(name.lower() in _TOKEN_NAMES for name, _ in fields) or any(
            self.is_token(part) for part in parts
        ):
            raise AccessRefused(
                403,
                "Never put the token in a URL; URLs are logged. Change the token and send it in the"
                " Authorization header.",
            )


def _same(given: str, wanted: str) -> bool:
    # equal lengths, so the time reveals nothing about the token's length
    return hmac.compare_digest(
        *(hashlib.sha256(text.encode(errors="surrogatepass")).digest() for text in (given, wanted))
    )


def is_same_origin(origin: str, host: str) -> bool:
    """Whether a page's origin is the host and port that the request names."""
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return False
    default = _DEFAULT_PORTS.get(parts.scheme)
    if default is None or not parts.netloc or parts.path or parts.query:
        return False
    return (
        parts.netloc in {host, host.removesuffix(f":{default}")}
        or parts.netloc.removesuffix(f":{default}") == host
    )


def host_name(host: str) -> str:
    """The name or address in a Host header, without the port."""
    found = _HOST.fullmatch(host)
    return found["name"].strip("[]").rstrip(".") if found else ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Sent with every response that does not set its own."""
