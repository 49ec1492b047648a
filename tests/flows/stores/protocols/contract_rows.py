"""One row, two writers: the run's process and the projector, and the log that both number."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from store_documents import ANN, START, event, job, minutes

from flows.core.status import line_of
from flows.errors import StaleAttempt
from flows.knowledge import Counts, JobEvent, PrefectState, Reason

BEGUN = START + minutes(1)


def state(kind, minute=0, number=1, **more):
    since = START + minutes(minute)
    return PrefectState(id=UUID(int=number), type=kind, name=kind.title(), since=since, **more)


def seen(kind, minute=0, number=1, **changes):
    return job(state=state(kind, minute, number), **changes)


def line(number, attempt=1, text="Something happened."):
    return JobEvent(
        attempt=attempt, id=f"{attempt}.{number}", kind="words.learned", text=text, occurred=START
    )


async def begin(store):
    return await store.begin_attempt(job(running_since=BEGUN))


async def numbers(store):
    return [(each.attempt, each.seq, each.id) for each in await store.log(ANN)]


async def test_projector_makes_the_row_of_a_run_that_has_none(store):
    saved = await store.project(seen("SCHEDULED", name="a job"), [line_of(state("SCHEDULED"), 0)])
    assert (saved.job.status, saved.job.name, saved.job.attempt) == ("queued", "a job", 0)
    assert await store.job(ANN) == saved.job
    assert [(each.attempt, each.seq, each.kind) for each in saved.lines] == [(0, 1, "state.scheduled")]
    assert await store.log(ANN) == saved.lines


async def test_a_projector_that_has_nothing_to_write_says_so(store):
    assert (await store.project(seen("RUNNING", 1))).is_written
    begun = await begin(store)
    stored = await store.save_job(
        begun.model_copy(update={"counts": Counts(stored=3)}), [line_of(state("RUNNING", 1), 9)]
    )
    again = await store.project(seen("RUNNING", 1))
    assert (again.job, again.lines, again.is_written) == (stored.job, (), False)


async def test_each_writer_keeps_the_fields_of_the_other(store):
    await store.project(seen("RUNNING", 1))
    begun = await begin(store)
    assert begun.state == state("RUNNING", 1)
    saved = await store.save_job(begun.model_copy(update={"counts": Counts(stored=3), "state": None}))
    assert (saved.job.state, saved.job.counts.stored) == (state("RUNNING", 1), 3)
    cancelling = await store.project(seen("CANCELLING", 2, 2))
    assert (cancelling.job.status, cancelling.job.counts.stored) == ("cancelling", 3)
    # what the process writes next knows nothing of it
    saved = await store.save_job(begun.model_copy(update={"counts": Counts(stored=4)}))
    assert (saved.job.status, saved.job.counts.stored) == ("cancelling", 4)
    assert await store.job(ANN) == saved.job


async def test_versions_count_the_writes_of_both(store):
    first = (await store.project(seen("PENDING"))).job
    begun = await begin(store)
    third = (await store.save_job(begun)).job
    last = (await store.project(seen("CANCELLING", 9, 9))).job
    assert [row.version for row in (first, begun, third, last)] == [1, 2, 3, 4]


async def test_an_older_state_and_the_same_state_change_nothing(store):
    newest = (await store.project(seen("RUNNING", 2, 2))).job
    assert (await store.project(seen("PENDING", 1))).job == newest
    assert (await store.project(seen("RUNNING", 2, 2))).job == newest
    assert await store.job(ANN) == newest


async def test_a_reason_to_wait_is_told_and_goes_when_the_job_begins(store):
    late = Reason(code="pool_paused", params={"pool": "learning"})
    assert (await store.project(seen("SCHEDULED", reason=late))).job.reason == late
    assert (await store.project(seen("SCHEDULED"))).job.reason is None
    await store.project(seen("SCHEDULED", reason=late))
    assert (await begin(store)).reason is None


async def test_a_run_that_died_is_ended_by_the_projector_and_settled_once(store):
    begun = await begin(store)
    await store.save_job(begun.model_copy(update={"counts": Counts(stored=1)}))
    died = (await store.project(seen("CRASHED", 5, reason=Reason(code="killed", params={"signal": 9})))).job
    assert (died.status, died.end_reason, died.finished_at) == ("failed", "failed", START + minutes(5))
    assert (died.is_settled, died.reason.code) == (False, "killed")
    recounted = died.model_copy(update={"counts": Counts(stored=7), "is_settled": True})
    settled = (await store.project(recounted)).job
    assert (settled.is_settled, settled.counts.stored, settled.status) == (True, 7, "failed")
    assert (await store.project(recounted)).job == settled


async def test_an_end_that_the_process_told_stays_and_is_settled(store):
    begun = await begin(store)
    ended = begun.model_copy(
        update={"run_status": "completed", "end_reason": "time limit", "finished_at": START}
    )
    await store.save_job(ended)
    row = (await store.project(seen("CRASHED", 5))).job
    assert (row.status, row.end_reason, row.is_settled) == ("completed", "time limit", True)


async def test_an_ended_job_that_is_to_run_again_is_queued_and_then_runs(store):
    begun = await begin(store)
    await store.save_job(
        begun.model_copy(update={"run_status": "failed", "end_reason": "failed", "finished_at": START})
    )
    queued = (await store.project(seen("SCHEDULED", 6))).job
    assert (queued.status, queued.end_reason, queued.finished_at) == ("queued", None, None)
    again = await store.begin_attempt(job(running_since=START + minutes(7)))
    assert (again.status, again.attempt) == ("running", 2)


async def test_lines_are_numbered_in_the_order_in_which_they_are_stored(store):
    begun = await begin(store)
    one = await store.save_job(begun, [line(1), line(2)])
    two = await store.project(seen("RUNNING", 1, 7), [line_of(state("RUNNING", 1, 7), 0)])
    three = await store.save_job(begun, [line(3)])
    assert [each.seq for saved in (one, two, three) for each in saved.lines] == [1, 2, 3, 4]
    assert await numbers(store) == [(1, 1, "1.1"), (1, 2, "1.2"), (1, 3, str(UUID(int=7))), (1, 4, "1.3")]
    second = await store.begin_attempt(job(running_since=START + minutes(9)))
    assert [(each.attempt, each.seq) for each in (await store.save_job(second, [line(1, 2)])).lines] == [
        (2, 1)
    ]


async def test_a_line_that_is_sent_again_is_stored_once(store):
    begun = await begin(store)
    await store.save_job(begun, [line(1, text="first"), line(2)])
    again = await store.save_job(begun, [line(1, text="again"), line(2), line(3), line(3)])
    assert [each.id for each in again.lines] == ["1.3"]
    told = line_of(state("RUNNING", 1, 7), 0)
    assert len((await store.project(seen("RUNNING", 1, 7), [told])).lines) == 1
    assert (await store.project(seen("RUNNING", 1, 7), [told])).lines == ()
    assert next(each.text for each in await store.log(ANN)) == "first"
    assert len(await numbers(store)) == 4


async def test_lines_go_on_after_those_that_were_taken_over(store):
    await store.append_log(ANN, [event(1), event(2)])
    await store.put_job(job(attempt=1, status="running"))
    saved = await store.project(seen("CRASHED", 5), [line_of(state("CRASHED", 5), 0)])
    assert [(each.attempt, each.seq) for each in saved.lines] == [(1, 3)]


async def test_a_document_from_before_two_writers_is_judged_as_it_was_meant(store):
    old = {"attempt": 1, "status": "running", "run_status": None, "running_since": None, "state": None}
    await store.put_job(job(**old))
    assert (await store.project(seen("CRASHED", 5))).job.status == "failed"
    await store.put_job(job(**{**old, "status": "completed", "end_reason": "all done", "finished_at": START}))
    assert (await store.project(seen("RUNNING", -1, 2))).job.status == "completed"
    assert (await store.project(seen("SCHEDULED", 6, 3))).job.status == "queued"


async def test_an_older_attempt_changes_neither_row_nor_log(store):
    first = await begin(store)
    second = await store.begin_attempt(job(running_since=START + minutes(9)))
    with pytest.raises(StaleAttempt):
        await store.save_job(first, [line(1)])
    assert await store.job(ANN) == second
    assert await store.log(ANN) == ()


async def test_two_projectors_and_a_process_at_once_lose_and_repeat_nothing(make_store):
    async with make_store() as run, make_store() as one, make_store() as two:
        begun = await run.begin_attempt(job(running_since=BEGUN))

        async def work():
            for number in range(1, 11):
                await run.save_job(begun.model_copy(update={"progress": number}), [line(number)])

        async def project(store):
            for number in range(1, 11):
                what = state("RUNNING", number, number)
                await store.project(job(state=what), [line_of(what, 0)])

        await asyncio.gather(work(), project(one), project(two))
        row, log = await one.job(ANN), await one.log(ANN)
        assert (row.progress, row.state) == (10, state("RUNNING", 10, 10))
        assert [each.seq for each in log] == list(range(1, 21))
        assert sorted(each.id for each in log) == sorted(
            [f"1.{n}" for n in range(1, 11)] + [str(UUID(int=n)) for n in range(1, 11)]
        )
