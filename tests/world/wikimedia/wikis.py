"""Wikipedia's and Wiktionary's addresses: the edge, the faults, the delay, then the Action API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flows.core.words import word_key
from tests.world.faults import WIRE, Fault, Seen
from tests.world.wikimedia import action_api, edge, expanding
from tests.world.wikimedia.action_api import ApiError
from tests.world.wikimedia.pages import Tricks
from tests.world.wire import Broken, Gone, pause
from tests.world.writing.lies import INJECTION

if TYPE_CHECKING:
    from tests.world.state import World

Wiki = Literal["wikipedia", "wiktionary"]

DELAYS_S: dict[Wiki, float] = {"wikipedia": 0.15, "wiktionary": 0.2}


@dataclass
class Turn:
    """One request on its way through the world."""

    request: Request
    world: World
    route: Wiki
    parameters: dict[str, str]
    faults: tuple[Fault, ...] = ()


async def answer(request: Request, world: World, route: Wiki) -> Response:
    """GET or POST of …/w/api.php."""
    record = world.observer.arrive(route, agent=request.headers.get("user-agent", ""))
    status = 499
    try:
        parameters = dict(request.query_params)
        if request.method == "POST":
            parameters |= dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        else:
            await request.body()
        record.words = tuple(action_api.asked_titles(parameters))
        faults = world.plan.befalling(Seen(route, words=record.words))
        record.faults = tuple(fault.kind for fault in faults)
        response = await _answered(Turn(request, world, route, parameters, faults))
        record.code = response.headers.get("mediawiki-api-error")
        status = 499 if isinstance(response, Broken) else response.status_code
    except Gone:
        response = Response(status_code=499)
    finally:
        world.observer.leave(record, status)
    return response


async def _answered(turn: Turn) -> Response:
    world, faults = turn.world, turn.faults
    agent = turn.request.headers.get("user-agent", "")
    refusal = world.edge.refusal(agent, world.observer.at_once("wikipedia", "wiktionary"))
    if refusal is not None:
        return refusal
    for fault in faults:
        if (refused := _ordered(fault)) is not None:
            return refused
        if fault.kind in {"hang", "close"}:
            return Broken(None, fault, world.ending)
    await pause(DELAYS_S[turn.route] * world.latency, turn.request, world.ending)
    site, parameters = world.wikis[turn.route], turn.parameters
    try:
        _raise_ordered(faults, parameters)
        body = expanding.answer(site, parameters, _tricks(faults, parameters))
    except ApiError as error:
        response = error.response(site.host, parameters)
    else:
        response = JSONResponse(
            body if parameters.get("formatversion") in {"2", "latest"} else action_api.as_version_1(body)
        )
    broken = next((fault for fault in faults if fault.kind in WIRE), None)
    return Broken(response, broken, world.ending) if broken else response


def _raise_ordered(faults: tuple[Fault, ...], parameters: dict[str, str]) -> None:
    """Raises the ApiError that the plan orders. Lag concerns those alone who say how much of it they bear."""
    for fault in faults:
        if fault.kind == "maxlag" and "maxlag" in parameters:
            raise action_api.maxlag(parameters["maxlag"], 6.3 if fault.seconds is None else fault.seconds)
        if fault.kind == "readonly":
            reason = "The primary database server is running in read-only mode."
            raise ApiError("readonly", "The wiki is currently in read-only mode.", readonlyreason=reason)


def _tricks(faults: tuple[Fault, ...], parameters: dict[str, str]) -> Tricks:
    """What the plan does to this answer: to the fault's word, or to every word that is asked for."""
    asked = [word_key(title) for title in action_api.asked_titles(parameters)]

    def words(fault: Fault) -> list[str]:
        return asked if fault.word is None else [word_key(fault.word)]

    return Tricks(
        looping=frozenset(word for fault in faults if fault.kind == "redirect_loop" for word in words(fault)),
        poisoned={
            word: fault.text or INJECTION
            for fault in faults
            if fault.kind == "injection"
            for word in words(fault)
        },
    )


def _ordered(fault: Fault) -> Response | None:
    match fault.kind:
        case "forbidden" | "unauthorized":
            return edge.forbidden("Requests from your address are blocked. Please contact noc@wikimedia.org.")
        case "too_many":
            return edge.too_many(5.0 if fault.seconds is None else fault.seconds)
        case "html":
            return edge.not_json()
        case "server_error":
            return edge.failing(500)
        case "bad_gateway":
            return edge.failing(502)
        case "unavailable":
            return edge.failing(503, 2.0 if fault.seconds is None else fault.seconds)
        case _:
            return None
