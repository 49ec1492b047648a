"""What routes depend on: resources that the app's lifespan opens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Query
from starlette.requests import HTTPConnection

from flows.knowledge import StartedBy
from flows.knowledge.limits import MAX_CURSOR_LENGTH
from flows.settings import Settings
from flows.stores.base import Store
from service.api.middleware.access import FETCH_SITE, Access
from service.api.middleware.attempts import Attempts
from service.api.middleware.limits import ConnectionLimit, RateLimit
from service.live.relay import Relay
from service.metrics import Metrics
from service.orchestration.projection.projector import Projector
from service.orchestration.runs import Orchestrator
from service.settings import FacadeSettings


@dataclass(kw_only=True)
class AppResources:
    """Everything the app owns while it runs: `app.state.resources`.

    The lifespan opens and closes these in order.
    """

    settings: Settings
    facade: FacadeSettings
    store: Store
    orchestrator: Orchestrator
    metrics: Metrics
    access: Access
    attempts: Attempts
    starts: RateLimit
    sign_ins: RateLimit
    exports: asyncio.Semaphore
    exporters: ConnectionLimit
    relay: Relay
    projector: Projector


def resources_of(connection: HTTPConnection) -> AppResources:
    """The resources of the app that serves this request or WebSocket."""
    resources: AppResources = connection.app.state.resources
    return resources


def store_of(connection: HTTPConnection) -> Store:
    """The app's store."""
    return resources_of(connection).store


def orchestrator_of(connection: HTTPConnection) -> Orchestrator:
    """The app's connection to Prefect."""
    return resources_of(connection).orchestrator


def client_of(connection: HTTPConnection) -> str:
    """The client's address. X-Forwarded-For counts only if it comes from a proxy in LEARN_TRUSTED_PROXIES."""
    return connection.client.host if connection.client else "unknown"


def start_of(connection: HTTPConnection) -> Callable[[], None]:
    """Counts one start by this client, or raises TooMany. Call it once the request is valid."""
    return partial(resources_of(connection).starts.check, client_of(connection))


def started_by(connection: HTTPConnection) -> StartedBy:
    """Whether the dashboard or another program started the job. Pages cannot set this header, and other
    origins may not write.
    """
    return "dashboard" if connection.headers.get(FETCH_SITE) == "same-origin" else "api"


Facade = Annotated[AppResources, Depends(resources_of)]
Knowledge = Annotated[Store, Depends(store_of)]
Prefect = Annotated[Orchestrator, Depends(orchestrator_of)]
CountStart = Annotated[Callable[[], None], Depends(start_of)]
Starter = Annotated[StartedBy, Depends(started_by)]


def cursor_query(form: str, about: str = "Cursor from the previous page") -> Any:  # noqa: ANN401  as FastAPI
    """A query parameter that takes a cursor; `form` tells one kind of cursor from another in OpenAPI."""
    return Query(max_length=MAX_CURSOR_LENGTH, description=about, json_schema_extra={"format": form})
