"""A polite client of a wiki's Action API: names its operator, asks for many titles at once, paces its
requests and waits when told to.

A rate limit applies to all wikis that share a pace, since Wikimedia counts them together; a lag or an outage
concerns one wiki. Policy: foundation.wikimedia.org/wiki/Policy:User-Agent_policy,
mediawiki.org/wiki/API:Etiquette, mediawiki.org/wiki/Wikimedia_APIs/Rate_limits.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import urlencode

import httpx
from pydantic import ValidationError

from flows.boundary.waits import wait_s
from flows.core.words import printable
from flows.errors import ConfigurationError, InvalidInput, RateLimited, SourceRefused, SourceUnavailable
from flows.knowledge import DAY_S
from flows.sources.wikimedia.pace import Pace, Pause
from flows.sources.wikimedia.wiki import (
    FoundPage,
    WikiQuery,
    find_pages,
    may_be_title,
    merge_queries,
    title_of,
)

MOST_TITLES = 50
MOST_CONTINUATIONS = 20
LARGEST_BODY = 16 * 2**20
"""Bytes; the API itself limits a result to 8 MiB of text, which may be longer as JSON."""
LONGEST_ADDRESS = 6000
"""Characters of parameters; a longer query is sent as a POST, which the API treats alike."""
MAXLAG_S = 5
LONGEST_WAIT_S = 2 * DAY_S
_BELIEVED_S = 1e9
"""A longer wait is no wait, but a number or a year gone wrong."""
_PAUSE_S = 10.0
"""Pause after a "too many requests" that names no time."""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""May be half of a pair, which no document can hold; it is dropped, not the answer."""
_TRANSIENT = re.compile(r"maxlag|ratelimited|readonly|internal_api_error")


