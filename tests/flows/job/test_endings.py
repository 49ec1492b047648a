"""Attempts that are ended from outside, and what Prefect hears of them."""

import asyncio
import logging
from types import SimpleNamespace

import pytest

from flows.core.ending import SUPERSEDED_EXIT
from flows.errors import StaleAttempt
from flows.job import attempt as module
from flows.knowledge import Job
from tests.flows.job.heart import JOB, START
from tests.flows.job.parts import WORDS, Model
from tests.flows.job.virtual_time import at


@pytest.mark.parametrize(
    ("prefect", "told"),
    [
        ("CANCELLING", ("cancelled", "stopped")),
        ("CANCELLED", ("cancelled", "stopped")),
        # Prefect ended it, as when it could not renew a lease; nobody cancelled
        ("RUNNING", ("failed", "failed")),
        ("CRASHED", ("failed", "failed")),
        (None, ("failed", "failed")),
    ],
)
async def test_an_attempt_that_is_ended_from_outside_tells_a_persons_cancel_from_any_other(
    heart, prefect, told
):
    running = heart.start(Model(WORDS, takes_s={"define": 5}))

    def end():
        heart.prefect.says = prefect
        running.cancel()

    await at(7, end)
    with pytest.raises(asyncio.CancelledError):
        await running
    job = await heart.job()
    assert (job.status, job.end_reason) == told
    assert await heart.store.claims(JOB) == ()


class Left(Exception):
    """The process has ended."""


@pytest.mark.parametrize(
    ("ended", "prefect", "is_own_process", "leaves"),
    [
        (StaleAttempt("attempt 2 has taken over"), "RUNNING", True, True),
        (Job(job_id=JOB, mode="big", created_at=START, status="completed"), "PENDING", True, True),
        (Job(job_id=JOB, mode="big", created_at=START, status="completed"), "SCHEDULED", True, True),
        (Job(job_id=JOB, mode="big", created_at=START, status="completed"), "RUNNING", True, False),
        (Job(job_id=JOB, mode="big", created_at=START, status="completed"), None, True, False),
        (StaleAttempt("attempt 2 has taken over"), "RUNNING", False, False),
    ],
)
async def test_a_superseded_process_tells_prefect_nothing(  # noqa: PLR0917
    heart, monkeypatch, ended, prefect, is_own_process, leaves
):
    def leave(code):
        raise Left(code)

    async def attempt(*_args, **_kwargs):
        return ended

    run = SimpleNamespace(
        id=JOB,
        tags=[],
        auto_scheduled=False,
        deployment_id=JOB,
        name="a run",
        created=None,
        expected_start_time=None,
        state=None,
    )
    heart.prefect.says = prefect
    if is_own_process:
        monkeypatch.setenv("PREFECT__FLOW_RUN_ID", str(JOB))
    monkeypatch.setattr(module.os, "_exit", leave)
    monkeypatch.setattr(module, "attempt", attempt)
    monkeypatch.setattr(module, "job_logger", logging.getLogger)
    monkeypatch.setattr(module, "PrefectRun", lambda _job_id: heart.prefect)
    monkeypatch.setattr(module.FlowRunContext, "get", lambda: SimpleNamespace(flow_run=run))
    plan = SimpleNamespace(mode="big", parameters={})
    if leaves:
        with pytest.raises(Left, match=str(SUPERSEDED_EXIT)):
            await module.learn(plan)
    else:
        assert (await module.learn(plan)).is_final()
