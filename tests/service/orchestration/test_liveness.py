"""Runs whose process, or whose worker, is gone; and healthy ones that only seem so."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from uuid import uuid4

import pytest

from flows.knowledge import Job, ProcessMark, Word, utc_now
from flows.own_machine import lives, machine, process_of
from service.orchestration import liveness
from service.orchestration.liveness import PENDING_S, STARTING_S, TAKES, Silence
from service.orchestration.projection.projector import Projector
from service.orchestration.types import Taken, taken_labels, taken_of
from service.wording import reason_line
from tests.service.orchestration.projection.projector_parts import ANN, Looks, begin, until

ALIVE, DEAD, ELSEWHERE = [
    ProcessMark(machine="here" if pid < 3 else "there", pid=pid, started="1") for pid in (1, 2, 3)
]
KNOWN = {1: True, 2: False, 3: None}


@pytest.fixture
def projector(store, prefect, projector):
    projector._repair.is_alive = lambda mark: KNOWN[mark.pid]
    return projector


@pytest.fixture
def looks(projector):
    return Looks(projector)


def pending(prefect, *, worker=None, process=None, is_ours=True, **about):
    """A run that a worker has taken."""
    queued = prefect.put(ANN, "SCHEDULED", **about)
    taken = Taken(after=queued.id, worker=worker, process=process) if is_ours else None
    return prefect.put(ANN, "PENDING", taken=taken)


async def seen(store):
    row = await store.job(ANN)
    return row.status, row.state.type, row.state.name


@pytest.mark.parametrize(
    ("taken", "after_s", "is_taken_back"),
    [
        ({"worker": DEAD}, 0, True),
        ({"worker": DEAD, "process": DEAD}, 0, True),
        # the worker is being replaced, and its run goes on
        ({"worker": DEAD, "process": ALIVE}, PENDING_S + 10, False),
        ({"worker": DEAD, "process": ALIVE}, STARTING_S + 10, True),
        # it has lost the run, as when Prefect was away in that second
        ({"worker": ALIVE}, PENDING_S - 10, False),
        ({"worker": ALIVE}, PENDING_S + 10, True),
        ({"worker": ALIVE, "process": ALIVE}, STARTING_S - 10, False),
        ({"worker": ELSEWHERE}, PENDING_S - 10, False),
        ({"worker": ELSEWHERE}, PENDING_S + 10, True),
        ({"worker": ELSEWHERE, "process": ELSEWHERE}, PENDING_S + 10, True),
        # Prefect's own worker says nothing of itself
        ({"is_ours": False}, PENDING_S - 10, False),
        ({"is_ours": False}, PENDING_S + 10, True),
    ],
)
async def test_a_run_that_a_worker_took_and_never_began_goes_back_into_the_queue(  # noqa: PLR0917
    store, prefect, looks, taken, after_s, is_taken_back
):
    pending(prefect, **taken)
    await looks.go_on_for(after_s)
    kind, name = ("SCHEDULED", "TakenBack") if is_taken_back else ("PENDING", "Pending")
    assert await seen(store) == ("queued", kind, name)


async def test_a_run_that_no_worker_ever_begins_ends_and_says_why(store, prefect, looks):
    for _ in range(TAKES + 1):
        pending(prefect, worker=DEAD)
        await looks.go_on_for(0)
    row = await store.job(ANN)
    assert (row.status, row.reason.code) == ("failed", "never_began")
    assert "worker" in reason_line(row.reason)


async def test_a_run_that_is_taken_again_is_not_judged_by_its_former_worker(store, prefect, looks):
    pending(prefect, worker=DEAD)
    await looks.go_on_for(0)
    # the label of the new worker is on its way
    prefect.put(ANN, "PENDING")
    await looks.go_on_for(PENDING_S - 10)
    assert await seen(store) == ("queued", "PENDING", "Pending")


@pytest.mark.parametrize("worker", [DEAD, None])
async def test_a_run_that_is_cancelled_before_it_began_ends(store, prefect, looks, worker):
    pending(prefect, worker=worker)
    prefect.put(ANN, "CANCELLING")
    await looks.go_on_for(0 if worker is DEAD else liveness.LOST_S + 5)
    assert (await store.job(ANN)).status == "cancelled"


async def test_a_killed_process_that_nobody_watched_is_seen_within_two_seconds(store, prefect):
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(60)")
    mark = ProcessMark(**process_of(process.pid)._asdict())
    prefect.put(ANN, "RUNNING", has_deployment=False)
    await begin(store, prefect, ANN, process=mark)
    async with Projector(store, prefect) as projector:

        async def is_known():
            return ANN in projector._repair._marks

        async def has_failed():
            return (await store.job(ANN)).status == "failed"

        await until(is_known)
        await asyncio.sleep(1.2)
        assert not await has_failed()
        process.kill()
        await until(has_failed, within_s=2.5)
        row = await store.job(ANN)
    assert (row.state.type, row.reason.code) == ("CRASHED", "gone")


async def test_one_comparison_without_a_server_finds_a_run_whose_process_was_killed(
    store, prefect, projector
):
    prefect.put(ANN, "RUNNING", has_deployment=False)
    begun = await begin(store, prefect, ANN, process=DEAD, deadline_at=utc_now() + timedelta(minutes=9))
    claimed = [Word(text="moss", key="moss")]
    until_then = utc_now() + timedelta(hours=1)
    await store.claim(claimed, job_id=ANN, attempt=begun.attempt, until=until_then)
    await projector.catch_up()
    row = await store.job(ANN)
    assert (row.status, row.reason.code, row.is_settled) == ("failed", "gone", True)
    assert await store.claims(ANN) == ()


@pytest.mark.parametrize(("worker", "status"), [(DEAD, "failed"), (ALIVE, "running")])
async def test_a_living_worker_has_a_moment_to_say_how_its_run_died(store, prefect, looks, worker, status):
    pending(prefect, worker=worker, process=DEAD)
    await begin(store, prefect, ANN, process=DEAD)
    await looks.go_on_for(0)
    assert (await store.job(ANN)).status == status


@pytest.mark.parametrize("jump", [timedelta(minutes=10), timedelta(hours=1), timedelta(hours=-1)])
@pytest.mark.parametrize("process", [ALIVE, ELSEWHERE, None])
async def test_a_clock_that_jumps_ends_no_healthy_job(  # noqa: PLR0917
    store, prefect, looks, monkeypatch, jump, process
):
    begun = await begin(store, prefect, ANN, process=process, deadline_at=utc_now() + timedelta(minutes=5))
    await looks.go_on_for(10)
    monkeypatch.setattr(store, "_clock", lambda: utc_now() + jump)
    for second in range(10):
        # at work it writes its row, by whatever clock
        written = begun.model_copy(update={"updated_at": utc_now() + jump + timedelta(seconds=5 * second)})
        await store.save_job(written)
        await looks.go_on_for(10)
    assert (await store.job(ANN)).status == "running"
    assert prefect.crashed == []


async def test_a_run_of_another_machine_that_gives_no_sign_has_died(store, prefect, projector, looks):
    await begin(store, prefect, ANN, process=ELSEWHERE, deadline_at=utc_now() + timedelta(minutes=5))
    await looks.go_on_for(liveness.SILENT_S - 10)
    projector._repair.silence.heard(ANN)
    await looks.go_on_for(liveness.SILENT_S - 10)
    assert (await store.job(ANN)).status == "running"
    await looks.go_on_for(20)
    assert (await store.job(ANN)).reason.code == "vanished"


def test_who_did_not_look_for_an_hour_has_heard_no_hour_of_silence():
    now_s = 0.0
    silence = Silence(clock=lambda: now_s)
    silence.look(ANN, "a sign")
    now_s = 3600.0
    assert silence.look(ANN, "a sign") <= liveness.MOST_BETWEEN_LOOKS_S
    assert silence.look(ANN, "another") == 0


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("failed", "COMPLETED"),
        ("completed", "CRASHED"),
        ("completed", "FAILED"),
        ("completed", "CANCELLED"),
        ("cancelled", "CRASHED"),
        ("failed", "CANCELLED"),
    ],
)
async def test_prefect_is_told_how_a_run_ended_whose_process_said_otherwise(
    store, prefect, looks, said, kind
):
    begun = await begin(store, prefect, ANN)
    await looks.go_on_for(0)
    ended = {"status": said, "run_status": said, "end_reason": "failed", "finished_at": utc_now()}
    await store.save_job(begun.model_copy(update=ended))
    prefect.put(ANN, kind)
    await looks._projector._take(ANN, prefect.past[ANN][-1])
    assert prefect.past[ANN][-1].type == said.upper()
    await looks.go_on_for(0)
    assert (await store.job(ANN)).status == said


async def test_an_end_that_prefect_missed_is_told_when_the_process_is_gone(store, prefect, looks):
    begun = await begin(store, prefect, ANN, process=DEAD)
    ended = {"status": "completed", "run_status": "completed", "finished_at": utc_now()}
    await store.save_job(begun.model_copy(update=ended))
    prefect.about[ANN]["has_deployment"] = False
    await looks.go_on_for(0)
    assert prefect.past[ANN][-1].type == "COMPLETED"


def test_a_process_is_told_from_one_that_has_its_number_now():
    mark = process_of()
    assert mark.pid == os.getpid()
    assert lives(*mark) is True
    assert lives(mark.machine, mark.pid, f"{mark.started}0") is False
    assert lives("another machine", mark.pid, mark.started) is None
    assert mark.machine == machine()


def test_who_took_a_run_can_be_read_from_its_labels():
    taken = Taken(after=uuid4(), worker=ALIVE, process=None)
    assert taken_of({"some": 1, **taken_labels(taken)}) == taken
    assert taken_of({"learning.taken": "{"}) is None
    assert taken_of({}) is None


def test_a_row_from_before_processes_were_recorded_is_read():
    row = Job(job_id=ANN, mode="big", created_at=utc_now())
    assert Job.model_validate(row.model_dump(exclude={"process"})).process is None
