"""The whole program in processes of its own, seen from outside: by its output, its store, Prefect's API and
/proc.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from checker import faults_in
from rows import Rows

from tests.prefect_database import prepare

LEARN = str(Path(sys.executable).with_name("learn"))


def wait_for(condition: Callable[[], Any], within_s: float, what: str = "") -> Any:
    """The condition's first true value."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what or condition} did not come within {within_s} s"
        time.sleep(0.1)
    return found


class Run:
    """One command that was started, in a session of its own."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path, store: Store) -> None:
        self.process = process
        self.output = output
        self.store = store

    @property
    def text(self) -> str:
        return self.output.read_text()

    def hear(self, wanted: str, within_s: float = 60) -> str:
        """The first line of output that holds a text, as soon as it is there."""

        def line() -> str:
            found = next((line for line in self.text.splitlines() if wanted in line), "")
            assert found or self.process.poll() is None or wanted in self.text, (
                f"{wanted!r} never came:\n{self.text}"
            )
            return found

        return wait_for(line, within_s, repr(wanted))

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, within_s: float) -> int:
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {within_s} s:\n{self.text}") from None


class Store:
    """A knowledge base, looked into from outside while others write."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)) as database:
            try:
                return database.execute(sql, parameters).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise

    def jobs(self) -> list[dict[str, Any]]:
        """The job documents, oldest first."""
        return [json.loads(row[0]) for row in self.all("SELECT document FROM jobs ORDER BY created_at")]

    def job(self, job_id: str | None = None) -> dict[str, Any]:
        """One document, or the only one."""
        return next((job for job in self.jobs() if job_id in {None, job["job_id"]}), {})

    def batches(self, job_id: str) -> list[dict[str, Any]]:
        return [
            json.loads(row[0]) for row in self.all("SELECT document FROM batches WHERE job_id = ?", job_id)
        ]

    def count(self) -> int:
        return sum(n for (n,) in self.all("SELECT count(*) FROM solidified_knowledge"))

    def learning(self, at_least: int, within_s: float = 60) -> str:
        """The id of the newest job, once so many words are stored in all."""
        wait_for(lambda: self.count() >= at_least, within_s, f"{at_least} words")
        return self.jobs()[-1]["job_id"]

    def write(self, sql: str, *parameters: object) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=10)) as database:
            database.execute(sql, parameters)

    @contextmanager
    def locked(self) -> Generator[None]:
        """Hold the write lock: to the program, this is another process."""
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=10)) as database:
            database.execute("BEGIN IMMEDIATE")
            yield
            database.execute("ROLLBACK")

    def sound(self) -> Rows:
        """All rows, after the independent checker has found no fault in them."""
        faults = faults_in(self.path)
        assert not faults, "\n".join([f"{len(faults)} faults", *faults[:10]])
        return Rows(self.path)


class House:
    """One home folder with a port of its own for Prefect, and all processes that work for it."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.api = f"http://127.0.0.1:{port}/api"
        self.store = Store(home / "knowledge.db")
        self._started: list[Run] = []

    def learn(
        self, *arguments: str, store: Path | None = None, under: Sequence[str] = (), **environment: str
    ) -> Run:
        """Start `learn …`, perhaps under another command; its output goes to a file."""
        if not self._started:
            with suppress(OSError):  # a home that cannot be written is what some tests are about
                prepare(self.home)
        given = {k: v for k, v in os.environ.items() if not k.startswith(("LEARN_", "PREFECT_", "PYTEST_"))}
        given |= {
            "LEARN_HOME": str(self.home),
            "LEARN_PREFECT_PORT": str(self.port),
            "LEARN_PORT": "0",
            "NO_COLOR": "1",
        } | environment
        if store is not None:
            given["LEARN_STORE"] = f"sqlite:///{store}"
        output = self.home.parent / f"{self.home.name}-{len(self._started)}.out"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*under, LEARN, *arguments],
                env=given,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        run = Run(process, output, Store(store) if store is not None else self.store)
        self._started.append(run)
        return run

    @property
    def auth_string(self) -> str:
        """The user and password that Prefect's server of this home asks for."""
        return (self.home / "prefect" / "password").read_text().strip()

    def ask_prefect(self, method: str, path: str, body: object = None) -> httpx.Response:
        """One call of Prefect's API, with the password; an error if it is refused."""
        user, _, password = self.auth_string.partition(":")
        answer = httpx.request(method, f"{self.api}/{path}", json=body, timeout=10, auth=(user, password))
        return answer.raise_for_status()

    def prefect(self, path: str, **body: object) -> Any:
        """What Prefect's API says: GET, or POST with a body."""
        return self.ask_prefect("POST" if body else "GET", path, body or None).json()

    def state(self, job_id: str) -> dict[str, Any]:
        return self.prefect(f"flow_runs/{job_id}")["state"]

    def state_type(self, job_id: str, *wanted: str, within_s: float) -> dict[str, Any]:
        """The run's state as soon as its type is one of those."""
        return wait_for(
            lambda: (found := self.state(job_id))["type"] in wanted and found,
            within_s,
            f"{job_id} {' or '.join(wanted)}",
        )

    def start(self, mode: str, **parameters: object) -> str:
        """Have the worker run a deployment, as anyone with Prefect's API would."""
        deployment = self.prefect(f"deployments/name/{mode}-learning/{mode}")["id"]
        return self.prefect(
            f"deployments/{deployment}/create_flow_run", parameters=parameters, state={"type": "SCHEDULED"}
        )["id"]

    def alive(self) -> dict[int, str]:
        """Command lines by process id, without zombies."""
        mark = f"LEARN_HOME={self.home}".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if (
                    mark in (folder / "environ").read_bytes().split(b"\0")
                    and ") Z " not in (folder / "stat").read_text()
                ):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return found

    def pids(self, part: str, job_id: str = "") -> list[int]:
        """Processes by a part of their command line; with a run, the one of them that Prefect says works for
        it.
        """
        found = [pid for pid, command in self.alive().items() if part in command]
        if not job_id:
            return found
        told = self.prefect(f"flow_runs/{job_id}")["infrastructure_pid"]
        return [pid for pid in found if str(pid) == told]

    def empty(self, within_s: float) -> None:
        """Nothing of it lives any more."""
        wait_for(lambda: not self.alive(), within_s, f"the end of {self.alive()}")

    def end(self) -> None:
        """Kill what is left; frozen ones too."""
        for pid in self.alive():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for run in self._started:
            run.process.wait(10)


def agrees(house: House, job: dict[str, Any]) -> None:
    """The document says what Prefect says."""
    expected = {"COMPLETED": "completed", "FAILED": "failed", "CRASHED": "failed", "CANCELLED": "cancelled"}
    state = house.state(job["job_id"])
    assert job["status"] == expected.get(state["type"]), (
        state["type"],
        state["message"],
        job["status"],
        job["errors"],
    )
