"""Health checks and metrics."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from flows.errors import StoreUnavailable
from service.api.deps import Facade
from service.api.problems import answers
from service.schemas import Health

router = APIRouter(tags=["health"])

STORE_TIMEOUT_S = 3.0


@router.get("/health/live", responses=answers())
async def live() -> Health:
    """Whether the process responds."""
    return Health()


@router.get("/health/ready", responses=answers())
async def ready(facade: Facade) -> Health:
    """Whether the store can be read. Without Prefect the server is still ready, but cannot start jobs."""
    try:
        async with asyncio.timeout(STORE_TIMEOUT_S):
            await facade.store.jobs(limit=1)
    except TimeoutError as error:
        raise StoreUnavailable(
            "The store does not respond. Check whether another program has locked it."
        ) from error
    is_up = await facade.orchestrator.is_up()
    return Health(store="ok", prefect="ok" if is_up else "unreachable", needs_token=facade.access.needs_token)


@router.get(
    "/metrics",
    response_class=Response,
    responses=answers()
    | {200: {"description": "All metrics", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(facade: Facade) -> Response:
    """The server's metrics in Prometheus format."""
    return Response(facade.metrics.text(), media_type=CONTENT_TYPE_LATEST)
