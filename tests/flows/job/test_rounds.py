"""Round after round: what is proposed when, and what ends it."""

import asyncio

from flows.core.ending import DRY_ROUNDS
from flows.errors import ConfigurationError, QuotaExhausted, StaleAttempt
from flows.job.rounds import leftovers
from flows.knowledge import Candidate, Job, Round, Verdict
from tests.flows.job.heart import JOB, START, words_of
from tests.flows.job.parts import WORDS, Model, while_it_lasts
from tests.flows.job.virtual_time import at, now_s


def round_of(words, *, number=1, batch_size=10):
    return Round(
        job_id=JOB,
        number=number,
        attempt=1,
        candidates=tuple(Candidate(text=w, key=w, verdict=Verdict.ACCEPTED) for w in words),
        model="scripted",
        prompt_version="1",
        batch_size=batch_size,
        created_at=START,
    )


async def begun_before(heart, *rounds, claimed=()):
    """Leave what an attempt would that died after it had proposed these rounds."""
    job = await heart.store.begin_attempt(Job(job_id=JOB, mode="big", created_at=START))
    for round_ in rounds:
        await heart.store.save_round(round_)
    if claimed:
        await heart.store.claim(
            words_of(claimed), job_id=JOB, attempt=job.attempt, until=START.replace(year=2031)
        )


async def test_the_next_round_is_proposed_while_one_is_worked_on(heart):
    model = Model(WORDS, takes_s={"propose": 5, "define": 3, "enrich": 2})
    await heart.run(model, a_round=60, candidates=60, max_entries=180)
    proposed = [begun.at_s for begun in heart.stages.of("propose")]
    # a round of six batches takes three workers ten seconds
    assert proposed[0] == 0
    assert proposed[1] <= 10, "before the first round is done"
    begun = sorted(b.at_s for b in heart.stages.of("research"))
    assert begun == sorted([5.0 + 5 * n for n in range(6)] * 3), "the workers never wait"


async def test_no_more_is_proposed_ahead_than_the_workers_have_room_for(heart):
    model = Model(WORDS, takes_s={"define": 100})
    running = heart.start(model, a_round=10, candidates=10)
    await asyncio.sleep(50)
    # three batches in work, three in the queue, one at its door
    assert len(heart.stages.of("propose")) == 7
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_near_the_target_a_round_waits_for_what_is_in_work(heart):
    model = Model(WORDS, definitions={WORDS[2]: None}, takes_s={"define": 3})
    job = await heart.run(model, a_round=20, max_entries=20)
    assert job.counts.stored == 20
    assert [begun.at_s for begun in heart.stages.of("propose")] == [0, job.active_seconds - 3]
    rounds, _ = await heart.rows()
    assert [len(r.accepted) for r in rounds] == [20, 1]


async def test_a_round_with_a_new_word_starts_the_count_of_dry_ones_anew(heart):
    dry = [WORDS[0]]
    script = [*dry, *dry * (DRY_ROUNDS - 1), WORDS[1], *dry * DRY_ROUNDS, WORDS[2]]
    job = await heart.run(Model(script), candidates=1)
    assert (job.end_reason, job.counts.stored) == ("nothing new", 2)
    rounds, _ = await heart.rows()
    assert [len(r.accepted) for r in rounds] == [1, *[0] * (DRY_ROUNDS - 1), 1, *[0] * DRY_ROUNDS]


async def test_rounds_that_are_dry_end_nothing_while_words_are_in_work(heart):
    job = await heart.run(Model(WORDS[:50], takes_s={"define": 30}), a_round=50)
    assert (job.end_reason, job.counts.stored) == ("nothing new", 50)
    assert now_s() == 60


async def test_what_is_in_work_is_cut_short_by_the_time_and_not_by_dry_rounds(heart):
    job = await heart.run(Model(WORDS[:30], takes_s={"define": 90}), minutes=1, a_round=30)
    assert (job.end_reason, job.counts.stored) == ("time limit", 0)


async def test_the_last_batch_is_not_begun_when_it_would_not_end_in_time(heart):
    heart.set(concurrency=1)
    job = await asyncio.wait_for(
        heart.run(Model(takes_s={"define": 25}), words=WORDS[:30], minutes=1, a_round=30), 3600
    )
    assert (job.end_reason, job.counts.stored) == ("time limit", 20)
    assert now_s() == 50


async def test_a_proposal_that_the_time_cuts_off_is_no_round(heart):
    job = await heart.run(Model(WORDS, takes_s={"propose": 100}), minutes=1)
    assert (job.end_reason, job.counts.rounds) == ("time limit", 0)
    assert now_s() <= 62
    assert await heart.rows() == ((), ())


