"""Several jobs at once on one store: each takes the words that are free, and ends when none are left."""

import asyncio
from datetime import timedelta
from itertools import islice
from uuid import UUID

import pytest

from flows.knowledge import Job, Verdict
from flows.lexicon.neighbourhood import neighbourhood
from flows.lexicon.reader import Lexicon
from flows.models.lexicon import LexiconModel
from flows.models.scripted import ScriptedModel
from tests.flows.job.heart import START, clock, words_of
from tests.flows.job.parts import WORDS, Model
from tests.flows.job.virtual_time import at, now_s

OTHER = UUID(int=99)


def over_and_over(words, *, times=400):
    """A model that lists the same words again and again."""
    return Model(words * times)


class SlowLexicon(LexiconModel):
    """The lexicon, with the pace of a language model."""

    async def define(self, batch):
        await asyncio.sleep(1)
        return await super().define(batch)


def lexicon_model(heart, lexicon):
    async def taken(keys):
        return await heart.store.taken(keys, job_id=UUID(int=0))

    return SlowLexicon(lexicon, taken=taken)


async def verdicts(heart, job):
    rounds = await heart.store.rounds(job.job_id, limit=200)
    return [c.verdict for r in rounds for c in r.candidates]


async def together(heart, count, *, model=lambda: Model(WORDS, takes_s={"define": 1}), **given):
    """Start this many jobs at the same moment."""
    return await asyncio.gather(*(heart.run(model(), job_id=UUID(int=1 + n), **given) for n in range(count)))


async def other_holds(heart, words, *, for_s=3600):
    other = await heart.store.begin_attempt(Job(job_id=OTHER, mode="big", created_at=START))
    await heart.store.claim(
        words_of(words), job_id=OTHER, attempt=other.attempt, until=clock() + timedelta(seconds=for_s)
    )


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize(("candidates", "a_round"), [(100, 20), (20, 20), (500, 200)])
async def test_jobs_that_start_at_once_share_all_words(heart, count, candidates, a_round):
    heart.store.takes_s = {"claim": 0.01}
    jobs = await together(heart, count, candidates=candidates, a_round=a_round)
    assert {job.end_reason for job in jobs} == {"nothing new"}
    assert sum(job.counts.stored for job in jobs) == len(WORDS)
    assert (await heart.store.stats()).known == len(WORDS)
    assert min(job.counts.stored for job in jobs) >= len(WORDS) / count / 4


@pytest.mark.parametrize("count", [2, 4])
async def test_jobs_on_the_lexicon_go_on_until_their_time_is_up(heart, count):
    heart.set(concurrency=2)
    with Lexicon() as lexicon:
        jobs = await together(
            heart,
            count,
            model=lambda: lexicon_model(heart, lexicon),
            minutes=0.5,
            candidates=200,
            a_round=100,
        )
    assert {job.end_reason for job in jobs} == {"time limit"}
    assert min(job.counts.stored for job in jobs) >= 0.8 * max(job.counts.stored for job in jobs)


async def test_words_that_another_holds_cost_no_place_in_the_round(heart):
    held = WORDS[:30]
    taken = heart.store.taken

    async def taken_before_the_other_came(keys, **given):
        found = await taken(keys, **given)
        heart.store.taken = taken
        await other_holds(heart, held)
        return found

    heart.store.taken = taken_before_the_other_came
    await heart.run(Model(WORDS[:100]), candidates=100, a_round=20, max_entries=20)
    [round_], _ = await heart.rows()
    assert [word.key for word in round_.accepted] == WORDS[30:50]
    by_key = {c.key: c.verdict for c in round_.candidates}
    assert {by_key[key] for key in held} == {Verdict.CLAIMED_ELSEWHERE}
    assert {by_key[key] for key in WORDS[50:100]} == {Verdict.POSTPONED}


async def test_a_word_that_another_gives_back_is_learned(heart):
    await other_holds(heart, WORDS[:10])
    running = heart.start(over_and_over(WORDS[:10]), candidates=10)
    await at(60, lambda: heart.store.release_all(OTHER))
    job = await running
    assert (job.end_reason, job.counts.stored) == ("nothing new", 10)
    assert now_s() < 60 + 8 + 5


async def test_while_others_hold_the_words_a_job_asks_seldom_and_ends_in_time(heart):
    await other_holds(heart, WORDS[:10])
    job = await heart.run(over_and_over(WORDS[:10]), candidates=10, minutes=2)
    assert (job.end_reason, job.counts.stored) == ("time limit", 0)
    assert 120 <= now_s() <= 123
    assert job.counts.rounds <= 6 + 120 / 8
    assert set(await verdicts(heart, job)) == {Verdict.CLAIMED_ELSEWHERE}


async def test_a_person_s_stop_is_heard_while_others_are_waited_for(heart):
    await other_holds(heart, WORDS[:10])
    running = heart.start(over_and_over(WORDS[:10]), candidates=10)
    await at(30, lambda: heart.store.request_stop(UUID(int=1)))
    assert (await running).end_reason == "stopped"
    assert now_s() < 30 + 8 + 3


async def test_the_lexicon_is_not_at_its_end_while_another_job_holds_the_words_of_the_topic(heart):
    with Lexicon() as lexicon:
        words = [lemma.text for lemma in islice(neighbourhood(lexicon, "kitchen"), 5000)]
        await other_holds(heart, words)
        running = heart.start(lexicon_model(heart, lexicon), topic="kitchen", candidates=1000, a_round=1000)
        await at(20, lambda: heart.store.release_all(OTHER))
        job = await running
    assert (job.end_reason, job.counts.stored > 100) == ("nothing new", True)


async def test_known_words_are_the_end_at_once(heart):
    await heart.run(ScriptedModel(WORDS[:10]), words=WORDS[:10], a_round=10)
    job = await heart.run(over_and_over(WORDS[:10]), candidates=10, job_id=UUID(int=2))
    assert (job.end_reason, job.counts.stored, job.counts.rounds) == ("nothing new", 0, 3)
