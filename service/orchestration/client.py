"""One connection to the Prefect API that is quick to say when Prefect is not there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.context import SettingsContext, get_settings_context
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from flows.errors import ConfigurationError
from service.errors import PrefectUnavailable
from service.orchestration.presence import CircuitBreaker
from service.orchestration.urls import without_credentials

TIMEOUT_S = 5.0
BUSY_WAITS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""A Prefect on SQLite answers 503 to all but one of several writers; its own client would sleep for 2, 4, 8
s.
"""
REST_S = 1.0
"""After a failure to connect, calls fail at once for so long."""

T = TypeVar("T")


class PrefectApi:
    """A client of the Prefect that the environment names, between `async with` and its end.

    Prefect need not be up then.
    """

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._stack = AsyncExitStack()
        self._rests_until = 0.0
        self.presence = CircuitBreaker()

    async def __aenter__(self) -> Self:
        # Prefect's client would retry on its own, with long sleeps
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
            self._settings = get_settings_context()
            self.url = self._settings.settings.api.url or ""
            self.ui_url = self._settings.settings.ui_url
            try:
                client = get_client(httpx_settings=_connection(self.url, self._timeout_s))
            except ValueError as error:
                raise ConfigurationError(
                    "PREFECT_API_URL is not set. `learn up` sets it; or name your Prefect server in it."
                ) from error
            self._client = await self._stack.enter_async_context(client)
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def ask(self, call: Callable[[PrefectClient], Awaitable[T]]) -> T:
        """Make one call, again for a short time while Prefect's database is busy.

        It must be one that may be made twice.

        Raises PrefectUnavailable within the time limit, ConfigurationError when Prefect does not let us in,
        and Prefect's own errors.
        """
        began = time.monotonic()
        if began < self._rests_until:
            raise _silent(self.url)
        try:
            async with asyncio.timeout(self._timeout_s):
                for wait_s in (*BUSY_WAITS_S, None):
                    try:
                        # a context of its own for each call: they cannot be entered twice
                        with SettingsContext(
                            profile=self._settings.profile, settings=self._settings.settings
                        ):
                            answer = await call(self._client)
                    except _BusyError:
                        if wait_s is None:
                            raise
                    else:
                        self.presence.answered()
                        return answer
                    await asyncio.sleep(wait_s)
        except _BusyError as error:
            self.presence.late(began)
            raise PrefectUnavailable(
                f"Prefect answers {error}. Try again in a moment; its log says more.", retry_after_s=2
            ) from error
        except (httpx.RequestError, TimeoutError, OSError) as error:
            if isinstance(error, httpx.TimeoutException | TimeoutError):
                self.presence.late(began)
            else:
                self.presence.refused()
            self._rests_until = time.monotonic() + REST_S
            raise _silent(self.url) from error
        except PrefectHTTPStatusError as error:
            code = error.response.status_code
            if code in {401, 403}:
                raise ConfigurationError(
                    "Prefect does not let this facade in. Check PREFECT_API_AUTH_STRING or PREFECT_API_KEY."
                ) from error
            if code >= 500:
                self.presence.refused()
                raise PrefectUnavailable(
                    f"Prefect answers {code}. Its log says more.", retry_after_s=2
                ) from error
            raise
        except ValueError as error:
            raise ConfigurationError(
                f"What answers at {without_credentials(self.url)} is no Prefect API of this version. Check"
                " PREFECT_API_URL."
            ) from error
        raise AssertionError("unreachable")


class _BusyError(Exception):
    """Prefect answered that it cannot now, with this status."""


async def _raise_busy(response: httpx.Response) -> None:
    """Before Prefect's client sees such an answer, for it sleeps two seconds even where it may not ask
    again.
    """
    if response.status_code in {408, 429, 502, 503, 504}:
        raise _BusyError(response.status_code)


def _connection(api_url: str, timeout_s: float) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "timeout": httpx.Timeout(timeout_s, connect=min(2.0, timeout_s)),
        "event_hooks": {"response": [_raise_busy]},
    }
    if urlsplit(api_url).scheme == "http" and urlsplit(api_url).hostname in {"127.0.0.1", "localhost", "::1"}:
        # without the pool's own retries of refused connections; no proxy stands before this machine
        settings["transport"] = httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=25)
        )
    return settings


def _silent(api_url: str) -> PrefectUnavailable:
    return PrefectUnavailable(
        f"Prefect does not answer at {without_credentials(api_url)}. `learn up` starts one; knowledge can be"
        " read meanwhile.",
        retry_after_s=2,
    )
