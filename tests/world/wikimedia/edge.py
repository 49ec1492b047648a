"""What stands before all of Wikimedia: the User-Agent policy, requests a minute and at once
(shared/facts/providers.md, 2.1).

Refusals here are HTML, not JSON.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable

from starlette.responses import HTMLResponse

from tests.world.chat.limits import Bucket

POLICY = "https://foundation.wikimedia.org/wiki/Policy:Wikimedia_Foundation_User-Agent_Policy"
_LIBRARIES = re.compile(
    r"^(?:python-httpx|python-requests|python-urllib3?|aiohttp|curl|wget"
    r"|go-http-client|java|okhttp|node-fetch|axios|libwww-perl)\b",
    re.IGNORECASE,
)
_CONTACT = re.compile(r"[\w.+-]+@[\w-]+\.\w+|https?://[\w.-]+")


class Edge:
    """One client's place at the edge, shared by all wikis."""

    def __init__(self, clock: Callable[[], float], *, per_minute: int = 200, at_once: int = 3) -> None:
        self._bucket = Bucket(float(per_minute), 60.0, float(per_minute), clock)
        self._at_once = at_once

    def refusal(self, agent: str, at_once: int) -> HTMLResponse | None:
        """The refusal for a request by this agent while so many, itself included, are under way; None lets it
        in.
        """
        if not agent or _LIBRARIES.match(agent):
            return forbidden(
                "Please set a user-agent and respect our robot policy https://w.wiki/4wJS. See also T400119."
            )
        if not _CONTACT.search(agent):
            return forbidden(
                f"Please comply with the User-Agent policy: {POLICY}. A way to reach the operator is missing."
            )
        if at_once > self._at_once:
            return too_many(1.0)
        if (wait_s := self._bucket.wait_s(1)) > 0:
            return too_many(wait_s)
        self._bucket.add(-1)
        return None


def forbidden(reason: str) -> HTMLResponse:
    return HTMLResponse(_page(403, "Forbidden", reason), 403)


def too_many(wait_s: float) -> HTMLResponse:
    reason = (
        f"Too many requests. Please comply with the User-Agent policy to get a higher rate limit: {POLICY}"
    )
    return HTMLResponse(
        _page(429, "Too many requests", reason), 429, headers={"retry-after": str(max(1, math.ceil(wait_s)))}
    )


def not_json() -> HTMLResponse:
    return HTMLResponse(
        _page(
            200,
            "Wikimedia Error",
            "Our servers are currently under maintenance or experiencing a technical problem.",
        )
    )


def failing(status: int, retry_after_s: float | None = None) -> HTMLResponse:
    headers = {} if retry_after_s is None else {"retry-after": f"{retry_after_s:g}"}
    return HTMLResponse(
        _page(status, "Wikimedia Error", "If you report this error, please include the details below."),
        status,
        headers=headers,
    )


def _page(status: int, title: str, reason: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Wikimedia'
        f" Error</title>\n<h1>{title}</h1>\n<p>{html.escape(reason)}</p>\n<code>Error:"
        f" {status}</code>\n</html>\n"
    )
