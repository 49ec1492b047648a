"""The projector: from what Prefect says of runs to job rows, with a Prefect that is played here."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from flows.knowledge import Counts, Reason, Word, utc_now
from tests.service.orchestration.projection.projector_parts import ANN, Looks, begin, kinds, until


async def test_a_run_that_prefect_knows_and_nobody_else_gets_a_row_and_a_history(store, prefect, projector):
    prefect.put(ANN, "SCHEDULED", started_by="schedule", parameters={"minutes": 3})
    prefect.put(ANN, "PENDING")
    await projector.poll()
    row = await store.job(ANN)
    assert (row.status, row.mode, row.started_by, row.parameters) == (
        "queued",
        "big",
        "schedule",
        {"minutes": 3},
    )
    assert row.state == prefect.past[ANN][-1]
    assert await kinds(store, ANN) == ["state.scheduled", "state.pending"]
    asked = prefect.asked
    await projector.poll()
    assert await kinds(store, ANN) == ["state.scheduled", "state.pending"]
    assert prefect.asked - asked <= 3, "nothing new costs no question a run"


async def test_a_run_that_a_schedule_will_start_some_day_has_no_row(store, prefect, projector):
    prefect.put(ANN, "SCHEDULED", due_at=utc_now() + timedelta(hours=1))
    await projector.poll()
    assert await store.job(ANN) is None
    assert await projector.look_up(ANN) is None


async def test_runs_that_came_and_went_meanwhile_are_found_by_the_first_look(store, prefect, projector):
    prefect.put(ANN, "SCHEDULED")
    prefect.put(ANN, "CANCELLED")
    await projector.poll()
    assert (await store.job(ANN)).status == "cancelled"


@pytest.mark.parametrize(
    ("kind", "status", "end"),
    [
        ("CRASHED", "failed", "failed"),
        ("FAILED", "failed", "failed"),
        ("CANCELLED", "cancelled", "stopped"),
        ("COMPLETED", "completed", "stopped"),
    ],
)
async def test_a_run_that_ended_without_a_word_is_ended_and_settled(  # noqa: PLR0917
    store, prefect, projector, kind, status, end
):
    begun = await begin(store, prefect, ANN)
    until_s = utc_now() + timedelta(hours=1)
    await store.claim([Word(text="moss", key="moss")], job_id=ANN, attempt=begun.attempt, until=until_s)
    await store.save_job(begun.model_copy(update={"counts": Counts(stored=7)}))
    prefect.put(ANN, kind)
    async with projector:

        async def is_settled():
            row = await store.job(ANN)
            return row.is_final and row.is_settled

        await until(is_settled)
    row = await store.job(ANN)
    assert (row.status, row.end_reason) == (status, end)
    assert row.finished_at == prefect.past[ANN][-1].since
    assert row.counts.stored == 0, "counted from its rows, of which there are none"
    assert await store.claims(ANN) == ()


async def test_it_ends_also_when_news_comes_in_the_same_moment(projector):
    async with asyncio.timeout(5), projector:
        await asyncio.sleep(0.05)
        projector._poll_now.set()


async def test_a_job_that_ended_unsettled_while_no_projector_was_there_is_settled_by_the_next(
    store, prefect, projector
):
    begun = await begin(store, prefect, ANN)
    crashed = prefect.put(ANN, "CRASHED")
    seen = begun.model_copy(update={"state": crashed, "is_settled": False})
    assert not (await store.project(seen)).job.is_settled
    async with projector:

        async def is_settled():
            return (await store.job(ANN)).is_settled

        await until(is_settled)


async def test_an_end_that_the_run_told_itself_stands_and_is_told_once(store, prefect, projector):
    begun = await begin(store, prefect, ANN)
    ended = {"run_status": "completed", "end_reason": "time limit", "finished_at": utc_now()}
    await store.save_job(begun.model_copy(update=ended))
    prefect.put(ANN, "COMPLETED")
    await projector.poll()
    row = await store.job(ANN)
    assert (row.status, row.end_reason) == ("completed", "time limit")
    assert row.state.type == "COMPLETED"
    assert "state.completed" not in await kinds(store, ANN)


async def test_a_job_that_is_run_again_is_queued_at_once(store, prefect, projector):
    begun = await begin(store, prefect, ANN)
    await store.save_job(
        begun.model_copy(update={"run_status": "failed", "end_reason": "failed", "finished_at": utc_now()})
    )
    prefect.put(ANN, "FAILED")
    await projector.poll()
    prefect.put(ANN, "SCHEDULED", name="AwaitingRetry")
    assert (await projector.note(prefect._run(ANN))).status == "queued"


async def test_why_a_run_waits_is_told_and_taken_back(store, prefect, projector):
    prefect.put(ANN, "SCHEDULED")
    prefect.waiting = Reason(code="pool_paused", params={"pool": "learning"})
    await projector.poll()
    assert (await store.job(ANN)).reason == prefect.waiting
    prefect.waiting = None
    await projector.poll()
    assert (await store.job(ANN)).reason is None


async def test_how_a_process_ended_is_told_by_its_exit_code(store, prefect, projector):
    await begin(store, prefect, ANN)
    prefect.put(ANN, "CRASHED", exit_code=-9, message="whatever Prefect says")
    await projector.poll()
    assert (await store.job(ANN)).reason == Reason(code="killed", params={"signal": 9})


async def test_a_silent_run_long_over_its_time_is_called_crashed(store, prefect, projector, monkeypatch):
    begun = await begin(store, prefect, ANN)
    await store.save_job(begun.model_copy(update={"deadline_at": utc_now() + timedelta(minutes=1)}))
    healthy = UUID(int=2)
    late = await begin(store, prefect, healthy)
    await store.save_job(late.model_copy(update={"deadline_at": utc_now() + timedelta(minutes=9)}))
    looks = Looks(projector)
    await looks.go_on_for(20)
    assert prefect.crashed == []
    now = utc_now()
    monkeypatch.setattr(store, "_clock", lambda: now + timedelta(minutes=4))
    await looks.go_on_for(20)
    assert prefect.crashed == [ANN]


async def test_when_a_row_was_current_is_told_by_the_stores_clock_alone(
    store, prefect, projector, monkeypatch
):
    tomorrow = utc_now() + timedelta(days=1)
    monkeypatch.setattr(store, "_clock", lambda: tomorrow)
    await begin(store, prefect, ANN)
    await projector.poll()
    row = await store.job(ANN)
    assert (row.confirmed_at, projector.confirmed_at(row)) == (tomorrow, tomorrow)
    monkeypatch.setattr(store, "_clock", lambda: tomorrow + timedelta(seconds=4))
    await projector.poll()
    assert await store.job(ANN) == row, "nothing new is to be written"
    assert projector.confirmed_at(row) == tomorrow + timedelta(seconds=4)


async def test_whether_a_run_is_due_is_judged_by_the_stores_clock(store, prefect, projector, monkeypatch):
    prefect.put(ANN, "SCHEDULED", due_at=utc_now() + timedelta(hours=1))
    monkeypatch.setattr(store, "_clock", lambda: utc_now() + timedelta(hours=2))
    await projector.poll()
    assert (await store.job(ANN)).status == "queued"


async def test_a_run_in_a_process_of_its_own_without_a_row_is_nobodys(store, prefect, projector):
    prefect.put(ANN, "RUNNING", has_deployment=False)
    assert await projector.look_up(ANN) is None


async def test_a_run_that_was_just_started_has_its_row_whatever_the_clocks_say(store, prefect, projector):
    prefect.put(ANN, "SCHEDULED", due_at=utc_now() + timedelta(seconds=30))
    assert (await projector.note(await prefect.run(ANN))).status == "queued"


async def test_one_run_that_cannot_be_compared_keeps_no_other_from_it(store, prefect, projector):
    other = UUID(int=2)
    for job_id in (ANN, other):
        prefect.put(job_id, "SCHEDULED")
    history = prefect.history

    async def broken(job_id):
        if job_id == ANN:
            raise RuntimeError("a document that nobody can read")
        return await history(job_id)

    prefect.history = broken
    await projector.poll()
    assert (await store.job(other)).status == "queued"


async def test_an_end_without_a_reason_gets_one_from_the_next_look(store, prefect, projector):
    await begin(store, prefect, ANN)
    crashed = prefect.put(ANN, "CRASHED", exit_code=-9)
    row = await store.job(ANN)
    await store.project(row.model_copy(update={"state": crashed, "is_settled": True}))
    assert (await store.job(ANN)).reason is None
    await projector.poll()
    assert (await store.job(ANN)).reason.code == "killed"


async def test_one_comparison_leaves_no_task_behind(store, prefect, projector):
    await begin(store, prefect, ANN)
    prefect.put(ANN, "CRASHED")
    await projector.catch_up()
    assert (await store.job(ANN)).status == "failed"
    assert not projector._tasks


@pytest.mark.parametrize("kind", ["RUNNING", "FAILED", "COMPLETED", "CANCELLING"])
async def test_watchers_are_never_told_a_state_that_prefect_did_not_commit(store, prefect, projector, kind):
    news = []
    projector.tell(on_news=news.append, on_connection=lambda _: None)
    await begin(store, prefect, ANN)
    await projector.poll()
    before, lines = await store.job(ANN), await kinds(store, ANN)
    news.clear()
    # Prefect's database was full: the event is out, the state is not kept
    ghost = prefect.put(ANN, kind)
    prefect.past[ANN].pop()
    await projector._take(ANN, ghost)
    assert news == []
    assert (await store.job(ANN), await kinds(store, ANN)) == (before, lines)
    # one that Prefect keeps is told, also when a newer one has come since
    prefect.past[ANN].append(ghost)
    prefect.put(ANN, "CRASHED")
    await projector._take(ANN, ghost)
    assert f"state.{kind.lower()}" in await kinds(store, ANN)


async def test_a_row_that_is_ahead_of_what_was_heard_has_the_states_between_in_its_log(
    store, prefect, projector
):
    prefect.put(ANN, "SCHEDULED")
    await projector.poll()
    prefect.put(ANN, "PENDING")
    prefect.put(ANN, "RUNNING")
    # the event of the first state comes late, when Prefect is at the third
    await projector._project(ANN, states=prefect.past[ANN][:1])
    assert (await store.job(ANN)).state.type == "RUNNING"
    assert await kinds(store, ANN) == ["state.scheduled", "state.pending", "state.running"]
    # and so does a run that somebody asked about
    prefect.put(ANN, "PAUSED")
    prefect.put(ANN, "RUNNING")
    await projector.note(await prefect.run(ANN))
    assert (await kinds(store, ANN))[3:] == ["state.paused", "state.running"]
    assert [line.seq for line in await store.log(ANN)] == [1, 2, 3, 4, 5]
