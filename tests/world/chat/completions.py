"""Groq's chat completions: checks the request as Groq does, charges the limits, and answers truly."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from tests.world.chat import asking, refusals, tokens
from tests.world.chat.formats import PLAIN, read_format
from tests.world.chat.limits import Limiter
from tests.world.chat.models import MODELS, Model
from tests.world.chat.refusals import Refused, bad_request
from tests.world.faults import WIRE, Fault, Seen
from tests.world.observer import Record
from tests.world.wire import Broken, Gone, pause
from tests.world.writing import lies
from tests.world.writing.answers import Filler

if TYPE_CHECKING:
    from tests.world.state import World

REASONING = {"low": (20, 3), "medium": (90, 12), "high": (300, 45)}
"""Hidden tokens by effort: for a request, and for each word or ten proposals of it."""
_PROPOSALS_A_STEP = 10


@dataclass
class Turn:
    """One request on its way through the world."""

    request: Request
    world: World
    record: Record
    headers: dict[str, str]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Call:
    """A request that was found good."""

    model: Model
    body: Mapping[str, Any]
    asked: asking.Asked
    schema: Mapping[str, Any] | None
    is_json: bool
    prompt: str
    most: int | None

    @property
    def tokens_in(self) -> int:
        return tokens.count(self.prompt)

    @property
    def requested(self) -> int:
        return self.tokens_in + (self.most or 0)


async def complete(request: Request, world: World) -> Response:
    """POST /openai/v1/chat/completions."""
    record = world.observer.arrive("chat", agent=request.headers.get("user-agent", ""))
    headers = {"x-request-id": world.request_id()}
    status = 499
    try:
        response = await _answered(Turn(request, world, record, headers))
        status = 499 if isinstance(response, Broken) else response.status_code
    except Refused as refused:
        status, record.code = refused.status, refused.code
        response = refused.response(
            headers | (world.limiter(record.model).headers() if record.model in world.models else {})
        )
    except Gone:
        response = Response(status_code=499)
    finally:
        world.observer.leave(record, status)
    return response


async def _answered(turn: Turn) -> Response:
    request, world, record = turn.request, turn.world, turn.record
    body = await _body(request)
    record.model = body.get("model") if isinstance(body.get("model"), str) else None
    messages = body.get("messages")
    asked = (
        asking.read(messages)
        if isinstance(messages, list) and all(isinstance(m, dict) for m in messages)
        else asking.Asked(None)
    )
    record.task, record.words = asked.task, tuple(word.text for word in asked.words)
    form = body.get("response_format")
    has_schema = isinstance(form, dict) and form.get("type") == "json_schema"
    turn.faults = world.plan.befalling(Seen("chat", asked.task, record.model, record.words, has_schema))
    record.faults = tuple(fault.kind for fault in turn.faults)
    if request.headers.get("authorization") != f"Bearer {world.key}":
        raise refusals.bad_key()
    call = check(body, asked, world)
    limiter = world.limiter(call.model.id)
    record.tokens_in, record.requested = call.tokens_in, call.requested
    for fault in turn.faults:
        if (ordered := refusals.ordered(fault, call.model.id, call.requested, limiter)) is not None:
            raise ordered
        if fault.kind in {"hang", "close"}:
            return Broken(None, fault, world.ending)
    if limiter.too_large(call.requested):
        raise refusals.too_large(call.model.id, int(limiter.limits.of("TPM")), call.requested)
    if (refusal := limiter.admit(call.requested)) is not None:
        raise refusals.limited(call.model.id, refusal)
    return await _generated(turn, call, limiter)


async def _generated(turn: Turn, call: Call, limiter: Limiter) -> Response:
    """Generate, at the model's pace, and settle what was reserved whatever becomes of it."""
    world, record, faults = turn.world, turn.record, turn.faults
    began = time.monotonic()
    record.tokens_cached = world.cache.cached_tokens(call.model.id, call.prompt)
    reserved, generated = call.requested, 0
    try:
        chance = random.Random(f"{world.seed} {call.prompt}")
        text, finish = lies.garble(_text(call, world, faults, chance), faults, chance)
        record.reasoning = _reasoning(call, chance)
        wanted = record.reasoning + tokens.count(text)
        generated = wanted if call.most is None else min(wanted, call.most)
        first_s, rest_s = (
            call.model.first_token_s * world.latency,
            generated / call.model.tokens_per_s * world.latency,
        )
        await pause(first_s + rest_s, turn.request, world.ending)
    except Gone:
        done = (time.monotonic() - began - first_s) / rest_s if rest_s else 1.0
        generated = int(generated * max(0.0, min(1.0, done)))
        raise
    finally:
        record.tokens_out = generated
        # Cached tokens come back when the request is over, not before.
        record.charged = record.tokens_in - record.tokens_cached + generated
        limiter.settle(reserved, record.charged)
    if (failed := lies.failed(text, faults)) is not None:
        raise failed
    if wanted > generated:
        if call.is_json:
            raise refusals.bad_json(refusals.OUT_OF_TOKENS)
        text, finish = text[: max(0, generated - record.reasoning) * tokens.CHARACTERS], "length"
    body = _completion(turn, call, text, finish) | {"usage": _usage(record, first_s, rest_s)}
    answer = lies.replaced(faults) or JSONResponse(
        lies.emptied(body, faults), headers=turn.headers | limiter.headers()
    )
    broken = next((fault for fault in faults if fault.kind in WIRE), None)
    return Broken(answer, broken, world.ending) if broken else answer


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise bad_request(f"invalid JSON in request body: {error}") from error
    except ClientDisconnect as error:
        raise Gone from error
    if not isinstance(body, dict):
        raise bad_request("request body must be a JSON object")
    return body


