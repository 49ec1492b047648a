from __future__ import annotations

import json
import re

import groq
import pytest

from tests.world.chat.limits import Limits
from tests.world.chat.tokens import count
from tests.world.conftest import BIG, SCHEMAS, SMALL, TEXT, TEXTS, about, request, strict


async def test_answers_have_the_recorded_shape(ask):
    completion, headers = await ask(**about("define", ["dog"]))
    body = completion.to_dict()
    assert re.fullmatch(r"chatcmpl-[0-9a-f-]{36}", body["id"])
    assert re.fullmatch(r"req_01[0-9a-z]{24}", body["x_groq"]["id"])
    assert headers["x-request-id"] == body["x_groq"]["id"]
    assert (body["object"], body["model"], body["service_tier"]) == ("chat.completion", BIG, "on_demand")
    [choice] = body["choices"]
    assert (choice["index"], choice["finish_reason"], choice["logprobs"], choice["message"]["role"]) == (
        0,
        "stop",
        None,
        "assistant",
    )
    usage = body["usage"]
    assert {"queue_time", "prompt_time", "completion_time", "total_time", "completion_tokens_details"} < set(
        usage
    )
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


async def test_a_token_is_four_characters_and_hidden_ones_are_told(ask):
    body = about("define", ["dog"])
    completion, _ = await ask(**body)
    schema = json.dumps(SCHEMAS["define"], separators=(",", ":"))
    prompt = body["messages"][0]["content"] + schema + body["messages"][1]["content"]
    assert completion.usage.prompt_tokens == count(prompt) == -(-len(prompt) // 4)
    hidden = completion.usage.completion_tokens_details.reasoning_tokens
    assert 0 < hidden < 100
    assert completion.usage.completion_tokens == count(completion.choices[0].message.content) + hidden


async def test_only_an_exact_beginning_is_cached(ask):
    long = "Always answer in plain words. " * 40
    first, _ = await ask(**request("define", {"task": "define", "words": []}, system=long))
    again, _ = await ask(
        **about("define", ["dog"])
        | {"messages": request("define", {"task": "define", "words": ["dog"]}, system=long)["messages"]}
    )
    other, _ = await ask(**request("define", {"task": "define", "words": []}, system="x" + long))
    assert first.usage.prompt_tokens_details is None
    assert again.usage.prompt_tokens_details.cached_tokens >= 256
    assert again.usage.prompt_tokens_details.cached_tokens % 128 == 0
    assert other.usage.prompt_tokens_details is None


async def test_cached_tokens_do_not_count_and_expire(world, ask):
    body = request(
        "define", {"task": "define", "words": ["dog"]}, system="Always answer in plain words. " * 40
    )
    await ask(**body)
    await ask(**body)
    fresh, cached = world.log("chat")
    assert fresh["charged"] == fresh["tokens_in"] + fresh["tokens_out"]
    assert cached["charged"] == cached["tokens_in"] + cached["tokens_out"] - cached["tokens_cached"]
    assert cached["tokens_cached"] >= 256
    world.advance(2 * 3600 + 1)
    late, _ = await ask(**body)
    assert late.usage.prompt_tokens_details is None


async def test_another_model_has_a_cache_and_limits_of_its_own(world, ask):
    body = request(
        "define", {"task": "define", "words": ["dog"]}, system="Always answer in plain words. " * 40
    )
    await ask(**body)
    other, headers = await ask(**body | {"model": SMALL})
    assert other.usage.prompt_tokens_details is None
    assert headers["x-ratelimit-remaining-requests"] == "999"


async def test_headers_tell_the_day_of_requests_and_the_minute_of_tokens(ask):
    _, headers = await ask(**about("define", ["dog"]))
    completion, headers = await ask(**about("define", ["cat"]))
    assert headers["x-ratelimit-limit-requests"] == "1000"
    assert headers["x-ratelimit-remaining-requests"] == "998"
    assert headers["x-ratelimit-reset-requests"] == "2m52.8s"
    assert headers["x-ratelimit-limit-tokens"] == "8000"
    remaining = int(headers["x-ratelimit-remaining-tokens"])
    # Some came back between the requests; what they reserved for their answers is back at once.
    assert (
        8000 - 2 * completion.usage.total_tokens - 40 <= remaining < 8000 - completion.usage.total_tokens / 2
    )
    assert "retry-after" not in headers


async def test_definitions_come_from_the_lexicon_and_follow_the_evidence(ask):
    answer = await ask.answer(
        **about(
            "define",
            ["bank"],
            evidence=[{"source": "w", "text": "A bank is an institution that accepts deposits of money."}],
        )
    )
    assert "financial institution that accepts deposits" in answer["words"][0]["text"]
    answer = await ask.answer(
        **about(
            "define",
            ["bank"],
            evidence=[{"source": "w", "text": "The bank is the sloping land beside a body of water."}],
        )
    )
    assert "loping land" in answer["words"][0]["text"]


async def test_ids_are_echoed_in_order_and_enumerations_kept(ask):
    asked = {
        "task": "define",
        "words": [
            {"id": "w1", "word": "run"},
            {"id": "w2", "word": "happy"},
            {"id": "w3", "word": "blorptangle"},
        ],
    }
    words = (await ask.answer(**request("define", asked)))["words"]
    assert [word["id"] for word in words] == ["w1", "w2", "w3"]
    assert [word["pos"] for word in words] == ["verb", "adjective", "noun"]
    assert all(len(word["text"]) >= 15 for word in words)


async def test_enrichments_and_explanations_are_full(ask):
    [word] = (await ask.answer(**about("enrich", ["photosynthesis"])))["words"]
    assert len(word["related"]) == 5
    assert len(word["examples"]) == 2
    assert all("photosynthesis" in example for example in word["examples"])
    assert word["category"] == "process"
    [word] = (await ask.answer(**about("deepen", ["dog"])))["words"]
    assert 55 <= len(word["text"].split()) <= 120
    assert word["uses"]
    assert word["myths"]


async def test_any_strict_schema_is_filled(ask):
    schema = strict(
        note={"anyOf": [TEXT, {"type": "null"}]},
        sure={"type": "boolean"},
        n={"type": "integer"},
        words={"type": "array", "items": {"$ref": "#/$defs/word"}},
    ) | {
        "$defs": {
            "word": strict(
                key=TEXT,
                definition=TEXT,
                senses={"type": "array", "items": strict(gloss=TEXT, examples=TEXTS)},
            )
        }
    }
    body = about("define", ["dog"])
    body["response_format"]["json_schema"]["schema"] = schema
    answer = await ask.answer(**body)
    assert answer["words"][0]["key"] == "dog"
    assert "genus Canis" in answer["words"][0]["senses"][0]["gloss"]
    assert isinstance(answer["sure"], bool)
    assert isinstance(answer["n"], int)


async def test_an_object_with_a_field_a_word_is_filled(ask):
    body = about("define", ["dog", "cat"])
    body["response_format"]["json_schema"]["schema"] = strict(dog=strict(text=TEXT), cat=strict(text=TEXT))
    answer = await ask.answer(**body)
    assert "Canis" in answer["dog"]["text"]
    assert "feline" in answer["cat"]["text"].casefold()


async def test_plain_json_needs_the_word_and_gets_an_answer(ask):
    body = request("define", {"task": "define", "words": ["dog"]}, system="Answer with JSON.") | {
        "response_format": {"type": "json_object"}
    }
    assert "Canis" in (await ask.answer(**body))["words"][0]["text"]


LIST = {"type": "array", "items": TEXT}


@pytest.mark.parametrize(
    ("schema", "message", "code"),
    [
        ({"type": "array", "items": TEXT}, "schema must have type 'object'", None),
        (
            {"type": "object", "properties": {"a": TEXT}, "required": ["a"]},
            "additionalProperties:false must be set on every object",
            None,
        ),
        (strict(a=TEXT) | {"required": []}, "/required: 'required' is required to be supplied", None),
        (strict(a=LIST | {"minItems": 1}), "/properties/a: minItems is not supported", None),
        (strict(a=TEXT | {"maxLength": 9}), "/properties/a: maxLength is not supported", None),
        (strict(a={"type": "array"}), "/properties/a: array schema missing items", None),
        (strict(a={"$ref": "#/$defs/b"}), "/properties/a: $ref", None),
        (
            strict(a={"type": "array", "items": {"type": "object", "properties": {}}}),
            "/properties/a/items: additionalProperties:false",
            None,
        ),
        (
            strict(a={"anyOf": [strict(x=TEXT), strict(x=TEXT, y=TEXT)]}),
            "/properties/a/anyOf: ",
            "keyset_required_overlap",
        ),
    ],
)
async def test_broken_strict_schemas_are_refused(ask, schema, message, code):
    body = about("define", ["dog"])
    body["response_format"]["json_schema"]["schema"] = schema
    refusal = await ask.refusal(**body)
    error = refusal.body["error"]
    assert refusal.status_code == 400
    assert error["message"].startswith("invalid JSON schema for response_format: 'define': ")
    assert message in error["message"]
    assert error["param"] == "response_format"
    assert error.get("schema_code") == code


async def test_answers_take_the_time_of_their_tokens(make_world, make_asker):
    world = make_world(latency=0.2)
    ask = make_asker(world)
    big, _ = await ask(**about("define", ["dog", "cat"]))
    small, _ = await ask(**about("define", ["dog", "cat"]) | {"model": SMALL})
    for usage, pace in ((big.usage, 500), (small.usage, 1000)):
        assert usage.completion_time == pytest.approx(usage.completion_tokens / pace * 0.2, rel=0.01)
        assert usage.queue_time + usage.prompt_time == pytest.approx(0.25 * 0.2, rel=0.01)
    for record, usage in zip(world.log("chat"), (big.usage, small.usage), strict=True):
        assert record["took_s"] >= usage.total_time


async def test_a_client_that_leaves_pays_for_what_was_generated_until_then(make_world, make_asker):
    world = make_world(latency=1.0, limits={BIG: Limits(rpm=None, tpm=250_000, rpd=None, tpd=None)})
    ask = make_asker(world, timeout=0.5)
    words = ["dog", "cat", "horse", "cow", "sheep", "goat", "bird", "fish", "tree", "flower"]
    refusal = await ask.refusal(**about("define", words))
    assert isinstance(refusal, groq.APITimeoutError)
    for _ in range(100):
        [record] = world.log("chat")
        if record["status"] is not None:
            break
    assert record["status"] == 499
    assert 0 < record["tokens_out"] < 400
    assert record["charged"] == record["tokens_in"] + record["tokens_out"]


async def test_the_same_world_answers_the_same(make_world, make_asker):
    answers = [
        await make_asker(make_world(seed=3)).answer(**about("enrich", ["dog", "run"])) for _ in range(2)
    ]
    assert answers[0] == answers[1]
