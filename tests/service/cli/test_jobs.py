"""The commands of `learn` that go through a facade, as processes of their own, against a real facade and a
real Prefect.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager

import pytest
from own_facade import ROOT, ToldJob
from prefect.states import Cancelled, Failed

from flows.knowledge import Counts, utc_now
from service.cli import app as cli

prefect = pytest.mark.prefect


class Ended:
    def __init__(self, code, output, said):
        self.code, self.out, self.err = code, output, said


@asynccontextmanager
async def command(facade, *arguments, **environment):
    """`learn …` with nothing but the facade's address."""
    given = {name: value for name, value in os.environ.items() if not name.startswith(("LEARN_", "PREFECT_"))}
    given |= {"LEARN_URL": facade.url, "PYTHONPATH": str(ROOT), **environment}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "service.cli",
        *arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=given,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ended(process, within_s=60):
    output, said = await asyncio.wait_for(process.communicate(), within_s)
    assert b"Traceback" not in said, said.decode()
    return Ended(process.returncode, output.decode(), said.decode())


async def learn(facade, *arguments):
    async with command(facade, *arguments) as process:
        return await ended(process)


def test_without_a_facade_one_line_says_so(free_port, monkeypatch, capsys):
    monkeypatch.setenv("LEARN_URL", f"http://127.0.0.1:{free_port}")
    for arguments in (
        ["jobs"],
        ["watch", "00000000"],
        ["start", "big"],
        ["cancel", "0", "--now"],
        ["retry", "0"],
    ):
        assert cli.main(arguments) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert len(said.err.splitlines()) == 1
        for part in (str(free_port), "learn up", "LEARN_URL"):
            assert part in said.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["start", "big", "tide"], "WORD"),
        (["start", "quick", "--minutes", "1"], "--minutes"),
        (["start", "big", "--minutes", "11"], "--minutes"),
        (["jobs", "--status", "sleeping"], "--status"),
        (["jobs", "--limit", "0"], "--limit"),
        (["watch", "no id"], "JOB"),
        (["watch"], "JOB"),
    ],
)
def test_wrong_usage_is_one_line(arguments, named, capsys):
    assert cli.main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert named in said.err
    assert len(said.err.splitlines()) == 1


def test_an_address_that_is_none_is_a_line(monkeypatch, capsys):
    monkeypatch.setenv("LEARN_URL", "localhost:8000")
    assert cli.main(["jobs"]) == 2
    assert "LEARN_URL" in capsys.readouterr().err


@prefect
async def test_a_job_is_started_listed_stopped_and_run_again(facade, store):
    started = await learn(facade, "start", "big", "--topic", "moss", "--minutes", "1", "--json")
    assert started.code == 0
    job_id = json.loads(started.out)["job_id"]
    told = await learn(facade, "start", "quick", "tide")
    assert (told.code, len(told.out.splitlines())) == (0, 1)
    assert told.out.split()[-1][:8] in told.err
    listed = await learn(facade, "jobs", "--json", "--limit", "5")
    assert job_id in [job["job_id"] for job in json.loads(listed.out)]
    lines = (await learn(facade, "jobs", "--mode", "big", "--status", "queued")).out.splitlines()
    assert [line.split("\t")[:3] for line in lines if job_id in line] == [[job_id, "big", "queued"]]
    stopped = await learn(facade, "cancel", job_id, "--now", "--json")
    assert (stopped.code, json.loads(stopped.out)["drain"]) == (0, False)
    await ToldJob(store, job_id).put(Cancelled())
    again = await learn(facade, "cancel", job_id)
    assert (again.code, again.out) == (1, "")
    assert "cancelled" in again.err
    assert (await learn(facade, "retry", job_id[:18], "--json")).code == 0
    await ToldJob(store, job_id).put(Cancelled())
    watched = await learn(facade, "watch", job_id)
    assert watched.code == 130
    assert "Cancelled" in watched.out


@prefect
async def test_a_job_that_must_fail_again_is_not_retried_and_the_way_out_is_said(facade, store):
    told = await (await ToldJob.start(store)).begin()
    failed = {"run_status": "failed", "end_reason": "failed", "error_code": "unknown_topic"}
    await store.save_job(told.job.model_copy(update={**failed, "finished_at": utc_now()}))
    await told.put(Failed())
    refused = await learn(facade, "retry", str(told.job_id))
    assert (refused.code, refused.out) == (1, "")
    assert "would fail again" in refused.err
    assert "learn start big" in refused.err


@prefect
async def test_what_is_not_there_or_not_one_job_is_said(facade, store):
    told = await ToldJob.start(store)
    absent = await learn(facade, "watch", "ffffffff-ffff-4fff-8fff-ffffffffffff")
    assert (absent.code, absent.out) == (1, "")
    assert "learn jobs" in absent.err
    assert (await learn(facade, "cancel", "ffffffffffff")).code == 1
    others = [await ToldJob.start(store) for _ in range(17)]
    first = [str(job.job_id)[0] for job in (told, *others)]
    twice = next(letter for letter in first if first.count(letter) > 1)
    many = await learn(facade, "watch", twice)
    assert many.code == 2
    assert "jobs match" in many.err


@prefect
async def test_a_job_is_watched_to_its_end_over_a_restart_of_the_facade(facade, store):
    told = await (await ToldJob.start(store)).begin()
    await told.do("one", counts=Counts(stored=1))
    async with (
        command(facade, "watch", str(told.job_id), "--json") as lines,
        command(facade, "watch", str(told.job_id)) as plain,
    ):
        first = json.loads(await asyncio.wait_for(lines.stdout.readline(), 60))
        assert first["status"] == "running"
        await asyncio.wait_for(plain.stdout.readline(), 60)
        await told.do("two")
        facade.stop(signal.SIGKILL)
        await told.do("three")
        facade.start()
        await told.do("four")
        await told.end(counts=Counts(stored=4))
        found, shown = await ended(lines), await ended(plain)
    frames = [first, *map(json.loads, found.out.splitlines())]
    assert [e["text"] for f in frames for e in f["events"] if e["kind"] == "words.learned"] == told.told
    assert (found.code, frames[-1]["status"], frames[-1]["end_reason"]) == (0, "completed", "all done")
    assert shown.code == 0
    assert "Done: 4 words learned" in shown.out
    assert str(told.job_id) in shown.out


@prefect
async def test_a_failed_job_is_exit_code_1(facade, store):
    told = await (await ToldJob.start(store)).begin()
    await told.do(
        "one",
        run_status="failed",
        end_reason="failed",
        errors=("The disk is full",),
        finished_at=told.job.created_at,
    )
    watched = await learn(facade, "watch", str(told.job_id))
    assert watched.code == 1
    assert "The disk is full" in watched.out


@prefect
async def test_ctrl_c_stops_watching_and_not_the_job(facade, store):
    told = await (await ToldJob.start(store)).begin()
    async with command(facade, "watch", str(told.job_id), "--json") as process:
        await asyncio.wait_for(process.stdout.readline(), 60)
        process.send_signal(signal.SIGINT)
        assert (await ended(process, within_s=60)).code == 130
    assert not await store.stop_requested(told.job_id)
    assert (await store.job(told.job_id)).status == "running"
