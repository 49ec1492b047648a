"""How long `GET /jobs` and `GET /jobs/{id}` take while four big jobs are at work.

Four pages ask, each once a second, as four people who look on would; the connection stays open. Without a
world the jobs learn from the lexicon and take all the cores they get: the worst case. With one they wait for
Groq's quota, which they share.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import httpx

from tests.benchmarks.measured.processes import wait_for
from tests.benchmarks.measured.stack import Stack
from tests.benchmarks.peers.sides import a_world, begin

JOBS = 4
PAGES = 4
AT_WORK_S = 300
"""How long to wait for the first words: on a busy machine four jobs take minutes."""


def quantiles_ms(values_s: list[float]) -> dict[str, float]:
    """Median, p99 and the longest, in milliseconds."""
    ordered = sorted(1000 * value for value in values_s)
    return {
        "times": len(ordered),
        "p50": statistics.median(ordered),
        "p99": ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
        "most": ordered[-1],
    }


async def _ask(url: str, jobs: list[str], seconds: float) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {"GET /jobs": [], "GET /jobs/{id}": []}

    async def page(number: int) -> None:
        await asyncio.sleep(number / PAGES)
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            ids = itertools.cycle(jobs[number:] + jobs[:number])
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                began = time.monotonic()
                for name, path in (("GET /jobs", "/jobs"), ("GET /jobs/{id}", f"/jobs/{next(ids)}")):
                    before = time.monotonic()
                    (await client.get(path)).raise_for_status()
                    took[name].append(time.monotonic() - before)
                await asyncio.sleep(max(0.0, 1.0 - (time.monotonic() - began)))

    await asyncio.gather(*map(page, range(PAGES)))
    return took


def under_load(stack: Stack, seconds: float) -> dict[str, Any]:
    """Start the jobs, wait until all run and have stored a word, and ask for so many seconds."""
    began = time.monotonic()
    jobs = [stack.start(minutes=10) for _ in range(JOBS)]
    wait_for(lambda: all(map(stack.entries, jobs)), AT_WORK_S, "the first words of four jobs")
    at_work_s = time.monotonic() - began
    before = sum(map(stack.entries, jobs))
    took = asyncio.run(_ask(stack.url, jobs, seconds))
    learned = sum(map(stack.entries, jobs)) - before
    statuses = [stack.facade.get(f"/jobs/{job}").json()["status"] for job in jobs]
    for job in jobs:
        stack.facade.post(f"/jobs/{job}/cancel", json={"drain": False})
    wait_for(
        lambda: all(
            stack.facade.get(f"/jobs/{job}").json()["status"] in {"cancelled", "completed", "failed"}
            for job in jobs
        ),
        60,
        "the end of four jobs",
    )
    return {
        "jobs": statuses,
        "all_at_work_s": at_work_s,
        "words_a_second": learned / seconds,
        **{name: quantiles_ms(values) for name, values in took.items()},
    }


def measure(seconds: float, *, with_model: bool) -> dict[str, Any]:
    """A stack of its own."""
    with ExitStack() as kept, tempfile.TemporaryDirectory(prefix="bench-api-") as folder:
        environment: Mapping[str, str] | None = None
        if with_model:
            world = kept.enter_context(a_world())
            environment = world.environment
        stack = Stack(folder, environment)
        try:
            stack.warm()
            if with_model:
                begin(world)
            return under_load(stack, seconds)
        finally:
            stack.end()
