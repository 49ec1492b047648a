"""Runs one seed: a stack in a home of its own, its jobs and its faults, and what is wrong at the end."""

from __future__ import annotations

import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

sys.path.append(str(Path(__file__).parents[1] / "acceptance"))

from house import House, wait_for

from tests.faults.checks import after_the_end, why_not_final
from tests.faults.clock import Clock
from tests.faults.deeds import Deeds
from tests.faults.disk import Disk
from tests.faults.lag import Lag
from tests.faults.plan import MINUTES, Plan
from tests.faults.watching import Watching
from tests.faults.words import words_of
from tests.world.running import in_thread
from tests.world.state import Settings

END_S = 30.0
"""How long after the last fault, and its time, every job must have ended; on a slow machine three
times as long as the stack took to start.
"""
WATCHERS_S = 15.0
BEGIN_S = 60.0
GONE_S = 3.0
LATENCY = 0.3
DEEP_WORDS = 30


@dataclass
class Result:
    """What became of one seed."""

    plan: Plan
    ends: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    words: list[tuple[str, float | None]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    entries: int = 0
    reconnects: int = 0
    took_s: float = 0.0
    slowness: float = 1.0

    def __str__(self) -> str:
        told = f"seed {self.plan.seed}: {self.plan} => {', '.join(self.ends) or 'nothing'}"
        if self.left_out:
            told += f" [left out: {', '.join(self.left_out)}]"
        told += f" ({self.entries} entries, {self.reconnects} reconnects, {self.took_s:.0f} s"
        told += f", {self.slowness:.0f} times slower)"
        return "\n".join([f"{told}: {'BROKEN' if self.broken else 'ok'}", *(f"    {b}" for b in self.broken)])


def run(plan: Plan, folder: Path, *, keep: Path | None = None, keeps_all: bool = False) -> Result:
    """Run a seed to its end in an empty folder; all that it has started is gone afterwards.

    The folder of a seed that broke is copied to `keep`; of every seed with `keeps_all`.
    """
    began, result = time.monotonic(), Result(plan)
    with ExitStack() as at_the_end:
        disk = Disk(folder, is_own=plan.has("fill"))
        at_the_end.callback(disk.close)
        house = House(folder / "home", _free_port())
        at_the_end.callback(house.end)
        clock = Clock(folder) if plan.has("jump") else None
        if clock is not None and not clock.can_jump:
            result.left_out.append("jump clock: no gcc")
        world = (
            at_the_end.enter_context(in_thread(Settings(plan="unlimited", latency=LATENCY, seed=plan.seed)))
            if plan.has_world
            else None
        )
        port = _free_port()
        watching = Watching(f"http://127.0.0.1:{port}")
        environment = {"LEARN_PORT": str(port)} | (clock.environment if clock is not None else {})
        environment |= world.environment if world is not None else {"LEARN_MODEL": "lexicon"}
        lag = Lag()
        at_the_end.callback(lag.close)
        deeds = Deeds(house, watching, clock, disk, world, environment, lag)
        try:
            _all(deeds, plan, result)
        except (AssertionError, httpx.HTTPError) as error:
            result.broken.append(f"harness: {type(error).__name__}: {str(error)[-600:]}")
        finally:
            deeds.over.set()
            watching.close()
        result.broken += [*deeds.broken, *dict.fromkeys(watching.refusals)]
        result.words = words_of(deeds)
        result.broken += [f"death: nobody was told: {kind}" for kind, s in result.words if s is None]
        result.reconnects = sum(max(0, t.connections - 1) for told in watching.told.values() for t in told)
        result.took_s, result.slowness = time.monotonic() - began, lag.factor
        if keep is not None and (result.broken or keeps_all):
            house.end()
            _keep(folder, keep / f"seed-{plan.seed}")
    return result


def _all(deeds: Deeds, plan: Plan, result: Result) -> None:
    began = time.monotonic()
    deeds.start()
    within_s = MINUTES * 60 + max(END_S, 3 * (time.monotonic() - began))
    for mode in plan.jobs:
        job_id = _start(deeds.watching.url, mode)
        deeds.job_ids.append(job_id)
        deeds.watching.follow(job_id)
    if not plan.is_early:
        _until(lambda: deeds.house.store.job(deeds.job_ids[0]).get("run_status"), BEGIN_S)
    began = time.monotonic()
    stack = threading.Thread(target=_watch_the_stack, args=(deeds,), daemon=True)
    stack.start()
    threads = []
    for step in plan.steps:
        time.sleep(max(0.0, began + step.at_s - time.monotonic()))
        threads.append(threading.Thread(target=deeds.do, args=(step,), daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join(120)
    _end(deeds, result, "", within_s)
    again = [i for i in deeds.job_ids if deeds.house.store.job(i).get("status") in {"failed", "cancelled"}]
    for job_id in again:
        if _until(lambda job_id=job_id: deeds.ask(job_id, "retry") == 202, 10):
            continue
        result.broken.append(f"retry: {job_id[:8]} could not be retried")
    if again:
        _until(
            lambda: all(deeds.house.store.job(i)["status"] not in {"failed", "cancelled"} for i in again), 10
        )
        _end(deeds, result, " -> ", within_s)
    deeds.over.set()
    result.entries = deeds.house.store.count()
    deeds.stop()
    if not _until(lambda: not deeds.house.alive(), GONE_S):
        result.broken.append(f"processes: left behind: {list(deeds.house.alive().values())}")
    if deeds.up is not None and "Traceback" in deeds.up.text:
        result.broken.append(f"stack: it printed a traceback: {deeds.up.text[-600:]}")


def _end(deeds: Deeds, result: Result, joint: str, within_s: float) -> None:
    """Wait until every job has ended, and check everything."""
    is_over = _until(deeds.are_final, within_s)
    result.broken += why_not_final(deeds.house.store, deeds.job_ids) if not is_over else []
    rows = [deeds.house.store.job(job_id) for job_id in deeds.job_ids]
    ends = [
        f"{row.get('status')} ({(row.get('reason') or {}).get('code') or row.get('end_reason')})"
        for row in rows
    ]
    result.ends = (
        [f"{a}{joint}{b}" if a != b else a for a, b in zip(result.ends, ends, strict=True)] if joint else ends
    )
    if is_over:
        _until(deeds.watching.are_at_end, WATCHERS_S)
        time.sleep(1.0)  # what comes after the end, such as Prefect's own word
        result.broken += after_the_end(deeds)


def _watch_the_stack(deeds: Deeds) -> None:
    """A stack that ends by itself is broken, whatever happened to its parts."""
    while not deeds.over.wait(0.2):
        up = deeds.up
        if up is not None and not deeds.is_meant_to_be_down and (code := up.process.poll()) is not None:
            if not deeds.over.is_set() and not deeds.is_meant_to_be_down and up is deeds.up:
                deeds.broken.append(f"stack: `learn up` ended by itself with {code}: {up.text[-400:]}")
            return


def _start(url: str, mode: str) -> str:
    path, body = (
        ("start_big", {"minutes": MINUTES})
        if mode == "big"
        else ("start", {"mode": mode, "limit": DEEP_WORDS} | ({"minutes": MINUTES} if mode == "deep" else {}))
    )
    answer = httpx.post(f"{url}/jobs/{path}", json=body, timeout=30, trust_env=False)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def _until(condition: Callable[[], object], within_s: float) -> bool:
    """Whether a condition came true in time."""
    try:
        wait_for(condition, within_s)
    except AssertionError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _keep(folder: Path, target: Path) -> None:
    """Keep a copy of a seed's home, to find the cause in it."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("ballast"), dirs_exist_ok=True)
