"""What the doctor says of jobs that are open: why they wait, and which are silent."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from contract_bookkeeping import leave_behind

from flows.knowledge import Job, Reason, utc_now
from flows.settings import Settings
from flows.stores.memory import MemoryStore
from service.cli.doctor.jobs import bookkeeping, open_jobs

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


async def test_what_jobs_leave_behind_is_told_and_what_may_go(tmp_path):
    settings = Settings(home=tmp_path)
    async with MemoryStore() as store:
        check = await bookkeeping(settings, store)
        assert (check.state, check.finding) == ("ok", "0.0 MB of rounds, batches and logs of 0 jobs")
        await leave_behind(store, rounds=40, finished_at=utc_now() - timedelta(days=20))
        check = await bookkeeping(settings, store)
    assert check.state == "ok"
    assert "of 1 job; 0.2 MB of 1 job can be deleted" in check.finding
    assert "learn prune" in check.remedy
