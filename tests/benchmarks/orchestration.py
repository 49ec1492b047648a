"""CPU an entry that orchestration costs on the model path: Prefect's server, and Prefect in the run.

    python -m tests.benchmarks.orchestration [SECONDS] [FILE]

Runs a big job in a process of its own, on an embedded Prefect server, against the world with real delays. A
signal after each 2 ms of CPU looks where the main thread is: what is nearest to the top of its stack, a
module of Prefect or one of ours, owns the sample. The other threads are told apart by their clocks: Prefect's
own send events and logs, the others are the store's.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from types import FrameType
from typing import Any, Self

from tests.benchmarks.measured import processes
from tests.benchmarks.measured.stack import free_port

ROOT = Path(__file__).parents[2]
EVERY_S = 0.002
TOP = 25
_PREFECT = f"{os.sep}prefect{os.sep}"
_OURS = (f"{ROOT}{os.sep}flows{os.sep}", f"{ROOT}{os.sep}service{os.sep}")
_WAITING = ("select", "poll")


class Sampler:
    """Who uses this process's CPU, from entering to leaving the block, in the main thread."""

    def __init__(self) -> None:
        self.samples: Counter[str] = Counter()
        self.places: Counter[str] = Counter()
        self._threads: dict[int, float] = {}
        self.threads_s: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._threads = dict(self._clocks())
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        used: defaultdict[str, float] = defaultdict(float)
        for ident, now_s in self._clocks():
            used[names.get(ident, "?")] += now_s - self._threads.get(ident, 0.0)
        self.threads_s = dict(used)

    @staticmethod
    def _clocks() -> list[tuple[int, float]]:
        found = []
        for thread in threading.enumerate():
            if thread.ident is not None:
                try:
                    found.append((thread.ident, time.clock_gettime(time.pthread_getcpuclockid(thread.ident))))
                except OSError:
                    continue
        return found

    def _look(self, _number: int, frame: FrameType | None) -> None:
        if frame is None or frame.f_code.co_name in _WAITING:
            return
        inner = frame
        at: FrameType | None = frame
        while at is not None:
            name = at.f_code.co_filename
            if _PREFECT in name or name.startswith(_OURS):
                owner = "prefect" if _PREFECT in name else "ours"
                self.samples[owner] += 1
                self.places[f"{owner} {_short(name)}:{at.f_code.co_name} < {inner.f_code.co_name}"] += 1
                return
            at = at.f_back
        self.samples["neither"] += 1
        self.places[f"neither {_short(inner.f_code.co_filename)}:{inner.f_code.co_name}"] += 1


def _short(path: str) -> str:
    return "/".join(Path(path).parts[-3:])


def measure(seconds: float) -> dict[str, Any]:
    """Measure in a process of its own, so that it samples nothing else."""
    from tests.benchmarks.peers.sides import a_world, begin

    with tempfile.TemporaryDirectory(prefix="bench-orchestration-") as folder, a_world() as world:
        begin(world)
        file = Path(folder) / "found.json"
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.orchestration", str(seconds), str(file)],
            cwd=ROOT,
            env={**os.environ, **world.environment, "LEARN_HOME": f"{folder}/home"},
            check=True,
        )
        found: dict[str, Any] = json.loads(file.read_text())
        return found


async def sampled(seconds: float, home: Path) -> dict[str, Any]:
    """The job, here."""
    from flows.settings import read_settings
    from service.stack.environment import adopted, client_environment
    from service.stack.prefect_server import ensure_server, stop_if_unused, take_lease

    settings = read_settings().model_copy(update={"prefect_port": free_port()})
    lease = await take_lease(settings)
    try:
        url = await ensure_server(settings, say=lambda text: print(text, file=sys.stderr))
        with adopted(client_environment(settings, url) | {"PREFECT_LOGGING_LEVEL": "WARNING"}):
            from flows import big_learning

            [server] = processes.found(f"LEARN_HOME={home}", "service.stack.prefect_server")
            await asyncio.sleep(3)
            server_before, before = processes.cpu_s(server), time.process_time()
            with Sampler() as sampler:
                job = await big_learning(minutes=seconds / 60)
            own_s = time.process_time() - before
            await asyncio.sleep(2)
            server_s = processes.cpu_s(server) - server_before
    finally:
        lease.close()
        await stop_if_unused(settings, within_s=10)
    return _told(sampler, own_s, server_s, job.counts.stored, seconds)


def _told(sampler: Sampler, own_s: float, server_s: float, entries: int, seconds: float) -> dict[str, Any]:
    main = threading.main_thread().name
    others = {name: s for name, s in sampler.threads_s.items() if name != main}
    prefect_threads = sum(s for name, s in others.items() if _is_prefects(name))
    share = sampler.samples["prefect"] / max(1, sampler.samples.total())
    main_s = sampler.threads_s[main]
    a_entry = 1000 / max(1, entries)
    engine_ms = (main_s * share + prefect_threads) * a_entry
    return {
        "seconds": seconds,
        "entries": entries,
        "run_ms": own_s * a_entry,
        "server_ms": server_s * a_entry,
        "engine_ms": engine_ms,
        "orchestration_ms": server_s * a_entry + engine_ms,
        "main_thread_ms": main_s * a_entry,
        "samples": dict(sampler.samples),
        "threads_ms": {
            name: round(s * a_entry, 3) for name, s in sorted(others.items(), key=lambda o: -o[1])
        },
        "top": [f"{count:6} {place}" for place, count in sampler.places.most_common(TOP)],
    }


def _is_prefects(thread: str) -> bool:
    return any(mark in thread for mark in ("Prefect", "Worker", "GlobalEventLoop", "RunSync", "Heartbeat"))


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 40.0
    if len(sys.argv) > 2:
        found = asyncio.run(sampled(seconds, Path(os.environ["LEARN_HOME"])))
        Path(sys.argv[2]).write_text(json.dumps(found))
    else:
        print(json.dumps(measure(seconds), indent=2))


if __name__ == "__main__":
    main()
