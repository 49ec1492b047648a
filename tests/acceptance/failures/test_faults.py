"""What breaks around a job: the disk fills, the store is locked, Prefect's server goes away."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import pytest
from house import Store, agrees, wait_for

pytestmark = pytest.mark.acceptance


@pytest.fixture
def small_disk(tmp_path):
    """A disk of four megabytes, and what makes it a large one.

    Without the right to mount: a limit on the size of files.
    """
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if (
        mount
        and subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=4m", "none", disk], capture_output=True, check=False
        ).returncode
        == 0
    ):
        yield disk, (), lambda: subprocess.run([mount, "-o", "remount,size=64m", disk], check=True)
        subprocess.run([shutil.which("umount") or "umount", "--lazy", disk], check=True)
    else:
        yield disk, ("prlimit", f"--fsize={4_000_000}"), lambda: None


def test_full_disk_ends_the_job_with_the_reason_and_loses_nothing(stack, small_disk):
    disk, under, enlarge = small_disk
    store = disk / "knowledge.db"
    run = stack.learn("run", "big", "--minutes", "0.3", "--plain", store=store, under=under)
    job_id = run.store.learning(at_least=100)
    # it waits for room while it has time
    assert run.wait(60) == 1
    assert "quota full" in run.text.splitlines()[-1]
    assert "Traceback" not in run.text
    state = stack.state(job_id)
    assert state["type"] == "FAILED"
    assert "quota full" in state["message"]
    stored = {key for (key,) in run.store.all("SELECT key FROM solidified_knowledge")}
    enlarge()
    time.sleep(5)  # a flow has so long to write its end itself
    # with room again, the next job says what became of the last one, and learns what that one could not
    after = stack.learn("run", "big", "--minutes", "0.1", "--plain", store=store)
    assert after.wait(60) == 0
    failed = run.store.job(job_id)
    assert failed["status"] == "failed"
    # by the run itself, if there was room in time, else by what Prefect says of it
    assert "quota full" in str([failed["errors"], failed["reason"]])
    rows = run.store.sound()
    assert stored < rows.entries.keys()
    rows.close()


def test_store_that_another_process_locks_for_ten_seconds_holds_a_job_up_and_no_more(stack, own_store):
    run = stack.learn("run", "big", "--minutes", "0.4", "--plain", store=own_store)
    job_id = run.store.learning(at_least=100)
    with run.store.locked():
        stored = run.store.count()
        time.sleep(10)
        assert run.store.count() == stored
    assert run.wait(40) == 0
    job = run.store.job(job_id)
    assert (job["status"], job["end_reason"]) == ("completed", "time limit")
    assert job["counts"]["failed"] == 0
    assert job["counts"]["stored"] > stored
    assert job["active_seconds"] <= 24 + 2
    run.store.sound().close()
    agrees(stack, job)


@pytest.mark.scheduled
def test_prefect_server_that_hangs_for_twenty_seconds_and_dies_ends_no_job(stack, own_store):
    """One job runs in a worker, one in a process of its own; the stack starts the server again."""
    worked = stack.start("big", minutes=0.65)
    run = stack.learn("run", "big", "--minutes", "0.65", "--plain", store=own_store)
    job_id = run.store.learning(at_least=100)
    stack.state_type(worked, "RUNNING", within_s=30)
    (server,) = stack.pids("service.stack.prefect_server")
    wait_for(
        lambda: stack.store.job(worked).get("counts", {}).get("stored"), 30, "the first words in the worker"
    )
    os.kill(server, signal.SIGSTOP)
    before = [run.store.job(job_id), stack.store.job(worked)]
    time.sleep(20)
    during = [run.store.job(job_id), stack.store.job(worked)]
    os.kill(server, signal.SIGKILL)
    wait_for(
        lambda: (new := stack.pids("service.stack.prefect_server")) and new != [server], 15, "a new server"
    )
    assert run.wait(60) == 0
    for store, mine, earlier, seen in (
        (run.store, job_id, before[0], during[0]),
        (stack.store, worked, before[1], during[1]),
    ):
        wait_for(lambda store=store, mine=mine: store.job(mine)["status"] == "completed", 30, mine)
        job = store.job(mine)
        assert job["end_reason"] == "time limit"
        assert seen["status"] == "running"
        assert seen["counts"]["stored"] > earlier["counts"]["stored"], "the job stood still"
        assert job["active_seconds"] <= 0.65 * 60 + 2
        stack.state_type(mine, "COMPLETED", within_s=30)
        store.sound().close()


def test_cancel_in_prefect_ends_a_job_within_seconds_and_keeps_what_it_learned(stack):
    store: Store = stack.store
    job_id = stack.start("big", minutes=2)
    wait_for(lambda: store.job(job_id).get("counts", {}).get("stored", 0) >= 100, 30, "100 words")
    asked = time.monotonic()
    stack.prefect(f"flow_runs/{job_id}/set_state", state={"type": "CANCELLING", "name": "Cancelling"})
    wait_for(lambda: store.job(job_id)["status"] == "cancelled", 8, "the cancelled document")
    told_s = time.monotonic() - asked
    stack.state_type(job_id, "CANCELLED", within_s=10 - told_s)
    job = store.job(job_id)
    assert job["end_reason"] == "stopped"
    assert job["counts"]["stored"] >= 100
    wait_for(lambda: not stack.pids("service.engine", job_id), 5, "the end of its process")
    store.sound().close()
