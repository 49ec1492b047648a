"""HTTP to a facade: addresses, the token, time limits, a few retries, and its problem documents as our
errors.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from pydantic import BaseModel, Field, ValidationError

from flows.errors import ConfigurationError, InvalidInput, LearningError, StoreFull
from service.errors import AccessRefused, Conflict, FacadeUnavailable, NotFound, TooMany, UnexpectedAnswer

T = TypeVar("T", bound=BaseModel)

TIMEOUT_S = 30.0
CONNECT_S = 5.0
WAITS_S = (0.1, 0.4)
"""Between the tries of a request that may be made twice and that nobody answered."""
_GONE = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ReadError,
    httpx.WriteError,
    httpx.RemoteProtocolError,
    httpx.PoolTimeout,
)


def url_from_environment() -> str:
    """Where the facade is: LEARN_URL, else this machine at LEARN_PORT, which is 8000 by default."""
    return os.environ.get("LEARN_URL") or f"http://127.0.0.1:{os.environ.get('LEARN_PORT') or 8000}"


class Connection:
    """Requests to one facade. `token` is sent with each; without one LEARN_API_TOKEN is, where it is set.

    Raises InvalidInput for an address that is none.
    """

    def __init__(
        self, url: str | None = None, *, token: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.url = _checked(url or url_from_environment())
        self.timeout_s = timeout_s
        self._token = token or os.environ.get("LEARN_API_TOKEN") or None
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers=self.headers,
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            # no proxy stands before this machine
            trust_env=not self.is_local,
            follow_redirects=False,
        )

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    @property
    def is_local(self) -> bool:
        """Whether the facade is on this machine."""
        return _is_local(urlsplit(self.url).hostname or "")

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
        """One request and its answer.

        Raises what a problem document says, FacadeUnavailable, and UnexpectedAnswer.
        """
        response = await self._send(method, path, may_repeat=may_repeat, **given)
        if response.is_error or response.is_redirect:
            raise error_of(response.status_code, response.headers, response.content, url=self.url)
        try:
            # a newer facade may say more than this version knows
            return type_.model_validate_json(response.content, extra="ignore")
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "the answer"
            raise UnexpectedAnswer(
                f"What answers at {self.url}{path} is not a facade of this version ({where}: {first['msg']})."
            ) from error

    @asynccontextmanager
    async def stream(self, path: str, *, params: Mapping[str, str]) -> AsyncGenerator[httpx.Response]:
        """A streamed answer. Raises as `ask` does; what is cut short raises FacadeUnavailable."""
        try:
            async with self._http.stream("GET", path, params=params) as response:
                if response.is_error:
                    await response.aread()
                    raise error_of(response.status_code, response.headers, response.content, url=self.url)
                yield response
        except httpx.HTTPError as error:
            raise _silent(self.url, error) from error

    async def _send(self, method: str, path: str, *, may_repeat: bool, **given: Any) -> httpx.Response:  # noqa: ANN401  as httpx has it
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
    """The error that an answer stands for."""
    try:
        said = _Problem.model_validate_json(body)
    except ValidationError:
        if status in {502, 503, 504}:
            return FacadeUnavailable(
                f"The server at {url} does not answer; a proxy says HTTP {status}.",
                retry_after_s=_seconds(headers),
            )
        return UnexpectedAnswer(
            f"{url} is not a learning-pipeline server (HTTP {status}). Set LEARN_URL to the server's address."
        )
    advice = said.retry_after_s or _seconds(headers)
    match status:
        case 401 | 403:
            more = " Give the token, or set LEARN_API_TOKEN." if status == 401 else ""
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


def path_of(*parts: object) -> str:
    """A path whose parts may hold any text; a slash in the last one stays a slash."""
    *first, last = map(str, parts)
    # of a part such as `..` a client makes another path
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
    what = "does not answer in time" if late else "does not answer"
    return FacadeUnavailable(
        f"The facade {what} at {url}. `learn up` starts one; another address goes into LEARN_URL."
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
            "this is no address of a facade",
            "Give one such as http://127.0.0.1:8000, without a name or a token in it",
        )
    return url.strip().rstrip("/")


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
