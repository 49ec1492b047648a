"""The three who learn in the same world: ours, the original, plain asyncio. One turn each, with what it cost.

A turn has a world of its own, with the same settings: Groq's limits begin empty when the job begins, and no
prompt is in the provider's cache.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.measured import processes
from tests.benchmarks.measured.processes import Watch, wait_for
from tests.benchmarks.measured.stack import PARTS, Stack, free_port
from tests.benchmarks.peers.documents import Documents
from tests.world.chat.limits import PLANS
from tests.world.chat.models import MODELS
from tests.world.control import Control
from tests.world.running import in_process
from tests.world.state import Settings

ROOT = Path(__file__).parents[3]
PLAN = "developer"
LATE_S = 120
"""How late a job may end; on a busy machine a start takes long."""

Figures = dict[str, Any]


class Missing(Exception):
    """A side lacks a package that it needs. The text says what to do."""


@contextmanager
def a_world() -> Generator[Control]:
    """A world as the goals describe it: developer plan, real delays."""
    with in_process(Settings(plan=PLAN, latency=1.0, level=0.0, proposing="zipf")) as world:
        yield world


def begin(world: Control) -> None:
    """Let the world count from now on, with empty buckets."""
    for model in MODELS:
        world.limit(model, PLANS[PLAN], level=0.0)
    world.forget()


def of_world(world: Control, entries: int) -> Figures:
    """What the world has seen: requests, refusals, tokens billed."""
    chat = world.log("chat")
    # a refused request is not billed; one that its asker left is
    billed = [record for record in chat if record["status"] in {200, 499}]
    tokens = sum(record["tokens_in"] + record["tokens_out"] for record in billed)
    wikis: Counter[int] = Counter()
    for route in ("wikipedia", "wiktionary"):
        wikis.update(world.statuses(route))
    return {
        "model_requests": len(chat),
        "refused": sum(record["status"] == 429 for record in chat),
        "wiki_requests": wikis.total(),
        "wiki_refused": wikis[429],
        "tokens_an_entry": tokens / max(1, entries),
        "requests_an_entry": len(chat) / max(1, entries),
    }


def whole(documents: Sequence[Mapping[str, Any]]) -> int:
    """How many entries have what an entry must have."""
    needed = ("definition", "related_concepts", "examples", "category")
    return sum(all(document.get(name) for name in needed) for document in documents)


def ours(seconds: float) -> Figures:
    """A big job on a real stack, started as the page starts it and looked at once a second."""
    with tempfile.TemporaryDirectory(prefix="bench-ours-") as folder, a_world() as world:
        stack = Stack(folder, world.environment)
        try:
            return _ours(stack, world, seconds)
        finally:
            stack.end()


def _ours(stack: Stack, world: Control, seconds: float) -> Figures:
    stack.warm()
    size = _bytes(stack.home / "prefect" / "prefect.db")
    begin(world)
    began = time.monotonic()
    groups: dict[str, Callable[[], Iterable[int]]] = {
        name: partial(stack.processes, part) for name, part in PARTS.items()
    }
    run: list[int] = []
    warm = {pid: processes.cpu_s(pid) for pid in stack.processes("service.engine")}
    groups |= {
        "run": lambda: run,
        "learn up": lambda: [stack.process.pid],
        # imports for the next job, once a job
        "next warm process": lambda: set(stack.processes("--warm")) - warm.keys(),
    }
    with Watch(groups) as watch:
        job_id = stack.start(minutes=seconds / 60)
        row: dict[str, Any] = {}
        first_s = None
        while row.get("status") not in {"completed", "failed", "cancelled"}:
            time.sleep(1)
            assert time.monotonic() - began < seconds + LATE_S, row.get("status")
            row = stack.facade.get(f"/jobs/{job_id}").raise_for_status().json()
            if not run and (pid := stack.run_process(job_id)):
                run.append(pid)
            if first_s is None and stack.entries(job_id):
                first_s = time.monotonic() - began
        took_s = time.monotonic() - began
        time.sleep(2)  # Prefect's server writes what it was told last
    cpu = watch.cpu_s
    # the run's process was warm: what it used before is not this job's
    cpu["run"] -= sum(warm.get(pid, 0.0) for pid in run)
    found = stack.rows("SELECT document FROM solidified_knowledge WHERE job_id = ?", job_id)
    documents = [json.loads(text) for (text,) in found]
    entries = whole(documents)
    knowledge = sum(
        n
        for (n,) in stack.rows(
            "SELECT coalesce(sum(length(document)), 0) FROM solidified_knowledge WHERE job_id = ?", job_id
        )
    )
    return _figures("ours", entries, seconds, world) | {
        "stored": len(documents),
        "status": row["status"],
        "end_reason": row["end_reason"],
        "took_s": took_s,
        "first_entry_s": first_s,
        "cpu_ms_an_entry": {name: 1000 * s / max(1, entries) for name, s in cpu.items()},
        "cpu_ms_an_entry_all": 1000 * sum(cpu.values()) / max(1, entries),
        "bytes_an_entry": {
            "knowledge base": _bytes(stack.home / "knowledge.db") / max(1, entries),
            "of it the entries' own text": knowledge / max(1, entries),
            "Prefect's database, growth": (_bytes(stack.home / "prefect" / "prefect.db") - size)
            / max(1, entries),
        },
        "up_s": stack.up_s,
        "memory_mb": watch.memory_mb,
        "not_learned": row.get("outcomes"),
    }


def original(seconds: float) -> Figures:
    """The Celery task, with Redis as its broker and a poller that reads the job's document once a second."""
    server = shutil.which("redis-server")
    if server is None:
        raise Missing("redis-server is not installed: apt-get install redis-server")
    if importlib.util.find_spec("celery") is None:
        raise Missing("Celery is not installed: make bench does it (dependency group bench)")
    with tempfile.TemporaryDirectory(prefix="bench-original-") as folder, a_world() as world:
        port = free_port()
        given = {
            **os.environ, **world.environment, "CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0",
        }  # fmt: skip
        redis = subprocess.Popen(
            [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
            env=given,
            stdout=subprocess.DEVNULL,
        )
        log = Path(folder) / "worker.log"
        began = time.monotonic()
        with log.open("wb") as file:
            worker = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "tests.benchmarks.peers.original"),
                    *("worker", "--concurrency", "1", "--loglevel", "INFO"),
                ],
                cwd=ROOT,
                env=given,
                stdout=file,
                stderr=file,
            )
        try:
            wait_for(lambda: " ready." in log.read_text(), 60, f"Celery's worker: {log.read_text()}")
            up_s = time.monotonic() - began
            groups = {
                "worker": lambda: processes.tree(worker.pid),
                "Redis": lambda: [redis.pid],
            }
            return _original(Path(folder), given, world, seconds, groups) | {"up_s": up_s}
        finally:
            worker.terminate()
            worker.wait(20)
            redis.terminate()
            redis.wait(20)


