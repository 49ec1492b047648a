"""Whether a Prefect server answers, and whether it answers everybody."""

from __future__ import annotations

import httpx

from flows.own_machine import is_on_own_machine


async def is_healthy(url: str, *, timeout_s: float) -> bool:
    """Whether a Prefect API responds at this URL."""
    try:
        async with httpx.AsyncClient(trust_env=not is_on_own_machine(url), timeout=timeout_s) as client:
            return (await client.get(f"{url.rstrip('/')}/health")).status_code == httpx.codes.OK
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OverflowError, ExceptionGroup):
        return False  # the last ones for a port that no machine has


async def is_open(url: str) -> bool:
    """Whether a Prefect API on this machine answers without a password."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
            return (await client.get(f"{url}/admin/version")).is_success
    except httpx.HTTPError:
        return False
