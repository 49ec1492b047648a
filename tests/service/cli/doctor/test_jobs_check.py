"""What the doctor says of jobs that are open: why they wait, and which are silent."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flows.knowledge import Job, Reason, utc_now
from flows.stores.memory import MemoryStore
from service.cli.doctor.jobs import open_jobs

LONG_AGO = utc_now() - timedelta(minutes=5)
PAUSED = Reason(code="pool_paused", params={"pool": "learning"})


async def checked(*jobs):
    async with MemoryStore() as store:
        for number, changes in enumerate(jobs, 1):
            await store.put_job(Job(job_id=UUID(int=number), mode="big", created_at=LONG_AGO, **changes))
        return await open_jobs(store)


async def test_a_job_that_waits_for_minutes_tells_its_reason_and_remedy():
    check = await checked({"status": "queued", "reason": PAUSED})
    assert check.state == "warn"
    assert "is paused" in check.finding
    assert "not responding" not in check.finding
    assert "resume" in check.remedy


async def test_one_that_waits_and_one_that_is_silent_are_both_told():
    silent = {"status": "running", "attempt": 1, "updated_at": LONG_AGO}
    check = await checked({"status": "queued", "reason": PAUSED}, silent)
    assert "is paused" in check.finding
    assert "not responding" in check.finding


async def test_open_jobs_without_a_fault_are_counted():
    check = await checked({"status": "queued"}, {"status": "running", "updated_at": utc_now()})
    assert (check.state, check.finding) == ("ok", "2 open")
