"""The projector: from what Prefect says of runs to job rows, with a Prefect that is played here."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Crashed, Running

from flows.knowledge import Counts, Job, PrefectState, Reason, Word, utc_now
from flows.stores.memory import MemoryStore
from service.errors import PrefectUnavailable
from service.orchestration import projector as module
from service.orchestration.deployments import deploy
from service.orchestration.projector import Projector, catch_up
from service.orchestration.reasons import OVERDUE, SILENT, end_reason
from service.orchestration.runs import Orchestrator
from service.orchestration.types import Run


class PlayedPrefect:
    """Runs and their states, as a test has them."""

    def __init__(self):
        self.past = {}
        self.about = {}
        self.crashed = []
        self.asked = 0
        self.is_away = False
        self.pools = self
        self.waiting = None

    def put(self, job_id, kind, *, after_s=0.0, name=None, message="", **about):
        since = utc_now() + timedelta(seconds=after_s)
        state = PrefectState(id=uuid4(), type=kind, name=name or kind.title(), message=message, since=since)
        self.past.setdefault(job_id, []).append(state)
        self.about[job_id] = {
            "mode": "big",
            "name": "a run",
            "due_at": since,
            **self.about.get(job_id, {}),
            **about,
        }
        return state

    def _run(self, job_id):
        about = {"has_deployment": True, **self.about[job_id]}
        return Run(job_id=job_id, state=self.past[job_id][-1], **about)

    def _ask(self):
        self.asked += 1
        if self.is_away:
            raise PrefectUnavailable("Prefect does not answer")

    async def run(self, job_id):
        self._ask()
        return self._run(job_id) if job_id in self.past else None

    async def runs(self, *, statuses=(), until, since=None, limit, mode=None):
        self._ask()
        found = [self._run(job_id) for job_id in self.past]
        return [
            run
            for run in found
            if (not statuses or run.state.status in statuses)
            and run.due_at <= until
            and (since is None or run.due_at >= since)
        ][:limit]

    async def runs_by_id(self, job_ids):
        self._ask()
        return [self._run(job_id) for job_id in job_ids if job_id in self.past]

    async def history(self, job_id):
        self._ask()
        return self.past[job_id]

    async def call_crashed(self, job_id, why):
        self.crashed.append(job_id)

    async def why_waiting(self, run):
        return self.waiting

    def forget(self):
        pass


@pytest.fixture
async def store():
    async with MemoryStore() as opened:
        yield opened


@pytest.fixture
def prefect():
    return PlayedPrefect()


@pytest.fixture
def projector(store, prefect, monkeypatch):
    monkeypatch.setattr(module, "SETTLE", timedelta(0))
    return Projector(store, prefect)


async def kinds(store, job_id):
    return [line.kind for line in await store.log(job_id)]


async def begin(store, prefect, job_id, **changes):
    state = prefect.put(job_id, "RUNNING")
    return await store.begin_attempt(
        Job(job_id=job_id, mode="big", created_at=utc_now(), running_since=state.since, **changes)
    )


async def until(condition, within_s=5):
    async with asyncio.timeout(within_s):
        while not await condition():
            await asyncio.sleep(0.01)


ANN = UUID(int=1)


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
    async with asyncio.timeout(5):
        async with projector:
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


async def test_a_run_long_over_its_time_is_called_crashed(store, prefect, projector, monkeypatch):
    begun = await begin(store, prefect, ANN)
    await store.save_job(begun.model_copy(update={"deadline_at": utc_now() + timedelta(minutes=1)}))
    healthy = UUID(int=2)
    late = await begin(store, prefect, healthy)
    await store.save_job(late.model_copy(update={"deadline_at": utc_now() + timedelta(minutes=9)}))
    await projector.poll()
    await projector.poll()
    assert prefect.crashed == []
    now = utc_now()
    monkeypatch.setattr(module, "utc_now", lambda: now + timedelta(minutes=4))
    await projector.poll()
    assert prefect.crashed == [ANN]


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
    assert end_reason(state, exit_code) == reason


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
    monkeypatch.setattr(module, "SETTLE", timedelta(0))
    assert await catch_up(store, within_s=10)
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
