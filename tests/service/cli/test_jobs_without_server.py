"""`learn jobs` where no server answers: what the store has, and what it lacks."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import UUID

import pytest

from flows.errors import StoreFull, StoreReadOnly, StoreUnavailable
from flows.knowledge import Job, utc_now
from flows.stores import open_store
from service.cli import app as cli
from service.stack.environment import adopted
from tests.service.cli.unwritable import read_only, without_room


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
                if is_unsettled := status == "unsettled":
                    ended["finished_at"] -= timedelta(minutes=1)
                await store.put_job(
                    Job(
                        job_id=UUID(int=number),
                        mode="quick",
                        status="failed" if is_unsettled else status,
                        run_status="failed" if is_unsettled else None,
                        is_settled=not is_unsettled,
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


class _OtherSite(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(404)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_error(405)

    def log_message(self, *_):
        pass


def test_jobs_are_listed_though_another_site_is_at_prefects_url(url, capsys):
    put(url, "completed", "unsettled", "running")
    with ThreadingHTTPServer(("127.0.0.1", 0), _OtherSite) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        with adopted({"PREFECT_API_URL": f"http://127.0.0.1:{site.server_port}/api"}):
            assert cli.main(["jobs"]) == 0
        site.shutdown()
    assert listed(capsys, "what the store has.*PREFECT_API_URL") == ["running", "failed", "completed"]


def test_filters_and_json_hold_there_too(url, capsys):
    put(url, "completed", "running")
    assert cli.main(["jobs", "--status", "running", "--json"]) == 0
    assert [job["status"] for job in json.loads(capsys.readouterr().out)] == ["running"]


def test_a_server_that_was_named_is_not_replaced_by_the_store(url, monkeypatch, capsys, free_port):
    put(url, "completed")
    monkeypatch.setenv("LEARN_URL", f"http://127.0.0.1:{free_port}")
    assert cli.main(["jobs"]) != 0
    assert capsys.readouterr().out == ""


def listed(capsys, said):
    """The statuses listed, after the one line that was said."""
    told = capsys.readouterr()
    (line,) = told.err.splitlines()
    assert re.search(said, line), line
    return [row.split("\t")[2] for row in told.out.splitlines()]


@pytest.mark.parametrize(("prevented", "said"), [(read_only, "not writable"), (None, "quota full")])
def test_a_store_that_cannot_be_opened_for_writing_is_listed(url, tmp_path, capsys, prevented, said):
    put(url, "completed", "running")
    with prevented(tmp_path) if prevented else without_room():
        assert cli.main(["jobs"]) == 0
    assert listed(capsys, said) == ["running", "completed"]


@pytest.mark.parametrize("prevented", [read_only, None])
def test_an_empty_log_left_behind_keeps_no_store_from_being_listed(url, tmp_path, capsys, prevented):
    put(url, "completed")
    (tmp_path / "knowledge.db-wal").touch()
    with prevented(tmp_path) if prevented else without_room():
        assert cli.main(["jobs"]) == 0
    assert listed(capsys, "what the store has") == ["completed"]


def test_a_store_that_cannot_be_read_either_says_why(url, tmp_path, capsys):
    with read_only(tmp_path):
        assert cli.main(["jobs"]) == 1
    told = capsys.readouterr()
    assert "not writable" in told.err
    assert len(told.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        (StoreFull("knowledge.db: disk or disk quota full"), "what the store has.*quota full"),
        (StoreUnavailable("Another process has locked knowledge.db"), "what the store has.*locked"),
        (StoreReadOnly("knowledge.db is not writable"), "what the store has.*not writable"),
    ],
)
def test_what_the_store_refuses_while_it_is_updated_is_said(url, capsys, monkeypatch, refuse, said):
    put(url, "completed", "unsettled")

    async def refused(*_):
        raise refuse

    monkeypatch.setattr("flows.stores.sqlite.store.SqliteStore.release_all", refused)
    assert cli.main(["jobs"]) == 0
    assert listed(capsys, said) == ["failed", "completed"]


def test_a_store_that_another_process_holds_is_listed(url, tmp_path, capsys):
    put(url, "completed", "unsettled")
    with closing(sqlite3.connect(tmp_path / "knowledge.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert cli.main(["jobs"]) == 0
        other.execute("ROLLBACK")
    assert listed(capsys, "what the store has.*locked") == ["failed", "completed"]
