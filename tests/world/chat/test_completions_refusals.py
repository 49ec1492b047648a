"""What the stand-in of Groq refuses."""

from __future__ import annotations

import re

import groq
import pytest

from tests.world.chat.limits import Limits
from tests.world.conftest import BIG, SMALL, about


async def test_too_few_tokens_fail_with_the_known_words(world, ask):
    refusal = await ask.refusal(
        **about("define", ["dog", "cat", "horse", "cow"]) | {"max_completion_tokens": 60}
    )
    assert isinstance(refusal, groq.BadRequestError)
    assert refusal.body["error"] == {
        "message": (
            "Failed to validate JSON. Please adjust your prompt. See 'failed_generation' for more details."
        ),
        "type": "invalid_request_error",
        "code": "json_validate_failed",
        "failed_generation": "max completion tokens reached before generating a valid document",
    }
    [record] = world.log("chat")
    assert record["tokens_out"] == 60
    assert record["charged"] == record["tokens_in"] + 60


async def test_a_request_over_the_minute_is_too_large_for_good(world, ask):
    refusal = await ask.refusal(**about("define", ["dog"]) | {"max_completion_tokens": 9000})
    requested = world.log("chat")[0]["requested"]
    assert type(refusal) is groq.APIStatusError
    assert refusal.status_code == 413
    assert "retry-after" not in refusal.response.headers
    assert refusal.body["error"]["code"] == "rate_limit_exceeded"
    assert (
        f"(TPM): Limit 8000, Requested {requested}, please reduce your message size"
        in refusal.body["error"]["message"]
    )
    assert requested == world.log("chat")[0]["tokens_in"] + 9000


async def test_an_empty_minute_refuses_and_tells_when_to_come_back(make_world, make_asker):
    world = make_world(level=0.0, limits={BIG: Limits(rpm=None, tpm=8000, rpd=1000, tpd=None)})
    ask = make_asker(world)
    refusal = await ask.refusal(**about("define", ["dog"]))
    message = refusal.body["error"]["message"]
    found = re.search(
        r"\(TPM\): Limit 8000, Used (\d+), Requested (\d+)\. Please try again in ([\d.]+)s\. Need more"
        r" tokens\?",
        message,
    )
    assert isinstance(refusal, groq.RateLimitError)
    assert found is not None
    assert float(found[3]) == pytest.approx((int(found[1]) + int(found[2]) - 8000) * 60 / 8000, abs=0.02)
    assert refusal.body["error"]["type"] == "tokens"
    assert int(refusal.response.headers["retry-after"]) == -(-float(found[3]) // 1)
    world.advance(float(found[3]) + 0.01)
    await ask(**about("define", ["dog"]))


@pytest.mark.parametrize(
    ("limits", "bound", "kind"),
    [
        (
            Limits(rpm=1, tpm=None, rpd=None, tpd=None),
            "requests per minute (RPM): Limit 1, Used 1, Requested 1",
            "requests",
        ),
        (
            Limits(rpm=None, tpm=8000, rpd=1, tpd=None),
            "requests per day (RPD): Limit 1, Used 1, Requested 1",
            "requests",
        ),
        (Limits(rpm=None, tpm=8000, rpd=None, tpd=4100), "tokens per day (TPD): Limit 4100, Used ", "tokens"),
    ],
)
async def test_each_bound_is_named(make_world, make_asker, limits, bound, kind):
    ask = make_asker(make_world(limits={BIG: limits}))
    await ask(**about("define", ["dog"]) | {"max_completion_tokens": 3000})
    refusal = await ask.refusal(**about("define", ["dog"]))
    assert refusal.status_code == 429
    assert bound in refusal.body["error"]["message"]
    assert refusal.body["error"]["type"] == kind
    if kind == "tokens":
        # The day's end is in the text alone: the headers go on telling of the minute.
        assert int(refusal.response.headers["x-ratelimit-remaining-tokens"]) > 7000


async def test_a_key_that_is_none_is_refused(world, make_asker):
    ask = make_asker(world)
    ask.client.api_key = "gsk_other"
    refusal = await ask.refusal(**about("define", ["dog"]))
    assert isinstance(refusal, groq.AuthenticationError)
    assert refusal.body == {
        "error": {"message": "Invalid API Key", "type": "invalid_request_error", "code": "invalid_api_key"}
    }


async def test_a_model_that_is_gone_is_not_found(ask):
    refusal = await ask.refusal(**about("define", ["dog"]) | {"model": "llama-3.3-70b-versatile"})
    assert isinstance(refusal, groq.NotFoundError)
    assert refusal.body["error"] == {
        "message": "The model `llama-3.3-70b-versatile` does not exist or you do not have access to it.",
        "type": "invalid_request_error",
        "code": "model_not_found",
    }


async def test_models_are_listed_and_told_one_by_one(make_world, make_asker):
    ask = make_asker(make_world(models=(BIG, SMALL)))
    assert {model.id for model in (await ask.client.models.list()).data} == {BIG, SMALL}
    assert (await ask.client.models.retrieve(BIG)).to_dict()["context_window"] == 131_072
    with pytest.raises(groq.NotFoundError):
        await ask.client.models.retrieve("groq/compound")


async def test_a_base_url_with_the_path_in_it_finds_nothing(world, make_asker):
    ask = make_asker(world)
    ask.client.base_url = world.url + "/openai/v1"
    refusal = await ask.refusal(**about("define", ["dog"]))
    assert refusal.body["error"]["code"] == "unknown_url"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 2}, "'n'"),
        ({"messages": []}, "'messages'"),
        ({"reasoning_effort": "none"}, "`reasoning_effort`"),
        ({"include_reasoning": True, "reasoning_format": "hidden"}, "`include_reasoning`"),
        ({"max_completion_tokens": 70_000}, "`max_completion_tokens` must be less than or equal to `65536`"),
        ({"stream": True}, "not supported with streaming"),
        (
            {"tools": [{"type": "function", "function": {"name": "f"}}]},
            "cannot be combined with tool calling",
        ),
        ({"logprobs": True}, "'logprobs'"),
        ({"response_format": {"type": "json_object"}}, "must contain the word 'json'"),
        ({"model": "qwen/qwen3.8-27b"}, "`strict`"),
        ({"model": "groq/compound", "reasoning_effort": None}, "`json_schema`"),
    ],
)
async def test_what_groq_does_not_take_is_refused(ask, change, message):
    refusal = await ask.refusal(**about("define", ["dog"]) | change)
    assert isinstance(refusal, groq.BadRequestError)
    assert message in refusal.body["error"]["message"]
