"""Refusals and odd answers of other providers in their own words and shapes, each over the real client."""

import json
import time
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from groq_words import batch
from refused import answered, told

from flows.core.quota import QuotaLimits
from flows.errors import (
    ConfigurationError,
    MalformedOutput,
    ModelUnavailable,
    QuotaExhausted,
    Refused,
    RequestTooLarge,
)
from flows.knowledge import ProposalRequest
from flows.models.base import Declined, Unfinished
from flows.models.chat.errors import Crowded, LimitReached, ModelGone, Rejected, RoomLimited, SchemaRefused
from flows.models.chat.model import GroqModel
from flows.models.chat.reply import Reply
from flows.models.limiter import QuotaLimiter
from flows.settings import Price
from flows.stages.failures import failure_of


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, told("bad", code="output_parse_failed"), MalformedOutput),
        (400, told("x", code="anything", failed_generation={"words": []}), MalformedOutput),
        (500, told("x", failed_generation="{}"), MalformedOutput),
        (400, json.dumps({"message": "x", "failed_generation": "{}"}), MalformedOutput),
        (400, told("Failed to parse tool call arguments as JSON"), MalformedOutput),
        # too large, as vLLM, llama.cpp, Anthropic, Google, Cohere and others say it
        (400, json.dumps({"message": "maximum context length is 8192", "code": 400}), RequestTooLarge),
        (
            400,
            told("the request exceeds the available context size", type="exceed_context_size_error"),
            RequestTooLarge,
        ),
        (500, told("context shift is disabled"), RequestTooLarge),
        (400, told("prompt is too long: 213462 tokens > 200000 maximum"), RequestTooLarge),
        (400, told("The input token count (1200000) exceeds the maximum number"), RequestTooLarge),
        (400, json.dumps({"message": "too many tokens: the prompt cannot exceed 4081"}), RequestTooLarge),
        (400, told("Please reduce the length of the messages or completion."), RequestTooLarge),
        (400, json.dumps({"error": "context length exceeded"}), RequestTooLarge),
        (
            422,
            told("`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 7000 and 2000"),
            RequestTooLarge,
        ),
        (400, told("The model `x` has been decommissioned"), ModelGone),
        (404, told("The model `x` does not exist or you do not have access to it."), ModelGone),
        (404, told("model 'x' not found, try pulling it first"), ModelGone),
        (404, "<html>Not found</html>", ConfigurationError),
        (400, told("This model does not support response format `json_schema`."), SchemaRefused),
        (400, told("Structured output is not supported by this model"), SchemaRefused),
        (400, told("filtered due to Azure OpenAI's content management policy"), Refused),
        (400, told("blocked: PROHIBITED_CONTENT"), Refused),
        (400, told("Input data may contain inappropriate content."), Refused),
        (400, json.dumps([{"error": {"message": "API key not valid.", "code": 400}}]), ConfigurationError),
        (402, told("Insufficient Balance"), QuotaExhausted),
        (429, told("You exceeded your current quota", code="insufficient_quota"), QuotaExhausted),
        (403, told("insufficient_quota"), QuotaExhausted),
        (400, told("something new"), Rejected),
        (400, "<html>Bad request</html>", ModelUnavailable),
        (409, told("conflict, try again"), ModelUnavailable),
        (529, told("Overloaded"), Crowded),
        (500, "[" * 100_000, ModelUnavailable),
        (500, "\x00\x1b[31m", ModelUnavailable),
        (200, told("Provider returned error", code=502), ModelUnavailable),
        (200, told("slow down", code=429), LimitReached),
        (200, '{"choices":' + "[" * 100_000, ModelUnavailable),
        (200, "<html>hi</html>", ModelUnavailable),
    ],
)
async def test_a_refusal_is_understood_in_other_providers_words(status, body, kind):
    assert type(await answered(status, body)) is kind


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        (told("max_tokens: 128001 > 128000, which is the maximum allowed number of output tokens"), 128_000),
        (
            told("max_tokens is too large: 100000. This model supports at most 16384 completion tokens"),
            16_384,
        ),
        (told("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"), 8192),
        (json.dumps({"detail": [{"loc": ["body", "max_tokens"], "msg": "must be at most 4096"}]}), 4096),
    ],
)
async def test_the_room_that_a_provider_names_is_read(body, limit):
    error = await answered(422, body)
    assert isinstance(error, RoomLimited)
    assert error.limit == limit


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "7"}, "Too many requests", 7),
        ({"retry-after-ms": "1500"}, "", 1.5),
        ({"retry-after": "99999999999"}, "", 172_800),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, "", 2),
        ({"retry-after": "nan"}, "", 2),
        ({}, told("Rate limit reached. Please try again in 1 minute."), 60),
        ({}, told("Quota", details=[{"@type": "RetryInfo", "retryDelay": "39s"}]), 39),
    ],
)
async def test_the_wait_that_a_provider_names_is_read(headers, body, seconds):
    assert (await answered(429, body, headers)).retry_after_s == pytest.approx(seconds)