class ActionApi:
    """The Action API of one wiki, open inside `async with`, for the event loop that opened it.

    `contact` is the operator's e-mail address or URL. Raises ConfigurationError if it cannot be sent.
    """

    def __init__(self, url: str, *, name: str, contact: str, pace: Pace, timeout_s: float = 10.0) -> None:
        self.url = url
        self._name = name
        self._pace = pace
        self._pause = Pause()
        self._timeout_s = timeout_s
        headers = {"User-Agent": user_agent(contact), "Accept-Encoding": "gzip", "Accept": "application/json"}
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(timeout_s, connect=min(5.0, timeout_s)),
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._client.__aexit__(exc_type, exc, traceback)

    @property
    def pages_url(self) -> str:
        """The base URL of this wiki's pages, with a trailing slash."""
        parts = httpx.URL(self.url)
        return str(parts.copy_with(path="/wiki/", query=None, fragment=None))

    async def find(self, titles: Sequence[str], **parameters: str) -> dict[str, FoundPage]:
        """The articles that at most 50 titles lead to, with the properties that the parameters ask for; see
        `find_pages`.

        Raises RateLimited, SourceUnavailable, SourceRefused, and InvalidInput for too many titles.
        """
        asked = {title: title_of(title) for title in titles if may_be_title(title)}
        wanted = list(dict.fromkeys(filter(None, asked.values())))
        if len(wanted) > MOST_TITLES:
            raise InvalidInput("titles", f"must be at most {MOST_TITLES} (got {len(wanted)})")
        if not wanted:
            return {}
        query = await self._query({**parameters, "titles": "|".join(wanted), "redirects": "1"})
        found = find_pages(wanted, query)
        return {title: found[wanted_title] for title, wanted_title in asked.items() if wanted_title in found}

    async def expand(self, wikitext: str, *, title: str) -> str:
        """Wikitext with all its templates expanded, as on the page `title`, which need not exist
        (mediawiki.org/wiki/API:Expandtemplates).

        Raises RateLimited, SourceUnavailable and SourceRefused.
        """
        answer = await self._ask(
            {
                "action": "expandtemplates",
                "format": "json",
                "formatversion": "2",
                "maxlag": str(MAXLAG_S),
                "prop": "wikitext",
                "title": title,
                "text": wikitext,
            }
        )
        expanded = answer.get("expandtemplates")
        if not isinstance(expanded, dict) or not isinstance(expanded.get("wikitext"), str):
            raise SourceUnavailable(f"{self._name} did not answer with an expansion")
        return str(expanded["wikitext"])

    async def _query(self, parameters: Mapping[str, str]) -> WikiQuery:
        base = {
            "action": "query",
            "format": "json",
            "formatversion": "2",
            "maxlag": str(MAXLAG_S),
            **parameters,
        }
        answers: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        for _ in range(MOST_CONTINUATIONS):
            answer = await self._ask(base | more)
            answers.append(answer.get("query", {}))
            more_of = answer.get("continue")
            following = (
                {key: str(value) for key, value in more_of.items()} if isinstance(more_of, dict) else {}
            )
            if not following:
                break
            if following == more:
                raise SourceUnavailable(f"{self._name} repeats the same continuation")
            more = following
        try:
            return WikiQuery.model_validate(merge_queries(answers))
        except (ValidationError, KeyError, TypeError, AttributeError) as error:
            raise SourceUnavailable(f"{self._name} did not answer with pages") from error

    async def _ask(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        await self._pause.wait()
        async with self._pace.turn():
            try:
                async with asyncio.timeout(self._timeout_s):
                    response, body = await self._send(parameters)
            except (TimeoutError, httpx.TimeoutException) as error:
                raise SourceUnavailable(
                    f"{self._name} did not answer within {self._timeout_s:g} s"
                ) from error
            except httpx.HTTPError as error:
                raise SourceUnavailable(
                    f"Can't reach {self._name}: {printable(str(error)) or type(error).__name__}"
                ) from error
            return self._read(response, body)

    async def _send(self, parameters: Mapping[str, str]) -> tuple[httpx.Response, bytes]:
        is_long = len(urlencode(parameters)) > LONGEST_ADDRESS
        request = (
            self._client.build_request("POST", self.url, data=dict(parameters))
            if is_long
            else self._client.build_request("GET", self.url, params=dict(parameters))
        )
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > LARGEST_BODY:
                    raise SourceUnavailable(f"{self._name}'s answer exceeds {LARGEST_BODY // 2**20} MiB")
            return response, bytes(body)
        finally:
            await response.aclose()

    def _read(self, response: httpx.Response, body: bytes) -> dict[str, Any]:
        """The JSON of a response, after checking its status: refusals at the edge are HTML or text."""
        self._check_status(response)
        try:
            answer = json.loads(body)
            if _SURROGATE.search(body):
                answer = json.loads(json.dumps(answer, ensure_ascii=False).encode(errors="ignore"))
        except (ValueError, RecursionError) as error:
            raise SourceUnavailable(f"{self._name} did not answer with JSON") from error
        if not isinstance(answer, dict):
            raise SourceUnavailable(f"{self._name} did not answer with a JSON object")
        problems = [answer["error"]] if "error" in answer else answer.get("errors")
        for problem in problems if isinstance(problems, list) else ():
            self._fail(response, problem if isinstance(problem, dict) else {})
        return answer

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == 200:
            return
        pause_s = retry_after_s(response.headers)
        if status == 429:
            pause_s = _PAUSE_S if pause_s is None else pause_s
            self._pace.pause.begin(pause_s)
            raise RateLimited(f"{self._name} rate limit reached (HTTP 429)", retry_after_s=pause_s)
        if status >= 500:
            self._pause.begin(pause_s or 0.0)
            raise SourceUnavailable(f"{self._name} server error (HTTP {status})", retry_after_s=pause_s)
        if status in {401, 403}:
            raise SourceRefused(
                f"WIKIMEDIA_CONTACT: {self._name} refused the request (HTTP {status}). Set an e-mail address"
                " or URL where you can be reached"
            )
        where = (
            f" (redirects to {printable(response.headers['location'])})"
            if "location" in response.headers
            else ""
        )
        raise SourceRefused(
            f"LEARN_{self._name.upper()}_URL: {self.url} answered {status}{where}. Set the URL of an Action"
            " API"
        )

    def _fail(self, response: httpx.Response, error: Mapping[str, Any]) -> NoReturn:
        code, text = (
            printable(str(error.get("code", "unknown")), 60),
            printable(str(error.get("info") or error.get("text") or "")),
        )
        line = f"{self._name} answered {code}: {text}"
        if not _TRANSIENT.match(code):
            raise SourceRefused(line)
        pause_s = retry_after_s(response.headers)
        if code == "ratelimited":
            pause_s = _PAUSE_S if pause_s is None else pause_s
            self._pace.pause.begin(pause_s)
            raise RateLimited(line, retry_after_s=pause_s)
        if code == "maxlag" and pause_s is None:
            pause_s = float(MAXLAG_S)
        self._pause.begin(pause_s or 0.0)
        raise SourceUnavailable(line, retry_after_s=pause_s)


def user_agent(contact: str) -> str:
    """The user agent that Wikimedia's policy requires. Raises ConfigurationError for an invalid contact."""
    contact = contact.strip()
    if not contact.isascii() or not contact.isprintable() or not re.search(r"\w@\w|\w+://\w", contact):
        raise ConfigurationError(
            "WIKIMEDIA_CONTACT: must be the operator's e-mail address or URL, which Wikimedia requires"
        )
    try:
        ours = version("learning-pipeline")
    except PackageNotFoundError:
        ours = "0"
    return f"learning-pipeline/{ours} ({contact}) httpx/{httpx.__version__}"


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to pause, from Retry-After as a number, a duration or a date; None if not given."""
    asked = wait_s(headers.get("retry-after", ""), datetime.now(UTC))
    return max(0.0, min(asked, LONGEST_WAIT_S)) if asked is not None and asked < _BELIEVED_S else None
