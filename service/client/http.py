"""HTTP to a server: URLs, the token, timeouts, retries, and problem documents as exceptions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from pydantic import BaseModel, Field, ValidationError

from flows.errors import ConfigurationError, InvalidInput, LearningError, StoreFull
from flows.own_machine import is_on_own_machine
from service.errors import AccessRefused, Conflict, FacadeUnavailable, NotFound, TooMany, UnexpectedAnswer
from service.settings import ClientSettings

T = TypeVar("T", bound=BaseModel)

TIMEOUT_S = 30.0
CONNECT_S = 5.0
WAITS_S = (0.1, 0.4)
"""Pauses between attempts of a request that is safe to repeat."""
_GONE = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ReadError,
    httpx.WriteError,
    httpx.RemoteProtocolError,
    httpx.PoolTimeout,
)


def named_url() -> str | None:
    """The server that LEARN_URL names, if any."""
    return ClientSettings().url


class Connection:
    """Requests to one server: by default LEARN_URL, or this machine at LEARN_PORT. `token` is sent with each;
    by default it is LEARN_API_TOKEN.

    Raises InvalidInput for an invalid URL.
    """

    def __init__(
        self, url: str | None = None, *, token: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        settings = ClientSettings()
        self.url = _checked(url or settings.server_url)
        self.timeout_s = timeout_s
        self._token = token or settings.token
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers=self.headers,
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            # requests to this machine need no proxy
            trust_env=not self.is_local,
            follow_redirects=False,
        )

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every request."""
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        return is_on_own_machine(self.url)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def ask(
        self,
        type_: type[T],
        method: str,
        path: str,
        *,
        may_repeat: bool = True,
        **given: Any,  # noqa: ANN401  as httpx has it
    ) -> T:
        """Send one request and return the parsed response.

        Raises the error in a problem document, FacadeUnavailable or UnexpectedAnswer.
        """
        response = await self._send(method, path, may_repeat=may_repeat, **given)
        if response.is_error or response.is_redirect:
            raise error_of(response.status_code, response.headers, response.content, url=self.url)
        try:
            # a newer server may send more fields than this version knows
            return type_.model_validate_json(response.content, extra="ignore")
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "the response"
            raise UnexpectedAnswer(
                f"The answer from {self.url}{path} does not fit this version ({where}: {first['msg']})."
            ) from error

    @asynccontextmanager
    async def stream(self, path: str, *, params: Mapping[str, str]) -> AsyncGenerator[httpx.Response]:
        """Stream a response. Raises like `ask`; a response that is cut short raises FacadeUnavailable."""
        try:
            async with self._http.stream("GET", path, params=params) as response:
                if response.is_error:
                    await response.aread()
                    raise error_of(response.status_code, response.headers, response.content, url=self.url)
                yield response
        except httpx.HTTPError as error:
            raise _silent(self.url, error) from error

    async def _send(
        self,
        method: str,
        path: str,
        *,
        may_repeat: bool,
        **given: Any,  # noqa: ANN401  as httpx has it
    ) -> httpx.Response:
        for wait_s in (*(WAITS_S if may_repeat else ()), None):
            try:
                async with asyncio.timeout(self.timeout_s):
                    return await self._http.request(method, path, **given)
            except _GONE as error:
                if wait_s is None:
                    raise _silent(self.url, error) from error
                await asyncio.sleep(wait_s)
            except (httpx.HTTPError, TimeoutError) as error:
                raise _silent(self.url, error) from error
        raise AssertionError("unreachable")


class _FieldProblem(BaseModel):
    field: str
    problem: str
    code: str = "invalid"
    params: dict[str, Any] = Field(default_factory=dict)
    remedy: str | None = None


class _Problem(BaseModel):
    detail: str
    code: str | None = None
    errors: tuple[_FieldProblem, ...] = ()
    retry_after_s: float | None = None


def error_of(status: int, headers: Mapping[str, str], body: bytes, *, url: str) -> LearningError:
    """The exception for an error response."""
    try:
        said = _Problem.model_validate_json(body)
        if status == httpx.codes.NOT_FOUND and said.code is None:
            raise ValueError("every 404 of ours has a code")  # noqa: TRY301  another program's answer
    except ValueError:
        if status in {502, 503, 504}:
            return FacadeUnavailable(
                f"Can't reach the server at {url}; a proxy answered HTTP {status}.",
                retry_after_s=_seconds(headers),
            )
        return UnexpectedAnswer(
            f"{url} is not a learning-pipeline server (HTTP {status}). Set LEARN_URL to the server's address."
        )
    advice = said.retry_after_s or _seconds(headers)
    match status:
        case 401 | 403:
            more = " Pass the token, or set LEARN_API_TOKEN." if status == 401 else ""
            return AccessRefused(status, said.detail + more)
        case 404 | 409 | 413 | 422:
            return _input_error(status, said)
        case 429:
            return TooMany(said.detail, retry_after_s=advice)
        case 408 | 503:
            return FacadeUnavailable(said.detail, retry_after_s=advice)
        case 500 if said.code == "configuration":
            return ConfigurationError(said.detail)
        case 507:
            return StoreFull(said.detail)
        case 501:
            return ConfigurationError(said.detail)
        case _:
            return UnexpectedAnswer(f"The server at {url} answered HTTP {status}: {said.detail}")


def url_path(*parts: object) -> str:
    """A path from parts with any text; a slash in the last part stays a slash."""
    *first, last = map(str, parts)
    # an HTTP client would resolve a part such as `..`
    safe = "/" if all(part.strip(".") for part in last.split("/")) else ""
    return "/" + "/".join(
        [*(quote(part, safe="") for part in first), quote(last, safe=safe).replace("..", "%2E%2E")]
    )


def _input_error(status: int, said: _Problem) -> InvalidInput:
    kind = {404: NotFound, 409: Conflict}.get(status, InvalidInput)
    if not said.errors:
        return kind("request", said.detail.rstrip("."))
    first = said.errors[0]
    return kind(first.field, first.problem, first.remedy or "", code=first.code, params=first.params)


def _seconds(headers: Mapping[str, str]) -> float | None:
    advice = headers.get("retry-after", "")
    return float(advice) if advice.isdigit() else None


def _silent(url: str, error: BaseException) -> FacadeUnavailable:
    late = isinstance(error, (httpx.TimeoutException, TimeoutError)) and not isinstance(
        error, httpx.ConnectTimeout
    )
    what = "did not respond in time" if late else "did not respond"
    return FacadeUnavailable(
        f"The server at {url} {what}. Start one with `learn up`, or set LEARN_URL to another address."
    )


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        is_good = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and not parts.query
            and not parts.fragment
        )
        is_good = is_good and (parts.port is None or parts.port > 0) and "@" not in parts.netloc
    except ValueError:
        is_good = False
    if not is_good:
        raise InvalidInput(
            "url",
            "is not a valid server URL",
            "Use one such as http://127.0.0.1:8000, without a user name or token.",
        )
    return url.strip().rstrip("/")
