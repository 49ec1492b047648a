"""Prefect's clock is set back by an hour in the middle of a job: its states then seem older than they are."""

from __future__ import annotations

import pytest

from flows.knowledge import Job, utc_now
from flows.own_machine import process_of
from service.orchestration.liveness import Look
from service.orchestration.projection.projector import Projector
from service.orchestration.projection.repair import Repair
from tests.service.orchestration.projection.projector_parts import ANN

HOUR_S = 3600
LIVES = (
    (("SCHEDULED", "queued"), ("PENDING", "queued"), ("RUNNING", "running"), ("CRASHED", "failed")),
    (
        ("SCHEDULED", "queued"),
        ("RUNNING", "running"),
        ("CANCELLING", "cancelling"),
        ("CANCELLED", "cancelled"),
    ),
    (
        ("SCHEDULED", "queued"),
        ("PENDING", "queued"),
        ("RUNNING", "running"),
        ("CRASHED", "failed"),
        ("SCHEDULED", "queued"),
        ("PENDING", "queued"),
        ("RUNNING", "running"),
        ("ends", "completed"),
        ("COMPLETED", "completed"),
    ),
)


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize(("life", "at"), [(life, at) for life in LIVES for at in range(len(life))])
async def test_a_row_follows_its_run_wherever_the_clock_is_set_back(store, prefect, life, at, is_restarted):
    """`is_restarted`: each look is by a server that has just started."""
    projector, row = Projector(store, prefect), None
    seen = []
    for place, (kind, _) in enumerate(life):
        shift_s = place * 0.001 - (HOUR_S if place >= at else 0)
        if kind == "ends":
            row = (await store.save_job(row.model_copy(update=_end()))).job
        else:
            state = prefect.put(ANN, kind, after_s=shift_s)
            if kind == "RUNNING":
                # the process may begin before a projector has seen that it runs
                row = await store.begin_attempt(_job(state))
        if is_restarted:
            projector = Projector(store, prefect)
        await projector.poll()
        await projector.poll()
        seen.append((await store.job(ANN)).status)
    assert seen == [status for _, status in life]
    assert len(prefect.past[ANN]) == sum(kind != "ends" for kind, _ in life), "it was taken for dead"


async def test_the_states_of_a_run_are_kept_in_the_order_in_which_they_came(store, prefect, projector):
    repair = Repair(store, prefect, projector._project, projector._end)
    for place, (kind, _) in enumerate(LIVES[-1][:6]):
        prefect.put(ANN, kind, after_s=place * 0.001 - (HOUR_S if place >= 4 else 0))
        past = await repair._past.of(await prefect.run(ANN))
    assert [state.type for state in past] == [kind for kind, _ in LIVES[-1][:6]]


@pytest.mark.parametrize("kind", ["SCHEDULED", "PENDING"])
async def test_an_attempt_that_waits_has_not_begun_in_whatever_order_its_states_are_told(prefect, kind):
    """A server that starts after the clock was set back reads the states in the order of that clock."""
    prefect.put(ANN, "RUNNING")
    prefect.put(ANN, kind, after_s=-HOUR_S)
    run = await prefect.run(ANN)
    look = Look(run=run, past=await prefect.history(ANN), row=_job(run.state))
    assert not look.has_begun
    assert look.process is None


def _job(state):
    return Job(
        job_id=ANN,
        mode="big",
        created_at=utc_now(),
        running_since=state.since,
        process=process_of()._asdict(),
    )


def _end():
    return {
        "status": "completed",
        "run_status": "completed",
        "end_reason": "time limit",
        "finished_at": utc_now(),
    }
