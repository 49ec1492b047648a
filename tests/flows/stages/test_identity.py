"""A round on the real lexicon: words are taken as it writes them, and one word is learned once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from flows.knowledge import Alias, Definition, Provenance, Verdict
from flows.lexicon.reader import Lexicon
from flows.models.lexicon import LexiconModel
from flows.models.scripted import ScriptedModel
from flows.settings import Settings
from flows.stages.candidates import CandidateSource
from flows.stages.deadline import Deadline
from flows.stages.proposing import propose_round
from flows.stages.resources import Resources
from flows.stores import open_store

FIRST, SECOND = UUID(int=1), UUID(int=2)
LATER = datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture
async def store():
    async with open_store("memory://", language="en") as opened:
        yield opened


@pytest.fixture
def propose(store):
    async def proposed(*words, model=None, job_id=FIRST, origin="given", below=None):
        with Lexicon() as lexicon:
            resources = Resources(
                settings=Settings(),
                store=store,
                model=model or LexiconModel(lexicon, taken=lambda keys: store.taken(keys, job_id=job_id)),
                sources=(),
                lexicon=lexicon,
                deadline=Deadline(),
            )
            found = await propose_round(
                1,
                CandidateSource([(word, origin) for word in words]),
                resources,
                job_id=job_id,
                attempt=1,
                limit=100,
                until=LATER,
                below=below,
            )
        return [(c.text, c.verdict, c.variant_of) for c in found.candidates]

    return proposed


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("cafe", "café", Verdict.SPELLING_VARIANT),
        ("naïve", "naive", Verdict.SPELLING_VARIANT),
        ("cooperate", "co-operate", Verdict.SPELLING_VARIANT),
        ("smart-phone", "smartphone", Verdict.SPELLING_VARIANT),
        ("selfie", "selfies", Verdict.INFLECTION),
    ],
)
@pytest.mark.parametrize("is_known", [False, True], ids=["in one round", "held by another job"])
async def test_one_word_is_taken_once(propose, first, second, verdict, is_known):
    model = ScriptedModel()
    if is_known:
        assert await propose(first, model=model, job_id=SECOND) == [(first, Verdict.ACCEPTED, None)]
        assert await propose(second, model=model) == [(second, verdict, first)]
    else:
        assert await propose(first, second, model=model) == [
            (first, Verdict.ACCEPTED, None),
            (second, verdict, first),
        ]


@pytest.mark.parametrize(
    ("pair", "kept"),
    [
        (("cafe", "café"), 1),
        (("selfies", "selfie"), 1),
        (("naïve", "naive"), 1),
        (("resume", "résumé"), 2),
        (("corn", "corner"), 2),
    ],
)
async def test_of_two_jobs_that_look_at_once_one_takes_a_word(propose, store, monkeypatch, pair, kept):
    both_have_looked, claim = asyncio.Barrier(2), store.claim

    async def claimed_together(*args, **options):
        await both_have_looked.wait()
        return await claim(*args, **options)

    monkeypatch.setattr(store, "claim", claimed_together)
    model = ScriptedModel()
    found = await asyncio.gather(propose(pair[0], model=model), propose(pair[1], model=model, job_id=SECOND))
    taken = [text for ((text, verdict, _),) in found if verdict is Verdict.ACCEPTED]
    assert len(taken) == kept
    for ((_, verdict, variant_of),) in found:
        if verdict is not Verdict.ACCEPTED:
            assert verdict in {Verdict.SPELLING_VARIANT, Verdict.INFLECTION}
            assert [variant_of] == taken


async def test_an_alias_is_its_word(propose, store):
    provenance = Provenance(job_id=SECOND, round=1, model="m", prompt_version="1", created_at=LATER)
    zorblat = Definition(
        word="Zorblat",
        key="zorblat",
        text="What it is, in a sentence.",
        part_of_speech="noun",
        support="model_only",
        provenance=provenance,
    )
    await store.save_definitions([zorblat], job_id=SECOND, attempt=1)
    alias = Alias(word="Quuxle", key="quuxle", of="zorblat", relation=Verdict.SPELLING_VARIANT)
    await store.put_aliases([alias])
    model = ScriptedModel()
    assert await propose("quuxle", model=model) == [("Zorblat", Verdict.KNOWN, None)]
    assert await propose("quuxle", model=model, origin="model") == [("quuxle", Verdict.KNOWN, None)]
    assert await propose("quuxles", model=model) == [("quuxles", Verdict.INFLECTION, "quuxle")]
    # a job that goes deeper takes the word up, under its own name
    assert await propose("quuxle", model=model, below="deep") == [("Zorblat", Verdict.ACCEPTED, None)]
    assert [word.key for word in await store.claims(FIRST)] == ["zorblat"]


async def test_two_words_are_both_taken(propose):
    words = ("resume", "résumé", "rose", "rosé", "setup", "set up", "corn", "corner", "plan", "plane")
    assert await propose(*words, model=ScriptedModel()) == [(word, Verdict.ACCEPTED, None) for word in words]


@pytest.mark.parametrize("words", [("login", "log in"), ("log in", "login"), ("blast off", "blastoff")])
@pytest.mark.parametrize("at_once", [True, False])
async def test_a_verb_and_its_compound_are_both_taken_in_any_order(propose, words, at_once):
    """WordNet spells one "log-in", too, which has the letters of the other."""
    model = ScriptedModel()
    rounds = [words] if at_once else [(word,) for word in words]
    found = [await propose(*given, model=model, job_id=UUID(int=n + 1)) for n, given in enumerate(rounds)]
    assert [judged for round_ in found for judged in round_] == [
        (word, Verdict.ACCEPTED, None) for word in words
    ]


@pytest.mark.parametrize("form", ["logs in", "logging in", "logged in"])
async def test_a_form_of_a_verb_is_none_of_its_compound(propose, form):
    model = ScriptedModel()
    found = await propose("login", form, model=model)
    assert found == [("login", Verdict.ACCEPTED, None), (form, Verdict.ACCEPTED, None)]
    # of the verb it is one
    (_, (_, verdict, of)) = await propose("log in", form, model=model, job_id=SECOND)
    assert (verdict, of) == (Verdict.INFLECTION, "log in")


@pytest.mark.parametrize(
    "words",
    [
        ("common law", "common-law"),
        ("black market", "black-market"),
        ("real time", "real-time"),
        ("cast iron", "cast-iron"),
        ("laissez faire", "laissez-faire"),
    ],
)
async def test_a_compound_that_is_noun_and_adjective_is_taken_once(propose, words):
    """Neither is the other's spelling by its parts of speech alone; both are of the solid one."""
    model = ScriptedModel()
    for given in (words, words[::-1]):
        found = await propose(*given, model=model)
        assert found == [
            (given[0], Verdict.ACCEPTED, None),
            (given[1], Verdict.SPELLING_VARIANT, given[0]),
        ]


async def test_headwords_are_written_as_in_the_lexicon(propose):
    found = await propose("TABLE", "Horse", "ﬁsh", "paris", "iPhone", "NATO", model=ScriptedModel())
    assert [text for text, *_ in found] == ["table", "horse", "fish", "Paris", "iPhone", "NATO"]


async def test_where_only_the_lexicon_writes_its_own_spelling_is_learned(propose):
    assert await propose("naïve") == [("naive", Verdict.ACCEPTED, None)]
    assert await propose("résumé") == [("résumé", Verdict.ACCEPTED, None)]


async def test_a_word_of_the_frontier_keeps_its_key(propose):
    assert await propose("façade", origin="frontier") == [("façade", Verdict.ACCEPTED, None)]
