"""Asking for many words at once: each stands or falls alone."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import ConfigurationError, MalformedOutput, ModelUnavailable, RequestTooLarge
from flows.knowledge import Failure, Generation, ProposalRequest, Usage
from flows.models.base import Unfinished
from flows.models.scripted import ScriptedModel
from flows.stages.asking import AGAIN, ask, ask_for_words
from flows.stages.troubles import Troubles

Answer = Generation[Mapping[str, str]]


def answering(value: Mapping[str, str]) -> Answer:
    return Generation(
        value=value, usage=Usage(requests=1, tokens_in=len(value)), model="m", prompt_version="p"
    )


def accept(item: str, draft: str, _generation: Answer) -> tuple[str | None, Sequence[str]]:
    return (None, ["it is bad"]) if draft == "bad" else (draft, ())


async def asked(words, call):
    return await ask(words, key=lambda w: w, call=call, accept=accept)


async def test_all_words_answered_in_one_call():
    calls = []

    async def call(batch):
        calls.append(list(batch))
        return answering({w: w.upper() for w in batch})

    result = await asked(["a", "b", "c"], call)
    assert result.made == {"a": "A", "b": "B", "c": "C"}
    assert result.failed == {}
    assert calls == [["a", "b", "c"]]
    assert result.usage.requests == 1


async def test_only_missing_and_invalid_words_are_asked_again_in_smaller_batches():
    calls = []

    async def call(batch):
        calls.append(list(batch))
        first = len(calls) == 1
        return answering(
            {w: "bad" if first and w == "b" else w.upper() for w in batch if not (first and w == "d")}
        )

    result = await asked(list("abcd"), call)
    assert set(result.made) == set("abcd")
    assert result.failed == {}
    assert calls == [["a", "b", "c", "d"], ["b"], ["d"]]


async def test_a_word_is_given_up_with_its_reason_after_two_more_tries():
    calls = []

    async def call(batch):
        calls.append(list(batch))
        return answering({w: "bad" if w == "b" else w for w in batch})

    result = await asked(["a", "b"], call)
    assert result.made == {"a": "a"}
    assert result.failed == {"b": Failure(code="not_accepted", text="it is bad")}
    assert sum("b" in batch for batch in calls) == 1 + AGAIN


async def test_a_request_that_is_too_large_is_halved_until_it_fits():
    sizes = []

    async def call(batch):
        sizes.append(len(batch))
        if len(batch) > 3:
            raise RequestTooLarge("too large")
        return answering({w: w for w in batch})

    result = await asked(list("abcdefghij"), call)
    assert set(result.made) == set("abcdefghij")
    assert sizes[0] == 10
    assert max(sizes[1:]) == 5


async def test_a_single_word_that_is_too_large_is_given_up():
    async def call(batch):
        raise RequestTooLarge("too large for the model")

    result = await asked(["a", "b"], call)
    assert result.failed == dict.fromkeys("ab", Failure(code="too_large", text="too large for the model"))


async def test_malformed_output_costs_a_try_and_the_words_are_asked_in_halves():
    sizes = []

    async def call(batch):
        sizes.append(len(batch))
        if len(sizes) == 1:
            raise MalformedOutput("not JSON", salvage="{")
        return answering({w: w for w in batch})

    result = await asked(list("abcd"), call)
    assert set(result.made) == set("abcd")
    assert sizes == [4, 2, 2]


async def test_a_transient_error_ends_the_asking_and_what_was_made_is_kept():
    calls = []

    async def call(batch):
        calls.append(list(batch))
        if len(calls) == 2:
            raise ModelUnavailable("away")
        return answering({"a": "A"})

    result = await asked(["a", "b", "c"], call)
    assert result.made == {"a": "A"}
    assert result.failed == {}
    assert result.usage.requests == 1
    with pytest.raises(ModelUnavailable):
        result.go_on()


async def test_other_errors_pass_through():
    async def call(batch):
        raise ConfigurationError("no key")

    with pytest.raises(ConfigurationError):
        await asked(["a"], call)


def breaking(words, text="{"):
    return Unfinished("it broke off", generation=answering({w: w.upper() for w in words}), salvage=text)


async def test_a_broken_answer_is_used_as_far_as_it_goes_and_the_rest_gets_more_room_once():
    calls = []

    async def call(batch, room=1):
        calls.append((list(batch), room))
        if len(calls) == 1:
            raise breaking(["a", "b"])
        return answering({w: w.upper() for w in batch})

    result = await ask(
        list("abcd"), key=lambda w: w, call=call, accept=accept, call_with_room=lambda batch: call(batch, 2)
    )
    assert set(result.made) == set("abcd")
    assert calls == [(list("abcd"), 1), (list("cd"), 2)]
    assert result.usage.requests == 2


async def test_an_answer_that_keeps_breaking_is_asked_in_halves_then_word_by_word_then_given_up():
    calls = []

    async def call(batch, room=1):
        calls.append((len(batch), room))
        raise breaking([])

    result = await ask(
        list("abcd"), key=lambda w: w, call=call, accept=accept, call_with_room=lambda batch: call(batch, 2)
    )
    assert result.made == {}
    assert result.failed == dict.fromkeys("abcd", Failure(code="malformed", text="it broke off"))
    assert calls == [(4, 1), (4, 2), (2, 2), (2, 2), (1, 2), (1, 2), (1, 2), (1, 2)]
    assert result.usage.requests == 8


async def test_words_are_listed_again_with_more_room_when_the_list_broke_off():
    def fault(_method, call):
        return breaking(()) if call == 1 else None

    listed = await ask_for_words(
        ScriptedModel(["one", "two"] * 2, fault=fault), ProposalRequest(count=2), Troubles()
    )
    assert listed.value == ("one", "two")
    assert listed.usage.requests == 2
    with pytest.raises(ModelUnavailable, match="lists no words"):
        await ask_for_words(
            ScriptedModel(["one"] * 9, fault=lambda *_: MalformedOutput("prose")),
            ProposalRequest(count=2),
            Troubles(),
        )


@given(st.lists(st.text(min_size=1, max_size=4), unique=True, max_size=25), st.randoms())
async def test_every_word_is_made_or_given_up_never_both_never_neither(words, rng):
    async def call(batch):
        return answering({w: rng.choice(["good", "bad"]) for w in batch if rng.random() < 0.7})

    result = await asked(words, call)
    assert set(result.made) | set(result.failed) == set(words)
    assert not set(result.made) & set(result.failed)
