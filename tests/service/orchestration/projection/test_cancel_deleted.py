"""What a person cancels whose run Prefect no longer knows."""

from __future__ import annotations

import pytest

from tests.service.orchestration.projection.projector_parts import (
    ALIVE,
    ANN,
    DEAD,
    ELSEWHERE,
    KNOWN,
    begin,
    kinds,
)


@pytest.fixture
def projector(projector):
    projector._repair.is_alive = lambda mark: KNOWN[mark.pid]
    return projector


@pytest.mark.parametrize(
    ("process", "state", "status"),
    [
        (DEAD, "RUNNING", "cancelled"),
        (DEAD, "SCHEDULED", "cancelled"),
        (ELSEWHERE, "SCHEDULED", "cancelled"),
        (None, "SCHEDULED", "cancelled"),
        (ALIVE, "RUNNING", "running"),
        (ELSEWHERE, "RUNNING", "running"),
        (ALIVE, "SCHEDULED", "queued"),
    ],
)
async def test_a_person_cancels_at_once_what_nobody_works_on(  # noqa: PLR0917
    store, prefect, projector, process, state, status
):
    await begin(store, prefect, ANN, process=process)
    if state != "RUNNING":
        prefect.put(ANN, state)
    await projector.poll()
    prefect.delete(ANN)
    await projector.cancel_deleted(ANN)
    row = await store.job(ANN)
    assert row.status == status
    if row.is_final:
        assert (row.end_reason, row.reason.code) == ("stopped", "run_deleted")
        assert (await kinds(store, ANN))[-1] == "state.cancelled"


async def test_a_person_cancels_nothing_without_prefect_that_prefect_knows(store, prefect, projector):
    prefect.put(ANN, "SCHEDULED")
    await projector.poll()
    await projector.cancel_deleted(ANN)
    assert (await store.job(ANN)).status == "queued"
