"""Memory of a stack's processes while ten-minute jobs follow each other, one number every ten seconds."""

from __future__ import annotations

import tempfile
import time
from functools import partial
from typing import Any

from tests.benchmarks.measured.processes import Watch
from tests.benchmarks.measured.stack import PARTS, Stack
from tests.benchmarks.peers.sides import a_world, begin


def measure(minutes: float) -> dict[str, Any]:
    """Run one job after another in the world for this many minutes."""
    with tempfile.TemporaryDirectory(prefix="bench-memory-") as folder, a_world() as world:
        stack = Stack(folder, world.environment)
        try:
            stack.warm()
            begin(world)
            groups: Any = {name: partial(stack.processes, part) for name, part in PARTS.items()}
            groups["runs, warm ones too"] = partial(stack.processes, "service.engine")
            ends = time.monotonic() + 60 * minutes
            jobs = []
            with Watch(groups, every_s=1.0, memory_every=10) as watch:
                while (left_s := ends - time.monotonic()) > 5:
                    job = stack.start(minutes=min(10.0, left_s / 60))
                    jobs.append(job)
                    while stack.facade.get(f"/jobs/{job}").json()["status"] not in {"completed", "failed"}:
                        time.sleep(2)
            learned = [stack.entries(job) for job in jobs]
            return {"minutes": minutes, "entries": learned, "cpu_s": watch.cpu_s, "mb": watch.memory_mb}
        finally:
            stack.end()
