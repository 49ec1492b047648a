"""Big learning on a real Prefect server, with a scripted model and a real store."""

import asyncio
import time

import pytest
from prefect.client.orchestration import get_client

from flows import big_learning, quick_learning
from flows.errors import QuotaExhausted
from flows.job.progress import reporting_to
from flows.knowledge import Verdict
from flows.models.scripted import ScriptedModel
from tests.runs.flow_runs import WORDS, rows

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


async def test_target_is_reached_exactly(learning, store):
    job = await learning(
        big_learning, ScriptedModel(WORDS), max_entries=57, words_per_round=25, candidates_per_round=100
    )
    assert (job.status, job.end_reason, job.progress) == ("completed", "target reached", 100)
    assert job.counts.stored == 57 == (await store.stats()).entries
    rounds, batches = await rows(store, job)
    assert [len(r.accepted) for r in rounds] == [25, 25, 7]
    assert sum(len(b.outcomes) for b in batches) == 57 == job.total_tokens
    assert await store.claims(job.job_id) == ()


async def test_hard_stop_completes_with_what_was_learned(learning, store):
    started = time.monotonic()
    job = await learning(big_learning, ScriptedModel(WORDS, latency_s=0.4), minutes=0.15)
    took = time.monotonic() - started
    assert (job.status, job.end_reason) == ("completed", "time limit")
    assert job.active_seconds <= 9 + 2
    assert took <= 9 + 2 + 2
    assert job.counts.stored == (await store.stats()).entries > 0
    # batches that were cut off have no outcome: their words are free for the next job
    _, batches = await rows(store, job)
    assert all(outcome.reason is None for batch in batches for outcome in batch.outcomes)
    assert job.counts.failed == 0 < job.counts.accepted - job.total_tokens
    assert await store.claims(job.job_id) == ()
    async with get_client() as client:
        state = (await client.read_flow_run(job.job_id)).state
    assert state.is_completed()
    assert "time limit" in state.message


async def test_three_rounds_without_a_new_word_end_the_job(learning, store):
    job = await learning(big_learning, ScriptedModel(WORDS[:30]), words_per_round=20, topic="endings")
    assert job.end_reason == "nothing new"
    assert job.counts.stored == 30
    rounds, _ = await rows(store, job)
    assert [len(r.accepted) for r in rounds] == [20, 10, 0, 0, 0]


async def test_every_candidate_has_a_verdict_and_a_reason(learning, store):
    await learning(quick_learning, ScriptedModel(), words=["babum"])
    proposed = ["babum", "Dadum", "dadum", "42", "<b>bold</b>", "one two three four five", ""]
    job = await learning(big_learning, ScriptedModel(proposed), candidates_per_round=7, max_entries=1)
    rounds, _ = await rows(store, job)
    verdicts = {c.text: c.verdict for c in rounds[0].candidates}
    assert len(rounds[0].candidates) == 7
    assert verdicts["babum"] is Verdict.KNOWN
    assert verdicts["Dadum"] is Verdict.ACCEPTED
    assert verdicts["dadum"] is Verdict.REPEATED
    assert verdicts["42"] is Verdict.NUMBER
    assert all(c.reason for c in rounds[0].candidates if c.verdict is not Verdict.ACCEPTED)


async def test_used_up_quota_ends_the_job_in_good_order(learning, store):
    def fault(method, call):
        return (
            QuotaExhausted("tokens per day are used up, come back at 06:00")
            if method == "define" and call == 3
            else None
        )

    job = await learning(big_learning, ScriptedModel(WORDS, fault=fault), words_per_round=50)
    assert (job.status, job.end_reason) == ("completed", "quota used up")
    assert any("06:00" in error for error in job.errors)
    assert await store.claims(job.job_id) == ()


async def test_the_drain_flag_stops_after_what_is_in_flight(learning, store):
    stopping = []

    def watch(job, _events):
        if job.counts.stored and not stopping:
            stopping.append(asyncio.ensure_future(store.request_stop(job.job_id)))

    with reporting_to(watch):
        job = await learning(big_learning, ScriptedModel(WORDS, latency_s=0.2), minutes=0.5)
    assert (job.status, job.end_reason) == ("completed", "stopped")
    assert job.active_seconds < 10
    assert job.counts.stored == (await store.stats()).entries


async def test_candidates_that_wait_for_the_next_round_are_counted_once(learning):
    job = await learning(
        big_learning, ScriptedModel(WORDS), max_entries=90, candidates_per_round=60, words_per_round=20
    )
    assert job.counts.rounds > 3
    assert job.stages["propose"].done == job.counts.proposed
