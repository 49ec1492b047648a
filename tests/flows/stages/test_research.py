"""Research: all sources side by side, none of which can hold up or fail a batch."""

import asyncio

from flows.core.words import parse_word
from flows.errors import RateLimited, SourceRefused, SourceUnavailable
from flows.sources.scripted import ScriptedSource
from flows.stages import research as module
from flows.stages.research import ENOUGH_CHARACTERS, TRIES, research

WORDS = [parse_word(text) for text in ("cat", "dog", "emu", "fox")]
LONG = "a rather long text that says in so many words what the animal is, where it lives, and what it eats"


def away(*_):
    return SourceUnavailable("away", retry_after_s=0.001)


async def test_every_source_is_asked_for_every_word_and_evidence_is_in_their_order():
    first, second = (
        ScriptedSource({"cat": "one", "dog": "two"}, name="first"),
        ScriptedSource({"cat": "three"}, name="second"),
    )
    found = await research(WORDS, [first, second])
    assert {key: [piece.text for piece in pieces] for key, pieces in found.evidence.items()} == {
        "cat": ["one", "three"],
        "dog": ["two"],
    }
    assert found.problems == {}
    assert first.asked == second.asked == [tuple(word.key for word in WORDS)]


async def test_no_source_and_no_word_is_no_evidence():
    assert (await research(WORDS, [])).evidence == {}
    source = ScriptedSource({})
    assert (await research([], [source])).evidence == {}
    assert source.calls == 0


async def test_a_source_is_asked_in_its_own_batches():
    source = ScriptedSource({"cat": "one", "fox": "two"}, batch_size=3)
    assert set((await research(WORDS, [source])).evidence) == {"cat", "fox"}
    assert source.asked == [("cat", "dog", "emu"), ("fox",)]


async def test_a_stand_in_is_asked_only_for_words_that_were_left_wanting():
    assert len(LONG) >= ENOUGH_CHARACTERS
    lexicon = ScriptedSource({word.key: LONG for word in WORDS}, name="wordnet")
    first = ScriptedSource({"cat": LONG, "dog": "too short"}, name="wikipedia")
    second = ScriptedSource(
        {"dog": LONG, "emu": LONG, "cat": LONG}, name="wiktionary", stands_in_for="wikipedia"
    )
    found = await research(WORDS, [lexicon, second, first])
    assert second.asked == [("dog", "emu", "fox")]
    assert {
        key: [piece.text for piece in pieces] for key, pieces in found.evidence.items() if key != "fox"
    } == {
        "cat": [LONG, LONG],
        "dog": [LONG, LONG, "too short"],
        "emu": [LONG, LONG],
    }


async def test_a_stand_in_for_a_source_that_is_not_there_is_asked_for_all():
    source = ScriptedSource({}, name="wiktionary", stands_in_for="wikipedia")
    await research(WORDS, [source])
    assert source.asked == [tuple(word.key for word in WORDS)]


async def test_a_transient_failure_is_tried_again():
    source = ScriptedSource({"cat": "one"}, fault=lambda n: away() if n < TRIES else None)
    found = await research(WORDS, [source])
    assert set(found.evidence) == {"cat"}
    assert found.problems == {}


async def test_a_source_that_stays_away_costs_only_its_own_evidence_and_its_words_go_to_the_stand_in():
    first = ScriptedSource({"cat": LONG}, name="wikipedia", fault=away)
    second = ScriptedSource({"cat": "a meaning"}, name="wiktionary", stands_in_for="wikipedia")
    found = await research(WORDS, [ScriptedSource({"cat": "a gloss"}, name="wordnet"), first, second])
    assert [piece.text for piece in found.evidence["cat"]] == ["a gloss", "a meaning"]
    assert found.problems == {"wikipedia": "away"}
    assert first.calls == TRIES
    assert second.asked == [tuple(word.key for word in WORDS)]


async def test_one_failing_batch_of_a_source_leaves_its_other_ones():
    texts = {word.key: LONG for word in WORDS}
    source = ScriptedSource(
        texts, batch_size=1, fault=lambda n: SourceRefused("this one is refused") if n == 2 else None
    )
    found = await research(WORDS, [source])
    assert len(found.evidence) == 3
    assert found.problems == {"scripted": "this one is refused"}


async def test_a_refusal_is_not_tried_again():
    source = ScriptedSource({}, fault=lambda _: SourceRefused("WIKIMEDIA_CONTACT: refused"))
    found = await research(WORDS, [source])
    assert source.calls == 1
    assert found.problems == {"scripted": "WIKIMEDIA_CONTACT: refused"}


async def test_a_pause_that_is_too_long_is_not_waited_for():
    source = ScriptedSource({}, fault=lambda _: RateLimited("later", retry_after_s=3600))
    assert (await research(WORDS, [source])).problems == {"scripted": "later"}
    assert source.calls == 1


class Never(ScriptedSource):
    async def look_up(self, words, *, topic=None):
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_source_that_never_answers_is_given_up_and_the_others_are_not_held_up(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_S", 0.2)
    found = await research(WORDS, [Never({}, name="slow"), ScriptedSource({"cat": "one"}, name="quick")])
    assert set(found.evidence) == {"cat"}
    assert "no response within" in found.problems["slow"]


async def test_a_page_that_nobody_can_read_takes_no_other_words_evidence_away():
    class Broken(ScriptedSource):
        async def look_up(self, words, *, topic=None):
            if any(word.key == "dog" for word in words):
                raise RecursionError("too deep")
            return await super().look_up(words, topic=topic)

    found = await research(WORDS, [Broken({"cat": "one", "dog": "two"}, name="broken")])
    assert set(found.evidence) == {"cat"}
    assert found.problems == {"broken": "“dog”: could not be read: too deep"}


async def test_evidence_is_clean():
    found = await research(
        WORDS, [ScriptedSource({"cat": "a\u202e purring\ud83d\x1b[31m  thing"}, name="odd")]
    )
    assert found.evidence["cat"][0].text == "a purring thing"


async def test_cancelling_leaves_nothing_running():
    task = asyncio.create_task(
        research(WORDS, [Never({}, name="slow"), Never({}, name="after", stands_in_for="slow")])
    )
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("research")] == []


async def test_sources_are_asked_at_the_same_time():
    both = asyncio.Barrier(2)

    class Meeting(ScriptedSource):
        async def look_up(self, words, *, topic=None):
            await asyncio.wait_for(both.wait(), 5)
            return {}

    found = await research(WORDS, [Meeting({}, name="one"), Meeting({}, name="other")])
    assert found.problems == {}