def check(body: Mapping[str, Any], asked: asking.Asked, world: World) -> Call:
    """The request as a call. Raises Refused by the documented rules."""
    name = body.get("model")
    if not isinstance(name, str) or not name:
        raise bad_request("'model' : property 'model' is missing", param="model")
    if name not in world.models:
        raise refusals.unknown_model(name)
    model = MODELS[name]
    messages = body.get("messages")
    if (
        not isinstance(messages, list)
        or not messages
        or not all(isinstance(m, dict) and m.get("role") for m in messages)
    ):
        raise bad_request("'messages' : minimum number of items is 1", param="messages")
    if body.get("n", 1) not in {1, None}:
        raise bad_request("'n' : number must be at most 1", param="n")
    for parameter in ("logprobs", "logit_bias", "top_logprobs"):
        if body.get(parameter):
            raise bad_request(f"property '{parameter}' is unsupported", param=parameter)
    if body.get("reasoning_effort") is not None and body["reasoning_effort"] not in model.efforts:
        raise bad_request(
            f"`reasoning_effort` must be one of {', '.join(f'`{e}`' for e in model.efforts)}",
            param="reasoning_effort",
        )
    if body.get("include_reasoning") is not None and body.get("reasoning_format") is not None:
        raise bad_request(
            "`include_reasoning` and `reasoning_format` cannot be used together", param="include_reasoning"
        )
    most = body.get("max_completion_tokens", body.get("max_tokens"))
    if most is not None and (not isinstance(most, int) or most < 1):
        raise bad_request(
            "'max_completion_tokens' : number must be at least 1", param="max_completion_tokens"
        )
    if most is not None and most > model.most_tokens_out:
        raise bad_request(
            f"`max_completion_tokens` must be less than or equal to `{model.most_tokens_out}`, the maximum"
            " value for `max_completion_tokens` is less than the `context_window` for this model",
            param="max_completion_tokens",
        )
    schema, is_json = read_format(body, model, messages)
    prompt = tokens.prompt_text(messages, schema)
    if tokens.count(prompt) > model.context:
        raise bad_request(
            "Please reduce the length of the messages or completion.",
            param="messages",
            code="context_length_exceeded",
        )
    return Call(model, body, asked, schema, is_json, prompt, most)


def _text(call: Call, world: World, faults: tuple[Fault, ...], chance: random.Random) -> str:
    """What the model writes."""
    asked = call.asked
    proposed = (
        world.proposer.propose(asked.count, asked.cells, asked.topic, asked.avoid)
        if asked.task == "propose"
        else []
    )
    truths = world.library.of(
        [word.text for word in asked.words], {word.text: word.evidence for word in asked.words}
    )
    schema = call.schema or PLAIN.get(asked.task or "")
    if schema is None:
        return (
            '{"answer":"ok"}'
            if call.is_json
            else "I answer requests whose last message is a JSON object with a task."
        )
    return lies.as_json(lies.spoil(Filler(schema, asked, truths, proposed).answer(), faults, asked, chance))


def _reasoning(call: Call, chance: random.Random) -> int:
    if not call.model.reasons:
        return 0
    once, each = REASONING.get(call.body.get("reasoning_effort") or "medium", REASONING["medium"])
    steps = len(call.asked.words) or call.asked.count / _PROPOSALS_A_STEP
    return round((once + each * steps) * chance.uniform(0.75, 1.25))


def _completion(turn: Turn, call: Call, text: str, finish: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if (
        turn.record.reasoning
        and call.body.get("include_reasoning", True)
        and call.body.get("reasoning_format") != "hidden"
    ):
        message["reasoning"] = "We need to answer with JSON, one item a word."
    request_id = turn.headers["x-request-id"]
    return {
        "id": f"chatcmpl-{uuid.uuid4()}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": call.model.id,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": None,
        "usage_breakdown": None,
        "system_fingerprint": "fp_213abb2467",
        "x_groq": {
            "id": request_id,
            "seed": call.body.get("seed") or random.Random(request_id).getrandbits(30),
        },
        "service_tier": "on_demand",
    }


def _usage(record: Record, first_s: float, rest_s: float) -> dict[str, Any]:
    """Tokens and times; what was queued is no part of the total time."""
    usage: dict[str, Any] = {
        "queue_time": round(first_s * 0.2, 9),
        "prompt_tokens": record.tokens_in,
        "prompt_time": round(first_s * 0.8, 9),
        "completion_tokens": record.tokens_out,
        "completion_time": round(rest_s, 9),
        "total_tokens": record.tokens_in + record.tokens_out,
        "total_time": round(first_s * 0.8 + rest_s, 9),
    }
    if record.reasoning:
        usage["completion_tokens_details"] = {"reasoning_tokens": record.reasoning}
    if record.tokens_cached:
        usage["prompt_tokens_details"] = {"cached_tokens": record.tokens_cached}
    return usage