async def test_a_date_to_come_back_at_is_read():
    until = format_datetime(datetime.fromtimestamp(time.time() + 90, UTC), usegmt=True)
    assert 80 < (await answered(503, "", {"retry-after": until})).retry_after_s <= 90


COMPLETION = {
    "id": "x",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "{}"}}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 8, "total_tokens": 15},
}


def completion(message=None, *, finish="stop", usage=COMPLETION["usage"]):
    choice = {"finish_reason": finish, "message": message or {"role": "assistant", "content": "{}"}}
    return json.dumps({"id": "x", "choices": [choice], "usage": usage})


CALL = {"id": "1", "type": "function", "function": {"name": "define", "arguments": "{}"}}


@pytest.mark.parametrize(
    "message",
    [
        {"content": [{"type": "text", "text": "{"}, {"type": "text", "text": "}"}]},
        {"content": {}, "tool_calls": [CALL]},
        {"content": None, "tool_calls": [CALL]},
        {"content": None, "function_call": CALL["function"]},
    ],
)
async def test_the_text_is_found_in_whatever_part_of_the_message(message):
    assert (await answered(200, completion({"role": "assistant", **message}))).text == "{}"


async def test_thoughts_are_the_answer_only_where_they_end_in_one():
    reply = await answered(200, completion({"content": "", "reasoning_content": "so: {}"}))
    assert reply.text == "<think>so: {}"


@pytest.mark.parametrize(
    ("message", "finish", "problem"),
    [
        ({"content": None, "refusal": "I can't"}, "stop", "the model declined: I can't"),
        ({"content": ""}, "content_filter", "a filter withheld the answer"),
    ],
)
async def test_an_answer_that_was_declined_says_so(message, finish, problem):
    reply = await answered(200, completion(message, finish=finish))
    assert (reply.is_refused, reply.problem) == (True, problem)


async def test_other_words_for_the_end_of_the_room_are_read():
    assert (await answered(200, completion(finish="max_tokens"))).problem is not None


@pytest.mark.parametrize(
    ("usage", "bill"),
    [
        (None, (200, 1)),
        ({}, (200, 1)),
        ("free", (200, 1)),
        ({"prompt_tokens": "7", "completion_tokens": 8.0}, (7, 8)),
        ({"prompt_tokens": -7, "completion_tokens": None}, (200, 1)),
        ({"prompt_tokens": 10**30, "completion_tokens": float("nan")}, (200, 1)),
        (
            {"prompt_tokens": 7, "completion_tokens": 8, "prompt_tokens_details": {"cached_tokens": 99}},
            (7, 8),
        ),
    ],
)
async def test_an_answer_without_a_true_bill_is_no_answer_lost(usage, bill):
    reply = await answered(200, completion(usage=usage))
    assert (reply.tokens_in, reply.tokens_out) == bill
    assert 0 <= reply.tokens_cached <= reply.tokens_in


async def test_another_charset_is_read():
    body = completion({"content": "caf@"}).replace("@", "é").encode("latin-1")
    headers = {"content-type": "application/json; charset=iso-8859-1"}
    assert (await answered(200, body, headers)).text == "café"


class Scripted:
    """A client that gives these answers, one a request."""

    def __init__(self, *answers):
        self.answers = list(answers)

    async def complete(self, *_args, **_kwargs):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def model_with(*answers):
    limiters = {}
    return GroqModel(
        Scripted(*answers),
        propose_models=("m",),
        write_models=("m",),
        limiter_of=lambda name: limiters.setdefault(name, QuotaLimiter(name, QuotaLimits())),
        price_of=lambda _name: Price(1, 1, 1),
    )


ITEM = {"id": "violin", "text": "A wooden instrument.", "pos": "noun"}
GOOD = Reply(text=json.dumps({"words": [ITEM], "conflicts": []}), tokens_in=10, tokens_out=5)


async def test_an_unknown_refusal_is_a_setting_at_first_and_later_these_words():
    with pytest.raises(ConfigurationError):
        await model_with(Rejected("something new")).define(batch(["violin"]))
    model = model_with(GOOD, Rejected("something new"), GOOD)
    await model.define(batch(["violin"]))
    with pytest.raises(Refused):
        await model.define(batch(["violin"]))
    assert set((await model.define(batch(["violin"]))).value) == {"violin"}


async def test_a_declined_answer_is_billed_and_refused():
    declined = Reply(text="", tokens_in=10, tokens_out=5, problem="the model declined: no", is_refused=True)
    with pytest.raises(Declined) as told:
        await model_with(declined).define(batch(["violin"]))
    assert told.value.generation.usage.tokens_in == 10
    assert failure_of(told.value).code == "refused"


async def test_a_proposal_that_lists_nothing_is_asked_again_and_is_no_empty_list():
    prose = Reply(text="I would rather not.", tokens_in=10, tokens_out=5)
    with pytest.raises(Unfinished, match="contains no list"):
        await model_with(prose).propose(ProposalRequest(count=3))
    empty = Reply(text='{"words": []}', tokens_in=10, tokens_out=5)
    assert (await model_with(empty).propose(ProposalRequest(count=3))).value == ()
