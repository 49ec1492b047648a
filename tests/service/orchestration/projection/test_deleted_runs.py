"""Open jobs whose run Prefect no longer knows, as after it was deleted there: each ends, and says why."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.states import Running

from flows.errors import StoreFull
from flows.knowledge import Job, Word, utc_now
from flows.stores import settling
from service.errors import PrefectUnavailable
from service.orchestration import client as client_module
from service.orchestration.liveness import PENDING_S, SILENT_S
from service.orchestration.projection.projector import Projector
from service.orchestration.runs import Orchestrator
from service.wording import reason_line
from tests.service.deploying import deploy
from tests.service.orchestration.projection.projector_parts import (
    ALIVE,
    ANN,
    DEAD,
    ELSEWHERE,
    KNOWN,
    Looks,
    begin,
    kinds,
    until,
)


@pytest.fixture
def projector(projector):
    projector._repair.is_alive = lambda mark: KNOWN[mark.pid]
    return projector


@pytest.fixture
def looks(projector):
    return Looks(projector)


@pytest.mark.parametrize(
    ("process", "silent_s", "is_over"),
    [
        (DEAD, 0, True),
        # it writes its own end
        (ALIVE, SILENT_S + 100, False),
        (ELSEWHERE, SILENT_S - 10, False),
        (ELSEWHERE, SILENT_S + 5, True),
        # a row from before processes were recorded
        (None, SILENT_S - 10, False),
        (None, SILENT_S + 5, True),
    ],
)
async def test_a_job_at_work_ends_once_nobody_works_on_it(  # noqa: PLR0917
    store, prefect, looks, process, silent_s, is_over
):
    begun = await begin(store, prefect, ANN, process=process)
    await looks.go_on_for(0)
    prefect.delete(ANN)
    await looks.go_on_for(silent_s)
    row = await store.job(ANN)
    assert row.status == ("failed" if is_over else "running")
    if is_over:
        assert (row.reason.code, row.end_reason, row.is_settled) == ("run_deleted", "failed", False)
        assert row.finished_at > begun.running_since
        assert "new job" in reason_line(row.reason)


async def test_a_job_that_never_began_has_a_moment_and_then_ends(store, prefect, looks):
    prefect.put(ANN, "SCHEDULED")
    await looks.go_on_for(0)
    prefect.delete(ANN)
    await looks.go_on_for(PENDING_S - 10)
    assert (await store.job(ANN)).status == "queued"
    await looks.go_on_for(15)
    assert (await store.job(ANN)).reason.code == "run_deleted"
    assert await kinds(store, ANN) == ["state.scheduled", "state.crashed"]


@pytest.mark.parametrize(
    ("process", "silent_s", "is_over"),
    [
        # of the earlier attempt
        (DEAD, PENDING_S - 10, False),
        (DEAD, PENDING_S + 5, True),
        (ELSEWHERE, PENDING_S + 5, True),
        (None, PENDING_S + 5, True),
        # it may wait for Prefect to begin again
        (ALIVE, PENDING_S + 100, False),
    ],
)
async def test_a_job_that_was_retried_and_waits_has_a_moment(  # noqa: PLR0917
    store, prefect, projector, looks, process, silent_s, is_over
):
    await begin(store, prefect, ANN, process=process)
    prefect.put(ANN, "CRASHED")
    await looks.go_on_for(0)
    prefect.put(ANN, "SCHEDULED", name="AwaitingRetry")
    await looks.go_on_for(0)
    assert (await store.job(ANN)).status == "queued"
    prefect.delete(ANN)
    await looks.go_on_for(silent_s)
    asked = prefect.asked
    await projector._repair.look_at_processes()
    assert prefect.asked == asked, "nobody looks at the earlier attempt's process"
    assert (await store.job(ANN)).status == ("failed" if is_over else "queued")


async def test_a_row_that_is_older_than_its_run_is_left_alone(store, prefect, looks):
    await store.project(Job(job_id=ANN, mode="big", created_at=utc_now()))
    await looks.go_on_for(PENDING_S - 10)
    prefect.put(ANN, "SCHEDULED")
    await looks.go_on_for(PENDING_S + 10)
    row = await store.job(ANN)
    assert (row.status, row.state.type) == ("queued", "SCHEDULED")


async def test_signs_of_life_keep_a_job_on_another_machine(store, prefect, looks):
    begun = await begin(store, prefect, ANN, process=ELSEWHERE)
    prefect.delete(ANN)
    for second in range(0, 300, 50):
        await store.save_job(begun.model_copy(update={"updated_at": utc_now() + timedelta(seconds=second)}))
        await looks.go_on_for(50)
    assert (await store.job(ANN)).status == "running"


async def test_a_job_that_was_being_cancelled_is_cancelled(store, prefect, looks):
    await begin(store, prefect, ANN, process=DEAD)
    prefect.put(ANN, "CANCELLING")
    row = await store.job(ANN)
    await store.project(row.model_copy(update={"state": prefect.past[ANN][-1]}))
    prefect.delete(ANN)
    await looks.go_on_for(0)
    row = await store.job(ANN)
    assert (row.status, row.end_reason, row.reason.code) == ("cancelled", "stopped", "run_deleted")


async def test_its_end_by_its_own_process_stands(store, prefect, looks):
    begun = await begin(store, prefect, ANN, process=DEAD)
    prefect.delete(ANN)
    job = store.job

    async def ended(job_id):
        """As if the process reported its end between the look and the write."""
        told = {"run_status": "completed", "end_reason": "all done", "finished_at": utc_now()}
        await store.save_job(begun.model_copy(update=told))
        return await job(job_id)

    store.job = ended
    await looks.go_on_for(0)
    row = await job(ANN)
    assert (row.status, row.end_reason, row.reason) == ("completed", "all done", None)


async def test_an_attempt_that_begins_between_the_look_and_the_write_is_left_alone(
    store, prefect, projector, looks
):
    begun = await begin(store, prefect, ANN, process=DEAD)
    prefect.delete(ANN)
    knows = prefect.knows

    async def begins(job_id):
        await store.begin_attempt(begun.model_copy(update={"process": ALIVE}))
        return await knows(job_id)

    prefect.knows = begins
    await looks.go_on_for(0)
    row = await store.job(ANN)
    assert (row.status, row.attempt, row.updated_at) == ("running", 2, begun.updated_at)


async def test_its_claims_are_released_and_two_servers_say_it_once(store, prefect, monkeypatch):
    monkeypatch.setattr(settling, "SETTLE", timedelta(0))
    begun = await begin(store, prefect, ANN, process=DEAD)
    until_then = utc_now() + timedelta(hours=1)
    await store.claim([Word(text="moss", key="moss")], job_id=ANN, attempt=begun.attempt, until=until_then)
    prefect.delete(ANN)
    one, two = Projector(store, prefect), Projector(store, prefect)
    for each in (one, two):
        each._repair.is_alive = lambda mark: KNOWN[mark.pid]
    await asyncio.gather(one.poll(), two.poll())
    await one.catch_up()
    row = await store.job(ANN)
    assert (row.status, row.is_settled) == ("failed", True)
    assert await store.claims(ANN) == ()
    assert await kinds(store, ANN) == ["state.crashed"]


async def test_a_process_that_dies_after_its_run_was_deleted_is_seen_soon(store, prefect, projector):
    await begin(store, prefect, ANN, process=ALIVE)
    prefect.delete(ANN)
    await projector.poll()
    assert (await store.job(ANN)).status == "running"
    projector._repair.is_alive = lambda _: False
    await projector._repair.look_at_processes()
    assert (await store.job(ANN)).reason.code == "run_deleted"


async def test_a_run_that_is_there_again_goes_on(store, prefect, looks):
    """As with PREFECT_API_URL set to another server for a while."""
    prefect.put(ANN, "SCHEDULED")
    await looks.go_on_for(0)
    kept = prefect.past[ANN]
    prefect.delete(ANN)
    await looks.go_on_for(PENDING_S + 10)
    assert (await store.job(ANN)).status == "failed"
    prefect.past[ANN] = kept
    await looks.go_on_for(0)
    row = await store.job(ANN)
    assert (row.status, row.reason, row.finished_at) == ("queued", None, None)


async def test_while_prefect_is_away_nothing_ends(store, prefect, looks):
    await begin(store, prefect, ANN, process=DEAD)
    prefect.delete(ANN)

    async def is_away(_):
        raise PrefectUnavailable("Prefect does not answer")

    prefect.knows = is_away
    with pytest.raises(PrefectUnavailable):
        await looks.go_on_for(0)
    assert (await store.job(ANN)).status == "running"
    del prefect.knows
    await looks.go_on_for(0)
    assert (await store.job(ANN)).status == "failed"


async def test_a_full_store_keeps_no_other_job_from_being_compared(
    store, prefect, looks, monkeypatch, caplog
):
    other = UUID(int=2)
    await begin(store, prefect, ANN, process=DEAD)
    await begin(store, prefect, other, process=DEAD)
    prefect.delete(ANN)
    prefect.delete(other)
    project = store.project

    async def full(seen, lines=()):
        if seen.job_id == ANN:
            raise StoreFull("no room")
        return await project(seen, lines)

    monkeypatch.setattr(store, "project", full)
    with pytest.raises(StoreFull), caplog.at_level(logging.ERROR):
        await looks.go_on_for(0)
    assert (await store.job(other)).status == "failed"
    assert not any(record.exc_info for record in caplog.records)


def refuse(code):
    """An API that answers every request so."""
    return {"transport": httpx.MockTransport(lambda _: httpx.Response(code, text="no such page"))}


@pytest.mark.parametrize("code", [404, 500, 503])
async def test_a_proxy_whose_prefect_is_away_is_not_believed(monkeypatch, code):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    connection = client_module._connection
    monkeypatch.setattr(client_module, "_connection", lambda *given: connection(*given) | refuse(code))
    monkeypatch.setattr(client_module, "BUSY_WAITS_S", [0.0 for _ in client_module.BUSY_WAITS_S])
    async with Orchestrator() as orchestrator:
        with pytest.raises(PrefectUnavailable):
            await orchestrator.knows(ANN)


@pytest.mark.prefect
async def test_a_real_prefect_says_which_runs_it_knows(prefect_api, stand_ins, store):
    await deploy(stand_ins)
    async with Orchestrator() as orchestrator, get_client() as client:
        job_id = (await orchestrator.start("quick", {})).job_id
        assert await orchestrator.knows(job_id)
        assert not await orchestrator.knows(uuid4())
        await client.set_flow_run_state(job_id, Running(), force=True)
        await store.begin_attempt(Job(job_id=job_id, mode="quick", created_at=utc_now(), process=ALIVE))
        async with Projector(store, orchestrator) as projector:
            projector._repair.is_alive = lambda mark: KNOWN[mark.pid]

            async def has_state():
                return (await store.job(job_id)).state is not None

            async def is_over():
                row = await store.job(job_id)
                return row.is_final and row.reason is not None and row.is_settled

            await until(has_state, within_s=10)
            await client.delete_flow_run(job_id)
            projector._repair.is_alive = lambda _: False
            await until(is_over, within_s=20)
    assert (await store.job(job_id)).reason.code == "run_deleted"
