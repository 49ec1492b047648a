"""Runs whose process lives and does nothing, and runs that are paused: none is open for ever."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from uuid import UUID

import pytest

from flows.errors import StoreUnavailable
from flows.knowledge import ProcessMark
from flows.own_machine import kill, process_of
from service.orchestration.liveness import ABANDONED_S, SUSPENDED
from service.orchestration.projection.projector import Projector
from service.orchestration.types import Taken
from tests.service.orchestration.projection.projector_parts import ANN, Looks, begin

ALIVE, DEAD, ELSEWHERE = [
    ProcessMark(machine="here" if pid < 3 else "there", pid=pid, started="1") for pid in (1, 2, 3)
]
KNOWN = {1: True, 2: False, 3: None}


@pytest.fixture
def killed():
    return []


@pytest.fixture
def looks(store, prefect, killed):
    projector = Projector(store, prefect)
    projector._repair.is_alive = lambda mark: KNOWN[mark.pid] and mark not in killed
    projector._repair.kill = killed.append
    return Looks(projector)


async def taken(store, prefect, process):
    """A run at work whose worker is gone."""
    queued = prefect.put(ANN, "SCHEDULED")
    prefect.about[ANN]["taken"] = Taken(after=queued.id, worker=DEAD, process=process)
    return await begin(store, prefect, ANN, process=process)


@pytest.mark.parametrize(
    ("process", "has_deployment", "after_s", "is_killed"),
    [
        (ALIVE, True, ABANDONED_S - 10, False),
        (ALIVE, True, ABANDONED_S + 5, True),
        # that of `learn run` or a notebook is somebody's own
        (ALIVE, False, ABANDONED_S + 100, False),
        # another machine's number means another process here
        (ELSEWHERE, True, ABANDONED_S + 100, False),
        (DEAD, True, ABANDONED_S + 100, False),
    ],
)
async def test_a_process_that_does_not_end_when_it_is_cancelled_is_killed(  # noqa: PLR0917
    store, prefect, looks, killed, process, has_deployment, after_s, is_killed
):
    await taken(store, prefect, process)
    prefect.about[ANN]["has_deployment"] = has_deployment
    prefect.put(ANN, "CANCELLING")
    await looks.go_on_for(after_s)
    assert killed == ([ALIVE] if is_killed else [])
    await looks.go_on_for(5)
    ends = is_killed or process is not ALIVE
    assert (await store.job(ANN)).status == ("cancelled" if ends else "cancelling")


async def test_one_that_holds_the_store_is_killed_though_no_row_can_be_written(
    store, prefect, looks, killed, monkeypatch
):
    other = UUID(int=0)
    prefect.put(other, "SCHEDULED")
    await taken(store, prefect, ALIVE)
    await looks.go_on_for(0)
    write = store.project

    async def held(*given):
        if not killed:
            raise StoreUnavailable("another process holds knowledge.db")
        return await write(*given)

    monkeypatch.setattr(store, "project", held)
    prefect.put(other, "PENDING")
    prefect.put(ANN, "CANCELLING")
    for _ in range(round(ABANDONED_S / 5) + 2):
        with suppress(StoreUnavailable):
            await looks.go_on_for(0)
        looks._now_s += 5
    assert killed == [ALIVE]
    await looks.go_on_for(5)
    assert (await store.job(ANN)).status == "cancelled"
    assert (await store.job(other)).state.type == "PENDING"


async def test_one_that_still_gives_signs_is_left_to_end_by_itself(store, prefect, looks, killed):
    await taken(store, prefect, ALIVE)
    prefect.put(ANN, "CANCELLING")
    for _ in range(5):
        await looks.go_on_for(ABANDONED_S / 2)
        looks._projector._repair.silence.heard(ANN)
    assert killed == []


@pytest.mark.parametrize(
    ("name", "process", "status"),
    [
        ("Paused", DEAD, "failed"),
        ("Paused", ALIVE, "running"),
        # it needs no process until somebody resumes it
        (SUSPENDED, DEAD, "running"),
    ],
)
async def test_a_paused_run_whose_process_died_has_failed(  # noqa: PLR0917
    store, prefect, looks, name, process, status
):
    await taken(store, prefect, process)
    prefect.put(ANN, "PAUSED", name=name)
    await looks.go_on_for(10)
    row = await store.job(ANN)
    assert row.status == status
    assert (row.reason.code if row.reason else None) == ("gone" if status == "failed" else None)


async def test_a_stopped_process_is_killed_and_no_other_with_its_number():
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(60)")
    mark = process_of(process.pid)
    os.kill(process.pid, signal.SIGSTOP)
    assert not kill(mark.machine, mark.pid, f"{mark.started}0")
    assert not kill("another machine", mark.pid, mark.started)
    assert process.returncode is None
    assert kill(*mark)
    assert await process.wait() == -signal.SIGKILL
    assert not kill(*mark)
