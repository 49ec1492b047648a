"""`learn jobs` where no server answers: what the store has, and what it lacks."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from flows.knowledge import Job, utc_now
from flows.stores import open_store
from service.cli import app as cli
from service.stack.environment import adopted


@pytest.fixture
def url(tmp_path, monkeypatch, free_port):
    found = f"sqlite:///{tmp_path / 'knowledge.db'}"
    monkeypatch.delenv("LEARN_URL", raising=False)
    given = {
        "LEARN_STORE": found,
        "LEARN_HOME": str(tmp_path),
        "LEARN_PORT": str(free_port),
        "PREFECT_API_URL": f"http://127.0.0.1:{free_port}/api",
    }
    with adopted(given):
        yield found


def put(url, *statuses):
    import asyncio

    async def write():
        async with open_store(url, language="en") as store:
            for number, status in enumerate(statuses, 1):
                ended = {} if status == "running" else {"finished_at": utc_now(), "end_reason": "all done"}
                await store.put_job(
                    Job(
                        job_id=UUID(int=number),
                        mode="quick",
                        status=status,
                        attempt=1,
                        created_at=utc_now(),
                        **ended,
                    )
                )

    asyncio.run(write())


def test_jobs_are_listed_from_the_store(url, capsys):
    put(url, "completed", "running")
    assert cli.main(["jobs"]) == 0
    told = capsys.readouterr()
    assert [line.split("\t")[2] for line in told.out.splitlines()] == ["running", "completed"]
    assert "store" in told.err + told.out


def test_filters_and_json_hold_there_too(url, capsys):
    put(url, "completed", "running")
    assert cli.main(["jobs", "--status", "running", "--json"]) == 0
    assert [job["status"] for job in json.loads(capsys.readouterr().out)] == ["running"]


def test_a_server_that_was_named_is_not_replaced_by_the_store(url, monkeypatch, capsys, free_port):
    put(url, "completed")
    monkeypatch.setenv("LEARN_URL", f"http://127.0.0.1:{free_port}")
    assert cli.main(["jobs"]) != 0
    assert capsys.readouterr().out == ""
