"""Where candidates come from, round after round."""

from types import SimpleNamespace

import pytest

from flows.knowledge import Candidate, Verdict, Word, utc_now
from flows.lexicon.reader import Lexicon
from flows.models.scripted import ScriptedModel
from flows.stages.candidates import CandidateSource
from flows.stages.troubles import Troubles
from flows.stores.memory import MemoryStore


@pytest.fixture(scope="module")
def lexicon():
    with Lexicon() as opened:
        yield opened


@pytest.fixture
def resources(lexicon):
    def make(*words):
        return SimpleNamespace(
            troubles=Troubles(),
            model=ScriptedModel(words),
            lexicon=lexicon,
            store=MemoryStore("", language="en"),
        )

    return make


def judged(gathered, limit):
    return [
        Candidate(
            text=text, key=text, origin=origin, verdict=Verdict.ACCEPTED if i < limit else Verdict.POSTPONED
        )
        for i, (text, origin) in enumerate(gathered.candidates)
    ]


async def test_a_retry_gets_the_same_candidates_and_asks_the_model_once(resources):
    parts = resources("a", "b", "c")
    supply = CandidateSource(candidates_per_round=2)
    first = await supply.gather(parts)
    assert await supply.gather(parts) is first
    assert parts.model.calls == {"propose": 1}


async def test_postponed_words_come_first_in_the_next_round_and_are_topped_up(resources):
    parts = resources("a", "b", "c", "d", "e")
    supply = CandidateSource(candidates_per_round=3)
    supply.note_verdicts(judged(await supply.gather(parts), limit=1))
    second = await supply.gather(parts)
    assert second.candidates == (("b", "backlog"), ("c", "backlog"), ("d", "model"))
    assert supply.processed == {"a"}
    assert supply.is_carried("b")
    assert not supply.is_carried("d")


async def test_given_words_are_supplied_until_they_are_spent(resources):
    parts = resources("never")
    supply = CandidateSource([("x", "given"), ("y", "given")])
    assert not supply.is_spent
    supply.note_verdicts(judged(await supply.gather(parts), limit=1))
    assert (await supply.gather(parts)).candidates == (("y", "backlog"),)
    supply.note_verdicts(judged(await supply.gather(parts), limit=1))
    assert supply.is_spent
    assert parts.model.calls == {}


async def test_a_supply_with_a_model_is_never_spent(resources):
    parts = resources()
    supply = CandidateSource(candidates_per_round=5)
    assert (await supply.gather(parts)).candidates == ()
    supply.note_verdicts([])
    assert not supply.is_spent


async def test_frontier_words_that_a_round_declined_do_not_come_first_again(resources):
    parts = resources()
    mentions = {Word(text=f"w{n:03}", key=f"w{n:03}"): ["a", "b"] if n < 60 else ["a"] for n in range(100)}
    await parts.store.add_to_frontier(mentions, at=utc_now())
    supply = CandidateSource(candidates_per_round=100)
    first = await supply.gather(parts)
    assert [text for text, origin in first.candidates if origin == "frontier"] == [
        f"w{n:03}" for n in range(20)
    ]
    supply.note_verdicts(
        [
            Candidate(text=text, key=text, origin="frontier", verdict=Verdict.INFLECTION)
            for text, _ in first.candidates
        ]
    )
    second = await supply.gather(parts)
    assert [text for text, _ in second.candidates] == [f"w{n:03}" for n in range(20, 40)]