def _original(
    folder: Path, given: Mapping[str, str], world: Control, seconds: float, groups: Mapping[str, Any]
) -> Figures:
    path, job_id = folder / "documents.db", str(uuid.uuid4())
    command = [sys.executable, "-m", "tests.benchmarks.peers.original", job_id, str(seconds), str(path)]
    poller = Documents(path)
    begin(world)
    began = time.monotonic()
    job: dict[str, Any] | None = None
    first_s = None
    with Watch(groups) as watch:
        subprocess.run(command, cwd=ROOT, env=dict(given), check=True)
        while job is None or job["status"] != "completed":
            time.sleep(1)
            assert time.monotonic() - began < seconds + LATE_S, (job, (folder / "worker.log").read_text())
            job = poller.get("jobs", job_id)
            if first_s is None and poller.names("solidified_knowledge"):
                first_s = time.monotonic() - began
    documents = poller.all("solidified_knowledge")
    poller.close()
    entries, cpu = whole(documents), watch.cpu_s
    return _figures("original", entries, seconds, world) | {
        "stored": len(documents),
        "took_s": time.monotonic() - began,
        "first_entry_s": first_s,
        "operations_an_entry": job["operations"] / max(1, entries),
        "cpu_ms_an_entry": {name: 1000 * s / max(1, entries) for name, s in cpu.items()},
        "cpu_ms_an_entry_all": 1000 * sum(cpu.values()) / max(1, entries),
        "bytes_an_entry": {"documents": _bytes(path) / max(1, entries)},
        "memory_mb": watch.memory_mb,
        "errors": job["errors"][:5],
        "error_count": len(job["errors"]),
    }


def plain(seconds: float) -> Figures:
    """Asyncio without an orchestrator, in one process."""
    with tempfile.TemporaryDirectory(prefix="bench-plain-") as folder, a_world() as world:
        path = Path(folder) / "documents.db"
        command = [sys.executable, "-m", "tests.benchmarks.peers.plain", str(seconds), str(path)]
        Documents(path).close()
        begin(world)
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **world.environment}, stdout=subprocess.PIPE, text=True
        )
        with Watch({"process": lambda: [process.pid]}) as watch:
            output, _ = process.communicate(timeout=seconds + LATE_S + 30)
        assert process.returncode == 0, output
        told = json.loads(output.splitlines()[-1])
        reader = Documents(path)
        documents = reader.all("solidified_knowledge")
        reader.close()
        entries = whole(documents)
        return _figures("plain asyncio", entries, seconds, world) | {
            "stored": len(documents),
            "took_s": told["took_s"],
            "operations_an_entry": told["operations"] / max(1, entries),
            "cpu_ms_an_entry": {"process": 1000 * told["cpu_s"] / max(1, entries)},
            "cpu_ms_an_entry_all": 1000 * told["cpu_s"] / max(1, entries),
            "bytes_an_entry": {"documents": _bytes(path) / max(1, entries)},
            "memory_mb": watch.memory_mb,
            "errors": told["errors"],
            "error_count": told["error_count"],
        }


SIDES = {"ours": ours, "original": original, "plain asyncio": plain}


def _figures(side: str, entries: int, seconds: float, world: Control) -> Figures:
    return {
        "side": side,
        "seconds": seconds,
        "entries": entries,
        "entries_a_minute": entries * 60 / seconds,
    } | of_world(world, entries)


def _bytes(path: Path) -> int:
    """Size of a SQLite file, with what is still in its write-ahead log counted once."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
            pages, size, free = (
                database.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "page_size", "freelist_count")
            )
    except sqlite3.OperationalError:
        return 0
    return int((pages - free) * size)
