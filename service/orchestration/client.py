"""A connection to Prefect's API that notices quickly when Prefect is unavailable."""

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
from flows.own_machine import is_on_own_machine
from service.errors import PrefectUnavailable
from service.orchestration.urls import api_advice, without_credentials

TIMEOUT_S = 5.0
BUSY_WAITS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Prefect on SQLite answers 503 to all but one concurrent writer; its own client would sleep for 2, 4, 8 s.
"""
REST_S = 1.0
"""How long calls fail immediately after a failed connection."""
REMEMBERED_S = 20.0
"""How long after its last response a slow Prefect still counts as available. The dashboard polls every 15 s.
"""

T = TypeVar("T")


class CircuitBreaker:
    """Whether Prefect is available, judging by recent calls.

    Opens after two timeouts in a row, or one refused connection.
    """

    def __init__(self) -> None:
        self._answered_at = float("-inf")
        self._late_at: float | None = None
        self.is_away = False
        self.is_vouched_for = False
        """Whether Prefect responded shortly before the call that timed out."""

    def answered(self) -> None:
        """Record a response of any kind."""
        self._answered_at, self._late_at, self.is_away = time.monotonic(), None, False

    def late(self, began: float) -> None:
        """Record a timeout of a call that began at this time of the monotonic clock.

        Calls that time out together count as one.
        """
        if self._late_at is None:
            self._late_at = time.monotonic()
            self.is_vouched_for = began - self._answered_at < REMEMBERED_S
        elif began >= self._late_at:
            self.is_away = True

    def refused(self) -> None:
        """Record a refused connection or a broken response."""
        self.is_away = True


class PrefectApi:
    """A client of the Prefect server in the environment. Use it as an async context manager.

    Prefect need not be running.
    """

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._stack = AsyncExitStack()
        self._rests_until = 0.0
        self.breaker = CircuitBreaker()

    async def __aenter__(self) -> Self:
        # Prefect's client would retry by itself, with long sleeps
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
            self._settings = get_settings_context()
            self.url = self._settings.settings.api.url or ""
            self.ui_url = self._settings.settings.ui_url
            try:
                client = get_client(httpx_settings=_connection(self.url, self._timeout_s))
            except ValueError as error:
                raise ConfigurationError(
                    "PREFECT_API_URL is not set. Run `learn up`, or set it to your Prefect server."
                ) from error
            self._client = await self._stack.enter_async_context(client)
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def ask(self, call: Callable[[PrefectClient], Awaitable[T]]) -> T:
        """Make one idempotent call, and repeat it briefly while Prefect's database is busy.

        Raises PrefectUnavailable within the time limit, ConfigurationError if Prefect refuses our
        credentials, and Prefect's own errors.
        """
        began = time.monotonic()
        if began < self._rests_until:
            raise _silent(self.url)
        try:
            async with asyncio.timeout(self._timeout_s):
                for wait_s in (*BUSY_WAITS_S, None):
                    try:
                        # a new context for each call: they cannot be entered twice
                        with SettingsContext(
                            profile=self._settings.profile, settings=self._settings.settings
                        ):
                            answer = await call(self._client)
                    except _BusyError:
                        if wait_s is None:
                            raise
                    else:
                        self.breaker.answered()
                        return answer
                    await asyncio.sleep(wait_s)
        except _BusyError as error:
            self.breaker.late(began)
            raise PrefectUnavailable(
                f"Prefect is busy (HTTP {error}). Try again in a moment; see Prefect's log for the cause.",
                retry_after_s=2,
            ) from error
        except (httpx.RequestError, TimeoutError, OSError) as error:
            if isinstance(error, httpx.TimeoutException | TimeoutError):
                self.breaker.late(began)
            else:
                self.breaker.refused()
            self._rests_until = time.monotonic() + REST_S
            raise _silent(self.url) from error
        except PrefectHTTPStatusError as error:
            code = error.response.status_code
            if code in {401, 403}:
                raise ConfigurationError(
                    "Prefect refused the server's credentials. Check PREFECT_API_AUTH_STRING or"
                    " PREFECT_API_KEY."
                ) from error
            if code >= 500:
                self.breaker.refused()
                raise PrefectUnavailable(
                    f"Prefect failed (HTTP {code}). See Prefect's log for the cause.", retry_after_s=2
                ) from error
            if code == 404 and (advice := api_advice(self.url)):
                raise ConfigurationError(advice) from error
            raise
        except ValueError as error:
            raise ConfigurationError(
                f"{without_credentials(self.url)} is not a compatible Prefect API. Check PREFECT_API_URL."
            ) from error
        raise AssertionError("unreachable")


def not_prefects(error: PrefectHTTPStatusError) -> ConfigurationError:
    """The error for an answer that Prefect never gives: something else is at its URL."""
    url = without_credentials(str(error.request.url))
    return ConfigurationError(
        f"{url} answered with HTTP {error.response.status_code}, so it is not a compatible Prefect API."
        " Check PREFECT_API_URL."
    )


class _BusyError(Exception):
    """Prefect is busy; the argument is the HTTP status."""


async def _raise_busy(response: httpx.Response) -> None:
    """Raise before Prefect's client sees the response: it would sleep for two seconds, even with
    retries off.
    """
    if response.status_code in {408, 429, 502, 503, 504}:
        raise _BusyError(response.status_code)


def _connection(api_url: str, timeout_s: float) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "timeout": httpx.Timeout(timeout_s, connect=min(2.0, timeout_s)),
        "event_hooks": {"response": [_raise_busy]},
    }
    if urlsplit(api_url).scheme == "http" and is_on_own_machine(api_url):
        # without the pool's own retries of refused connections; this machine needs no proxy
        settings["transport"] = httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=25)
        )
    return settings


def _silent(api_url: str) -> PrefectUnavailable:
    advice = api_advice(api_url) or "`learn up` starts it; knowledge can still be read."
    return PrefectUnavailable(
        f"Can't reach Prefect at {without_credentials(api_url)}. {advice}",
        retry_after_s=2,
    )
