"""What clients get wrong: tokens and sign-ins that are refused, and proxies that nobody named.

Each is said in the log, at most so often that nobody can fill it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from starlette.datastructures import Headers

from service.api.middleware.limits import RateLimit, TokenBucket

BURST, PER_MINUTE = 60, 20
"""Wrong tokens of one client. Signed-in browsers go on; their cookies cannot be guessed."""
TOTAL = 100_000
"""Wrong tokens of all clients. A low limit would lock out everybody."""
LOGGED_BURST, LOGGED_PER_MINUTE = 50, 30
LONGEST_NAME = 64
FORWARDED = ("x-forwarded-for", "x-real-ip", "forwarded")

log = logging.getLogger(__name__)


class Attempts:
    """Counts and logs wrong tokens by client, and notices a proxy that is not trusted."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._wrong = RateLimit(
            "wrong tokens",
            burst=BURST,
            per_minute=PER_MINUTE,
            total_burst=TOTAL,
            total_per_minute=TOTAL,
            clock=clock,
        )
        self._logged = TokenBucket(burst=LOGGED_BURST, per_minute=LOGGED_PER_MINUTE, clock=clock)
        self._left_out = 0
        self._knows_proxy = False

    def before_token(self, client: str) -> None:
        """Raise TooMany for a client that sent too many wrong tokens, before another one is compared."""
        self._wrong.refuse_if_over(client)

    def wrong_token(self, client: str) -> None:
        """Count and log a wrong token."""
        self._wrong.check(client)
        self._say("Wrong token", client)

    def wrong_sign_in(self, client: str) -> None:
        """Log a wrong sign-in; its own limit has counted it."""
        self._say("Wrong sign-in", client)

    def look_for_proxy(self, headers: Headers, client: str) -> None:
        """Say once that a proxy passes on requests of others, if LEARN_TRUSTED_PROXIES does not name it."""
        if self._knows_proxy:
            return
        named = next((headers[name] for name in FORWARDED if name in headers), None)
        # of a trusted proxy the server has already taken the client's address
        if named is None or client in [part.strip() for part in named.split(",")]:
            return
        self._knows_proxy = True
        log.warning(
            "A proxy at %s passes on requests, but LEARN_TRUSTED_PROXIES does not name it, so all"
            " its clients count as one. If the proxy is yours, set LEARN_TRUSTED_PROXIES=%s.",
            _shown(client),
            _shown(client),
        )

    def _say(self, what: str, client: str) -> None:
        if self._logged.wait_s():
            self._left_out += 1
            return
        self._logged.take()
        more, self._left_out = self._left_out, 0
        log.warning("%s from %s%s", what, _shown(client), f" ({more} more not shown)" if more else "")


def _shown(client: str) -> str:
    """A client's address as one short word; a trusted proxy may pass on anything."""
    return "".join(c for c in client[:LONGEST_NAME] if c.isascii() and c.isprintable()) or "unknown"


def is_over_tls(scheme: str, headers: Headers) -> bool:
    """Whether the client's connection is encrypted, also where a proxy that is not trusted says so.

    Only the client itself could lie, about its own cookie.
    """
    said = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
    return scheme in {"https", "wss"} or said == "https" or headers.get("origin", "").startswith("https://")
