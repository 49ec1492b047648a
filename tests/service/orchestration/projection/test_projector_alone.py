"""The projector without Prefect, beside another one, and on a real Prefect."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Crashed, Running

from flows.core.ending import OVERDUE, SILENT, reason_of_end
from flows.errors import ConfigurationError, StoreFull, StoreUnavailable
from flows.knowledge import Job, PrefectState, Reason, Word, utc_now
from flows.stores import settling
from service.errors import PrefectUnavailable
from service.orchestration.projection.projector import Projector, catch_up
from service.orchestration.runs import Orchestrator
from service.stack.environment import adopted
from tests.service.deploying import deploy
from tests.service.orchestration.projection.projector_parts import ANN, Looks, begin, kinds, until


async def test_while_prefect_is_away_rows_stay_and_say_how_old_they_are(store, prefect, projector):
    prefect.put(ANN, "SCHEDULED")
    async with projector:

        async def has_row():
            return await store.job(ANN) is not None

        await until(has_row)
        await asyncio.sleep(0.05)
        assert projector.is_in_contact
        row = await store.job(ANN)
        at = projector.confirmed_at(row)
        prefect.is_away = True
        projector._poll_now.set()

        async def is_away():
            return not projector.is_in_contact

        await until(is_away)
        assert projector.confirmed_at(row) == at
        assert await store.job(ANN) == row


async def test_two_projectors_write_the_same_and_tell_it_once(store, prefect):
    one, two = Projector(store, prefect), Projector(store, prefect)
    for kind in ("SCHEDULED", "PENDING", "RUNNING", "CRASHED"):
        prefect.put(ANN, kind)
        await asyncio.gather(one.poll(), two.poll())
    assert await kinds(store, ANN) == ["state.scheduled", "state.pending", "state.running", "state.crashed"]
    assert (await store.job(ANN)).status == "failed"


@pytest.mark.parametrize(("silent_s", "status"), [(30, "cancelling"), (90, "cancelled")])
async def test_a_run_that_dies_before_it_is_cancelled_is_cancelled_all_the_same(
    store, prefect, silent_s, status
):
    since = prefect.put(ANN, "RUNNING", after_s=-300).since
    row = await store.begin_attempt(Job(job_id=ANN, mode="big", created_at=since, running_since=since))
    await store.save_job(row.model_copy(update={"updated_at": utc_now() - timedelta(seconds=silent_s)}))
    prefect.put(ANN, "CANCELLING", after_s=-silent_s)
    await Looks(Projector(store, prefect)).go_on_for(silent_s)
    assert (await store.job(ANN)).status == status


@pytest.mark.parametrize(
    ("late_s", "silent_s", "status", "reason"),
    [(60, 30, "running", None), (120, 10, "running", None), (120, 20, "failed", "overdue")],
)
async def test_a_run_far_past_its_deadline_and_silent_has_died(  # noqa: PLR0917
    store, prefect, late_s, silent_s, status, reason
):
    state = prefect.put(ANN, "RUNNING", after_s=-late_s)
    due = utc_now() - timedelta(seconds=late_s)
    await store.begin_attempt(
        Job(job_id=ANN, mode="big", created_at=due, deadline_at=due, running_since=state.since)
    )
    await Looks(Projector(store, prefect)).go_on_for(silent_s)
    row = await store.job(ANN)
    assert (row.status, row.reason.code if row.reason else None) == (status, reason)


@pytest.mark.parametrize(
    ("kind", "name", "exit_code", "reason"),
    [
        ("CRASHED", "Crashed", -9, Reason(code="killed", params={"signal": 9})),
        ("CRASHED", "Crashed", 137, Reason(code="killed", params={"signal": 9})),
        ("CRASHED", "Crashed", 1, Reason(code="exited", params={"exit_code": 1})),
        ("CRASHED", "Crashed", 0, Reason(code="exited", params={"exit_code": 0})),
        ("CRASHED", "Crashed", 255, Reason(code="exited", params={"exit_code": 255})),
        ("CRASHED", "Crashed", None, Reason(code="prefect", params={"state": "Crashed", "message": "m"})),
        ("FAILED", "Failed", None, Reason(code="prefect", params={"state": "Failed", "message": "m"})),
        ("FAILED", "TimedOut", None, Reason(code="timed_out")),
        ("CRASHED", OVERDUE, None, Reason(code="overdue")),
        ("CRASHED", SILENT, None, Reason(code="vanished")),
        ("CANCELLED", "Cancelled", -15, None),
        ("COMPLETED", "Completed", 0, None),
    ],
)
def test_reasons_are_codes_with_parameters(kind, name, exit_code, reason):
    state = PrefectState(type=kind, name=name, message="m", since=utc_now())
    assert reason_of_end(state, exit_code) == reason


@asynccontextmanager
async def real(store):
    async with Orchestrator() as orchestrator, Projector(store, orchestrator) as projector:
        yield orchestrator, projector


@pytest.mark.prefect
async def test_a_real_prefect_is_projected_by_its_events(prefect_api, stand_ins, store):
    await deploy(stand_ins)
    async with real(store) as (orchestrator, _), get_client() as client:
        job_id = (await orchestrator.start("big", {"minutes": 2})).job_id

        async def is_queued():
            row = await store.job(job_id)
            return row is not None and row.status == "queued"

        await until(is_queued, within_s=10)
        await client.set_flow_run_state(job_id, Running(), force=True)
        state = (await client.read_flow_run(job_id)).state

        async def is_running():
            return (await store.job(job_id)).state.type == "RUNNING"

        await until(is_running, within_s=10)
        row = await store.job(job_id)
        # by the same clock, to the microsecond, as a process that runs under this state reads it
        assert row.state.since == PrefectState.plain(state.timestamp)
        assert row.parameters["minutes"] == 2
        await client.set_flow_run_state(job_id, Crashed(message="gone"), force=True)

        async def has_failed():
            return (await store.job(job_id)).status == "failed"

        await until(has_failed, within_s=10)
    assert [k for k in await kinds(store, job_id) if k != "state.pending"] == [
        "state.scheduled",
        "state.running",
        "state.crashed",
    ]


@pytest.mark.prefect
async def test_one_comparison_without_a_server_of_ours_brings_rows_up_to_date_and_makes_none(
    prefect_api, stand_ins, store, monkeypatch
):
    await deploy(stand_ins)
    async with Orchestrator() as orchestrator:
        died, other = [(await orchestrator.start("quick", {})).job_id for _ in range(2)]
    await store.begin_attempt(Job(job_id=died, mode="quick", created_at=utc_now()))
    async with get_client() as client:
        for state in (Running(), Crashed(message="gone")):
            await client.set_flow_run_state(died, state, force=True)
    monkeypatch.setattr(settling, "SETTLE", timedelta(0))
    await catch_up(store, within_s=10)
    row = await store.job(died)
    assert (row.status, row.is_settled) == ("failed", True)
    assert await store.job(other) is None


async def test_a_run_in_a_process_of_its_own_writes_its_row_itself(store, prefect, projector):
    prefect.put(ANN, "RUNNING", has_deployment=False)
    await projector.poll()
    assert await store.job(ANN) is None
    begun = await begin(store, prefect, ANN)
    prefect.put(ANN, "CRASHED")
    await projector.poll()
    assert (await store.job(begun.job_id)).status == "failed"


async def test_claims_of_a_job_that_ended_badly_are_released_though_prefect_said_nothing(
    store, projector, monkeypatch
):
    begun = await store.begin_attempt(Job(job_id=ANN, mode="big", created_at=utc_now()))
    until_then = utc_now() + timedelta(minutes=5)
    await store.claim([Word(text="moss", key="moss")], job_id=ANN, attempt=begun.attempt, until=until_then)
    ended = {"run_status": "failed", "end_reason": "failed", "finished_at": utc_now(), "is_settled": False}
    await store.save_job(begun.model_copy(update=ended))
    assert (await store.job(ANN)).state is None
    monkeypatch.setattr(settling, "SETTLE", timedelta(0))
    await projector.catch_up()
    assert await store.claims(ANN) == ()


async def crashed_with_a_claim(store, prefect):
    begun = await begin(store, prefect, ANN)
    until_then = utc_now() + timedelta(minutes=5)
    await store.claim([Word(text="moss", key="moss")], job_id=ANN, attempt=begun.attempt, until=until_then)
    prefect.put(ANN, "CRASHED")


REFUSALS = [StoreFull("no room"), StoreUnavailable("locked"), ConfigurationError("not writable")]


@pytest.mark.parametrize("error", REFUSALS)
async def test_a_store_that_refuses_when_a_job_ends_settles_it_later(
    store, prefect, projector, monkeypatch, error
):
    await crashed_with_a_claim(store, prefect)
    release, tries = store.release_all, []

    async def refused_twice(job_id):
        tries.append(job_id)
        if len(tries) <= 2:
            raise error
        await release(job_id)

    monkeypatch.setattr(store, "release_all", refused_twice)
    monkeypatch.setattr(settling, "LOOK_S", 0.02)
    async with projector:

        async def is_settled():
            row = await store.job(ANN)
            return row.is_final and row.is_settled

        await until(is_settled)
        assert projector.is_in_contact, "the poll is none the worse"
    assert await store.claims(ANN) == ()


@pytest.mark.parametrize("error", REFUSALS)
async def test_one_comparison_says_what_the_store_refused(store, prefect, projector, monkeypatch, error):
    await crashed_with_a_claim(store, prefect)

    async def refused(job_id):
        raise error

    monkeypatch.setattr(store, "release_all", refused)
    with pytest.raises(type(error)):
        await projector.catch_up()
    row = await store.job(ANN)
    assert (row.status, row.is_settled) == ("failed", False)


async def never(*_):
    await asyncio.Event().wait()


async def unsettled_beside_an_open_job(store, prefect, projector):
    await crashed_with_a_claim(store, prefect)
    await projector.poll()
    await begin(store, prefect, UUID(int=2))


async def test_a_comparison_that_is_cancelled_ends_at_once(store, prefect, projector, monkeypatch):
    await unsettled_beside_an_open_job(store, prefect, projector)
    monkeypatch.setattr(prefect, "runs_by_id", never)
    monkeypatch.setattr(store, "release_all", never)
    task = asyncio.create_task(projector.catch_up())
    await asyncio.sleep(0.05)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=2)
    assert [each.cancelled() for each in done] == [True]


async def test_comparing_and_settling_share_one_deadline(store, prefect, projector, monkeypatch, free_port):
    await unsettled_beside_an_open_job(store, prefect, projector)
    monkeypatch.setattr(store, "release_all", never)
    silent = socket.create_server(("127.0.0.1", free_port))
    with silent, adopted({"PREFECT_API_URL": f"http://127.0.0.1:{free_port}/api"}):
        async with asyncio.timeout(3):
            with pytest.raises(PrefectUnavailable):
                await catch_up(store, within_s=0.5)


async def test_jobs_are_settled_though_prefect_is_away(store, prefect, projector):
    await crashed_with_a_claim(store, prefect)
    await projector.poll()
    prefect.is_away = True
    await begin(store, prefect, UUID(int=2))
    with pytest.raises(PrefectUnavailable):
        await projector.catch_up()
    assert (await store.job(ANN)).is_settled
    assert await store.claims(ANN) == ()
