"""Every way in which a job may end without a word: the row says why."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from flows.core.outcomes import lines
from flows.errors import Refused
from flows.knowledge import Job
from flows.lexicon.reader import Lexicon
from flows.models.lexicon import LexiconModel
from tests.flows.job.heart import START, clock, words_of
from tests.flows.job.parts import WORDS, Model
from tests.flows.job.virtual_time import at

OTHER = UUID(int=99)


async def known(heart, words):
    await heart.run(Model(), words=words, job_id=OTHER)


async def held(heart, words):
    other = await heart.store.begin_attempt(Job(job_id=OTHER, mode="big", created_at=START))
    until = clock() + timedelta(seconds=3600)
    await heart.store.claim(words_of(words), job_id=OTHER, attempt=other.attempt, until=until)


def refusing(method, _call):
    return Refused("the filter said no") if method == "define" else None


@pytest.mark.parametrize(
    ("before", "given", "model", "outcomes"),
    [
        (known, ["cello", "viola"], Model, {"known": 2}),
        (held, ["cello", "viola"], Model, {"claimed_elsewhere": 2}),
        (None, WORDS[:3], lambda: Model(definitions=dict.fromkeys(WORDS)), {"no_answer": 3}),
        (None, WORDS[:3], lambda: Model(fault=refusing), {"refused": 3}),
        (None, [], Model, {}),
    ],
    ids=["known", "held", "no answer", "refused", "nothing given"],
)
async def test_given_words_that_bring_nothing_are_counted_by_their_reason(
    heart, before, given, model, outcomes
):
    if before is not None:
        await before(heart, given)
    job = await heart.run(model(), words=given)
    assert (job.end_reason, job.counts.stored, job.errors) == ("all done", 0, ())
    assert job.outcomes == outcomes
    assert {outcome.word for outcome in job.named_outcomes} == set(given)
    assert [line.count for line in lines(job)] == list(outcomes.values())
    assert (await heart.store.log(job.job_id))[-1].text.startswith("Completed (all done): 0 words learned")
    assert ("not learned" in (await heart.store.log(job.job_id))[-1].text) == bool(outcomes)


@pytest.mark.parametrize(
    ("word", "code", "of"),
    [
        ("smartphone", "not_in_lexicon", None),
        ("blorptang", "not_in_lexicon", None),
        ("color", "spelling_variant", "colour"),
        ("violins", "inflection", "violin"),
        ("mice", "inflection", "mouse"),
        ("went", "inflection", "go"),
    ],
)
async def test_on_the_lexicon_one_word_that_cannot_be_learned_says_why(heart, word, code, of):
    async def nothing(_keys):
        return {}

    with Lexicon() as lexicon:
        if of:
            await known(heart, [of])
        job = await heart.run(LexiconModel(lexicon, taken=nothing), words=[word])
    assert (job.counts.stored, job.outcomes) == (0, {code: 1})
    [named] = job.named_outcomes
    assert (named.word, named.code, named.variant_of) == (word, code, of)


async def test_the_stages_and_totals_of_words_that_were_given_up_agree(heart):
    with Lexicon() as lexicon:

        async def nothing(_keys):
            return {}

        words = ["violin", "cello", "blorptang", "smartphone", "xyzzyx"]
        job = await heart.run(LexiconModel(lexicon, taken=nothing), words=words)
    assert (job.counts.stored, job.counts.failed, job.total_tokens) == (2, 3, 5)
    assert job.outcomes == {"not_in_lexicon": 3}
    done = {stage: counts.done for stage, counts in job.stages.items()}
    assert done == {"propose": 5, "research": 5, "synthesize": 2, "enrich": 2}


@pytest.mark.parametrize(
    ("form", "base"), [("mice", "mouse"), ("spoons", "spoon"), ("went", "go"), ("Children", "child")]
)
async def test_on_the_lexicon_a_form_that_it_lacks_is_learned_as_its_word(heart, form, base):
    async def nothing(_keys):
        return {}

    with Lexicon() as lexicon:
        job = await heart.run(LexiconModel(lexicon, taken=nothing), words=[form])
        again = await heart.run(LexiconModel(lexicon, taken=nothing), words=[form, base], job_id=OTHER)
    assert (job.counts.stored, job.outcomes) == (1, {})
    assert (await heart.store.known([base]))[base].depth == "enriched"
    assert (again.counts.stored, again.outcomes) == (0, {"inflection": 1, "known": 1})


async def test_words_left_when_the_time_is_up_are_told_and_not_called_given_up(heart):
    job = await heart.run(Model(takes_s={"define": 100}), words=WORDS[:5], minutes=0.5)
    assert (job.end_reason, job.counts.stored, job.counts.failed) == ("time limit", 0, 0)
    assert job.outcomes == {"time_limit": 5}
    assert [named.word for named in job.named_outcomes] == WORDS[:3]


@pytest.mark.parametrize("minutes", [0.2, 0.5, 0.9])
async def test_every_word_that_was_taken_up_is_an_entry_or_has_a_reason(heart, minutes):
    model = Model(WORDS, takes_s={"define": 9, "enrich": 4})
    job = await heart.run(model, minutes=minutes)
    assert job.end_reason == "time limit"
    assert job.counts.accepted > job.counts.stored
    assert job.outcomes == {"time_limit": job.counts.accepted - job.counts.stored}


async def test_a_resumed_job_counts_no_outcome_twice(heart):
    await known(heart, WORDS[:3])
    running = heart.start(Model(takes_s={"define": 50}), words=WORDS[:9])
    await at(20, running.cancel)
    await asyncio.gather(running, return_exceptions=True)
    job = await heart.run(Model(), words=WORDS[:9])
    assert (job.attempt, job.counts.stored, job.outcomes) == (2, 6, {"known": 3})
