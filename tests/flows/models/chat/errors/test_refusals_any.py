"""Whatever a server sends: a reply, a list of models, or one of our own errors."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from refused import answered, listed, told

from flows.errors import ConfigurationError, LearningError, ModelUnavailable, TransientError
from flows.models.chat.errors import Rejected
from flows.models.chat.reply import Reply

NAMES = st.sampled_from(
    "error errors message detail details code type status metadata raw headers reasons loc msg param"
    " failed_generation retryDelay violations quotaId innererror"
    " choices data id usage finish_reason content".split()
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats()
    | st.sampled_from(
        ["rate_limit_error", "429", "404", '{"error": {"message": "x"}}', "[" * 3000, '{"a":' * 3000]
    )
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["retry-after", "retry-after-ms", "x-ratelimit-reset", "x-ratelimit-limit-tokens", "ratelimit-reset"]
    ),
    st.sampled_from(
        [
            "1" * 400,
            "Wed, 21 Oct 99999999999999999999 07:28:00 GMT",
            "Wed, 21 Oct 2015 07:28:00 +9999999999",
            "1 Jan 0001 00:00:00 +1400",
            "2026-11-29T01:00:00+99:99",
            "P9999999D",
            "-1",
            "nan",
            "",
        ]
    ),
    max_size=3,
)
CHARSETS = st.sampled_from(
    [
        "",
        "hex",
        "base64",
        "zlib",
        "rot13",
        "idna",
        "punycode",
        "undefined",
        "unicode_escape",
        "utf-16",
        "utf-7",
        "x",
    ]
)
STATUSES = st.sampled_from(
    [200, 204, 301, 400, 401, 402, 403, 404, 405, 413, 422, 429, 500, 502, 503, 529, 599]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
async def test_nothing_raises_but_our_own_errors(data):
    status, body, charset = data.draw(STATUSES), data.draw(VALUES), data.draw(CHARSETS)
    headers = {**data.draw(HEADERS), "content-type": f"application/json; charset={charset}"}
    text = json.dumps(body) if data.draw(st.booleans()) else data.draw(st.binary(max_size=30))
    assert isinstance(await answered(status, text, headers), Reply | LearningError)
    models = await listed(status, text, headers)
    assert isinstance(models, frozenset | TransientError | ConfigurationError)
    assert not isinstance(models, Rejected)


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"data":' + "[" * 100_000,
        '{"data": [{"id": null}]}',
        '{"data": [{}, null, "a", 5]}',
        '{"data": {"a": 1}}',
        '{"data": null}',
        "<html>",
        "",
    ],
)
async def test_what_is_no_list_of_models_is_no_answer(body):
    assert type(await listed(200, body, {"content-type": "application/json"})) is ModelUnavailable


async def test_the_models_of_a_list_with_gaps_are_read():
    assert await listed(200, {"data": [{"id": "a"}, {"id": None}, {"x": 1}]}) == {"a"}
    assert await listed(200, {"data": []}) == frozenset()


@pytest.mark.parametrize("status", [400, 403, 404, 422])
async def test_a_refused_list_of_models_is_about_no_words(status):
    error = await listed(
        status, told("response_format: model m not found, too many tokens", code="content_filter")
    )
    assert isinstance(error, TransientError)


@pytest.mark.parametrize("body", ['{"choices": {"0": 1}}', '{"choices": [null]}', '{"choices": "abc"}'])
async def test_what_is_no_completion_is_no_answer(body):
    assert isinstance(await answered(200, body), ModelUnavailable)


@pytest.mark.parametrize("charset", ["hex", "base64", "zlib", "idna", "undefined", "klingon"])
async def test_an_impossible_charset_hides_no_refusal(charset):
    headers = {"content-type": f"application/json; charset={charset}"}
    assert type(await answered(401, told("x"), headers)) is ConfigurationError
    assert type(await listed(401, told("x"), headers)) is ConfigurationError


@pytest.mark.parametrize("reason", [["stop"], {"type": "stop"}, 5, None])
async def test_a_strange_reason_to_end_is_no_answer_lost(reason):
    choice = {"message": {"content": "{}"}, "finish_reason": reason}
    assert (await answered(200, {"id": "x", "choices": [choice]})).text == "{}"
