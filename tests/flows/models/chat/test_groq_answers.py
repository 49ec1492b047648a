"""Refusals of Groq that mean more than their code says, each on a real socket."""

import pytest
from groq_words import WORDS, WRITE, batch

from flows.models.base import Unfinished
from tests.world.faults import Fault


def asked(world):
    return [(r["model"], r["status"]) for r in world.log("chat")]


async def test_a_limit_on_the_answer_is_learned_from_the_refusal(groq_at, make_world):
    world = make_world(plan="developer")
    groq = await groq_at(world, tokens_per_minute=250_000)
    for _ in range(2):
        answer = await groq.with_room(80).define(batch())
        assert set(answer.value) == set(WORDS)
    assert asked(world) == [(WRITE, 400), (WRITE, 200), (WRITE, 200)]


async def test_a_refusal_with_a_failed_generation_is_a_bad_answer_whatever_its_code(groq, world):
    world.plan(Fault(kind="tool_called", times=1))
    with pytest.raises(Unfinished, match="model called a tool") as told:
        await groq.define(batch())
    assert told.value.generation.value == {}
    world.plan(
        Fault(
            kind="tool_called",
            times=1,
            text='{"words":[{"id":"violin","text":"A small wooden instrument.","pos":"n."}]}',
        )
    )
    with pytest.raises(Unfinished) as told:
        await groq.define(batch())
    assert set(told.value.generation.value) == {"violin"}
