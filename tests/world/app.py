"""The world as an ASGI application: Groq's routes, Wikimedia's, and `/world/…` to look at it and to change
it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.world.chat import completions, refusals
from tests.world.chat.limits import Limits
from tests.world.chat.models import MODELS
from tests.world.faults import Fault, Seen
from tests.world.state import Settings, World
from tests.world.wikimedia import wikis
from tests.world.wire import Broken


def build(settings: Settings) -> Starlette:
    """The application; its world begins and ends with it."""

    @asynccontextmanager
    async def living(app: Starlette) -> AsyncIterator[None]:
        app.state.world = World(settings)
        try:
            yield
        finally:
            app.state.world.close()

    return Starlette(
        lifespan=living,
        routes=[
            Route("/openai/v1/chat/completions", _complete, methods=["POST"]),
            Route("/openai/v1/models", _models),
            Route("/openai/v1/models/{model:path}", _models),
            Route("/openai/{path:path}", _unknown, methods=["GET", "POST"]),
            Route("/w/api.php", _wikipedia, methods=["GET", "POST"]),
            Route("/wiktionary/w/api.php", _wiktionary, methods=["GET", "POST"]),
            Route("/world/report", _report),
            Route("/world/faults", _faults, methods=["GET", "PUT", "POST", "DELETE"]),
            Route("/world/clock", _advance, methods=["POST"]),
            Route("/world/limits", _limit, methods=["PUT"]),
            Route("/world/reset", _reset, methods=["POST"]),
        ],
    )


def world_of(request: Request) -> World:
    world: World = request.app.state.world
    return world


async def _complete(request: Request) -> Response:
    return await completions.complete(request, world_of(request))


async def _wikipedia(request: Request) -> Response:
    return await wikis.answer(request, world_of(request), "wikipedia")


async def _wiktionary(request: Request) -> Response:
    return await wikis.answer(request, world_of(request), "wiktionary")


async def _models(request: Request) -> Response:
    """GET /openai/v1/models and /openai/v1/models/{id}."""
    world = world_of(request)
    wanted = request.path_params.get("model")
    record = world.observer.arrive("models", agent=request.headers.get("user-agent", ""))
    status = 499
    try:
        faults = world.plan.befalling(Seen("models", model=wanted))
        record.faults = tuple(fault.kind for fault in faults)
        if request.headers.get("authorization") != f"Bearer {world.key}":
            raise refusals.bad_key()
        for fault in faults:
            if fault.kind == "unauthorized":
                raise refusals.bad_key()
            if (ordered := refusals.outage(fault)) is not None:
                raise ordered
            if fault.kind in {"hang", "close"}:
                return Broken(None, fault, world.ending)
        if wanted and wanted not in world.models:
            raise refusals.unknown_model(wanted)
        listed = [model.listing() for name, model in MODELS.items() if name in world.models]
        answer = (
            next(model for model in listed if model["id"] == wanted)
            if wanted
            else {"object": "list", "data": listed}
        )
        response: Response = JSONResponse(answer)
        broken = next((fault for fault in faults if fault.kind in {"reset", "drip"}), None)
        if broken:
            return Broken(response, broken, world.ending)
        status = 200
    except refusals.Refused as refused:
        status, record.code = refused.status, refused.code
        response = refused.response({})
    finally:
        world.observer.leave(record, status)
    return response


async def _unknown(request: Request) -> Response:
    return refusals.unknown_url(request.method, request.url.path).response({})


async def _report(request: Request) -> Response:
    world = world_of(request)
    report = world.observer.report(log=request.query_params.get("log") in {"1", "true"})
    levels = {
        model: {bound: _number(bucket.level) for bound, bucket in world.limiter(model).buckets.items()}
        for model in sorted(world.models)
    }
    return JSONResponse(report | {"levels": levels, "faults": world.plan.struck})


async def _faults(request: Request) -> Response:
    """PUT replaces the plan, POST adds to it, DELETE ends it; GET tells what struck."""
    plan = world_of(request).plan
    if request.method == "DELETE":
        plan.replace(())
    elif request.method in {"PUT", "POST"}:
        given = await request.json()
        faults = [Fault.model_validate(fault) for fault in (given if isinstance(given, list) else [given])]
        if request.method == "PUT":
            plan.replace(faults)
        else:
            for fault in faults:
                plan.add(fault)
    return JSONResponse(plan.struck)


async def _advance(request: Request) -> Response:
    """Let so many seconds pass at once for limits and caches."""
    world_of(request).clock.advance(float((await request.json())["seconds"]))
    return JSONResponse({})


async def _limit(request: Request) -> Response:
    """New limits with new buckets: {"model", "rpm", "tpm", "rpd", "tpd", "level", "day_level"}; bounds left
    out are none.
    """
    given: dict[str, Any] = await request.json()
    limits = Limits(**{bound: given.get(bound) for bound in ("rpm", "tpm", "rpd", "tpd")})
    world_of(request).limit(
        given["model"], limits, level=given.get("level", 1.0), day_level=given.get("day_level", 1.0)
    )
    return JSONResponse({})


async def _reset(request: Request) -> Response:
    """Forget what was observed; limits, cache and plan stay."""
    world_of(request).observer.forget()
    return JSONResponse({})


def _number(level: float) -> float | None:
    return None if level == float("inf") else round(level, 3)