async def test_a_quota_that_a_proposal_uses_up_lets_the_work_finish(heart):
    def fault(method, call):
        return QuotaExhausted("at 06:00") if (method, call) == ("propose", 2) else None

    job = await heart.run(Model(WORDS, fault=fault, takes_s={"define": 5}), a_round=20, candidates=20)
    assert (job.end_reason, job.counts.stored) == ("quota used up", 20)


async def test_a_row_that_belongs_to_a_newer_attempt_ends_the_rounds_while_the_model_is_asked(heart):
    stale = StaleAttempt("attempt 2 has taken over")
    heart.store.fault = while_it_lasts(3, 1e9, stale, "save_job")
    assert await heart.run(Model(WORDS, takes_s={"define": 100})) is stale
    assert now_s() < 9, "the document is written every five seconds, and then it is seen"


async def test_an_error_of_the_document_ends_the_job_also_when_it_does_not_come_again(heart):
    broken = ConfigurationError("no database")
    once = [broken]
    heart.store.fault = lambda method: once.pop() if once and method == "save_job" and now_s() > 3 else None
    assert await heart.run(Model(WORDS, takes_s={"define": 100})) is broken
    job = await heart.job()
    assert (job.status, job.end_reason, job.errors) == ("failed", "failed", ("no database",))


async def test_a_round_that_was_stored_counts_although_nobody_heard(heart):
    save = heart.store.save_round

    async def save_and_hang(round_):
        await save(round_)
        await asyncio.sleep(1e6)

    heart.store.save_round = save_and_hang
    job = await heart.run(Model(WORDS), minutes=0.1)
    assert (job.end_reason, job.counts.rounds, job.counts.accepted) == ("time limit", 1, 20)


async def test_a_target_that_was_reached_with_the_last_word_of_the_store_is_reached(heart):
    commit = heart.store.commit_batch

    async def commit_and_hang(*args, **given):
        await commit(*args, **given)
        await asyncio.sleep(1e6)

    heart.store.commit_batch = commit_and_hang
    job = await heart.run(Model(WORDS), minutes=0.1, max_entries=10)
    assert (job.end_reason, job.counts.stored) == ("target reached", 10)


async def test_batches_without_a_record_are_done_under_their_numbers(heart):
    await begun_before(heart, round_of(WORDS[:30]), claimed=WORDS[:30])
    job = await heart.run(Model(WORDS[30:40]), a_round=10)
    assert (job.attempt, job.counts.stored) == (2, 40)
    _, batches = await heart.rows()
    done = {(b.round, b.number): [o.key for o in b.outcomes] for b in batches}
    assert done == {(1, 1): WORDS[:10], (1, 2): WORDS[10:20], (1, 3): WORDS[20:30], (2, 1): WORDS[30:40]}
    assert heart.stages.begun[0].label == "1.1", "before anything new is proposed"


async def test_words_that_another_job_has_learned_meanwhile_are_lost(heart):
    await heart.run(Model(WORDS[:3]))
    other = heart.store
    for rows in (other._state.rounds, other._state.batches, other._state.jobs):
        rows.clear()
    await begun_before(heart, round_of(WORDS[:10]))
    job = await heart.run(Model(), words=[])
    assert (job.counts.stored, job.counts.failed) == (7, 3)
    reasons = {o.key: o.reason for o in await heart.outcomes()}
    assert {key for key, reason in reasons.items() if reason} == set(WORDS[:3])
    assert reasons[WORDS[0]] == "another job has taken it"


async def test_words_that_were_claimed_and_written_into_no_round_come_first(heart):
    await begun_before(heart, claimed=WORDS[50:55])
    await heart.run(Model(WORDS[:20]), a_round=10, candidates=15)
    rounds, _ = await heart.rows()
    assert [c.key for c in rounds[0].candidates][:5] == WORDS[50:55]
    assert {c.origin for c in rounds[0].candidates[:5]} == {"leftover"}


async def test_an_end_from_outside_is_heard_while_the_target_is_waited_for(heart):
    running = heart.start(Model(WORDS, takes_s={"define": 5}), max_entries=10)
    await at(2, lambda: heart.store.request_stop(JOB))
    job = await running
    assert (job.end_reason, job.counts.stored) == ("stopped", 10)


def test_leftovers_are_claimed_words_in_no_round():
    assert leftovers(words_of(WORDS[:5]), [round_of(WORDS[1:3])]) == words_of([WORDS[0], *WORDS[3:5]])
