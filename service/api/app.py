"""The server as an ASGI app: its routers, middleware and resources."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.middleware.gzip import GZipMiddleware

from flows.settings import Settings, read_settings
from flows.stores import open_store
from flows.stores.base import Store
from service.api import problems
from service.api.deps import AppResources
from service.api.middleware.access import COOKIE, Access
from service.api.middleware.attempts import Attempts
from service.api.middleware.head import HeadMiddleware
from service.api.middleware.limits import ConnectionLimit, RateLimit, RequestLimits
from service.api.middleware.security import AccessMiddleware
from service.api.routes import dashboard, health, jobs, knowledge, live, rounds, schedules
from service.api.routes import session as sessions
from service.live.relay import Relay
from service.metrics import Metrics
from service.orchestration.projection.projector import Projector
from service.orchestration.runs import Orchestrator
from service.settings import FacadeSettings, read_facade_settings

TITLE = "learning-pipeline"
OPEN = frozenset({"/health/live", "/health/ready", "/session"})


def create_app(
    settings: Settings | None = None, facade: FacadeSettings | None = None, *, ui: Path | None = None
) -> FastAPI:
    """Build the app.

    Missing settings come from the environment; `ui` is the folder of the built dashboard.

    Raises ConfigurationError if the settings are unusable or would let anyone in.
    """
    settings = settings or read_settings()
    facade = facade or read_facade_settings()
    facade.check_binding()
    access, attempts, metrics = Access(facade), Attempts(), Metrics()
    app = FastAPI(
        title=TITLE,
        version=_version(),
        description=(
            "Starts, follows and stops learning jobs, and serves what they learned. Each job is a"
            " Prefect flow run."
        ),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        lifespan=_lifespan(settings, facade, access, attempts, metrics),
    )
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(
        RequestLimits, max_body_bytes=facade.max_body_bytes, timeout_s=facade.request_timeout_s
    )
    app.add_middleware(HeadMiddleware)
    app.add_middleware(
        AccessMiddleware,
        access=access,
        attempts=attempts,
        connections=ConnectionLimit(
            "connections", most=facade.max_client_connections, setting="LEARN_MAX_CLIENT_CONNECTIONS"
        ),
        metrics=metrics,
    )
    routers = (
        jobs.router,
        rounds.router,
        knowledge.router,
        schedules.router,
        sessions.router,
        health.router,
    )
    problems.register(
        app, [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    )
    for router in routers:
        app.include_router(router)
    app.include_router(live.router)
    app.include_router(dashboard.router_for(dashboard.read_assets(ui or dashboard.built_folder())))
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _lifespan(
    settings: Settings, facade: FacadeSettings, access: Access, attempts: Attempts, metrics: Metrics
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with AsyncExitStack() as owned:
            store = await owned.enter_async_context(open_store(settings.store, language=settings.language))
            orchestrator = await owned.enter_async_context(Orchestrator(clock=store.now))
            projector, relay = await _projected(owned, store, orchestrator, metrics)
            app.state.resources = AppResources(
                settings=settings,
                facade=facade,
                store=store,
                orchestrator=orchestrator,
                relay=relay,
                projector=projector,
                metrics=metrics,
                access=access,
                attempts=attempts,
                starts=RateLimit(
                    "starts",
                    burst=facade.starts_burst,
                    per_minute=facade.starts_per_minute,
                    total_burst=facade.total_starts_burst,
                    total_per_minute=facade.total_starts_per_minute,
                ),
                sign_ins=RateLimit(
                    "sign-in attempts", burst=10, per_minute=10, total_burst=100, total_per_minute=100
                ),
                exports=asyncio.Semaphore(facade.max_exports),
                exporters=ConnectionLimit(
                    "exports", most=max(1, facade.max_exports - 1), setting="LEARN_MAX_EXPORTS"
                ),
            )
            yield

    return lifespan


async def _projected(
    owned: AsyncExitStack, store: Store, orchestrator: Orchestrator, metrics: Metrics
) -> tuple[Projector, Relay]:
    projector = Projector(store, orchestrator)
    relay = Relay(
        store,
        metrics,
        run_pages=orchestrator.run_pages,
        confirmed_at=projector.confirmed_at,
        look_up=projector.look_up,
    )
    projector.tell(on_news=relay.take, on_connection=relay.on_connection)
    await owned.enter_async_context(relay)
    await owned.enter_async_context(projector)
    return projector, relay


def _operation_id(route: APIRoute) -> str:
    return route.name


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with problems under their own media type and the security schemes."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["components"]["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": ("The value of LEARN_API_TOKEN, if the server has one"),
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": COOKIE,
            "description": "Set by POST /session, for browsers",
        },
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path not in OPEN:
                operation["security"] = [{"token": []}, {"session": []}]
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and "application/json" in answer.get("content", {}):
                    answer["content"] = {problems.MEDIA_TYPE: answer["content"]["application/json"]}
                if status in {"429", "503"}:
                    answer["headers"] = {
                        "Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds"}
                    }
    app.openapi_schema = document
    return document


def _version() -> str:
    try:
        return version(TITLE)
    except PackageNotFoundError:
        return "0"
