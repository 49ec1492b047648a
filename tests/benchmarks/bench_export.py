"""How much memory an export of many entries takes: `python tests/benchmarks/bench_export.py [ENTRIES]`
(100,000), or by pytest.

Each format is exported once by a facade in a process of its own and read by its real reader here. The figure
is the growth of the facade's resident memory from before the export to its peak, megabytes.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

import httpx
import pandas as pd
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT), str(ROOT / "tests" / "flows" / "stores")]

LIMIT_MB = 100
BATCH = 1000


async def fill(path, count):
    from store_documents import ANN, START, batch, citation, entry, job

    from flows.knowledge import Word
    from flows.stores import open_store

    long = (
        "A definition of about the length that real ones have, with a clause or two that explain what it is"
        " and is not. "
    )
    async with open_store(f"sqlite:///{path}") as store:
        begun = await store.begin_attempt(job())
        for number in range(0, count, BATCH):
            keys = [f"word {n:07}" for n in range(number, min(number + BATCH, count))]
            await store.claim(
                [Word(text=k, key=k) for k in keys],
                job_id=ANN,
                attempt=begun.attempt,
                until=START + timedelta(days=9999),
            )
            made = [
                entry(k, definition=f"{long}{k}", citations=(citation(long), citation(long))) for k in keys
            ]
            assert await store.commit_batch(
                batch(*keys, attempt=begun.attempt, number=number // BATCH + 1), entries=made
            )


def resident_mb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(pid)


class Peak(threading.Thread):
    """Looks at a process' memory every 20 ms."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.before = self.mb = resident_mb(pid)
        self.is_done = threading.Event()

    def run(self):
        while not self.is_done.wait(0.02):
            self.mb = max(self.mb, resident_mb(self.pid))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def count_of(format_, path):
    if format_ == "jsonl":
        return sum(len(frame) for frame in pd.read_json(path, lines=True, chunksize=5000))
    if format_ == "csv":
        return sum(len(frame) for frame in pd.read_csv(path, chunksize=5000, keep_default_na=False))
    return pq.ParquetFile(path).metadata.num_rows


def measure(count):
    """Seconds, megabytes of the file and growth of memory in megabytes, by format."""
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(fill(folder / "store.db", count))
        port = free_port()
        environment = {
            **os.environ,
            "LEARN_HOME": name,
            "LEARN_STORE": f"sqlite:///{folder / 'store.db'}",
            "LEARN_PORT": str(port),
        }
        environment |= {
            "PYTHONPATH": str(ROOT),
            "PREFECT_API_URL": "http://127.0.0.1:9/api",
            "PREFECT_HOME": name,
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "service.stack.web_server"], env=environment, stdout=log, stderr=log
            )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
                wait_for(client)
                for format_ in ("jsonl", "csv", "parquet"):
                    results[format_] = export(client, process.pid, format_, folder / f"all.{format_}", count)
        finally:
            process.terminate()
            process.wait(20)
    return results


def wait_for(client):
    deadline = time.monotonic() + 60
    while True:
        try:
            client.get("/knowledge?limit=1").raise_for_status()
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


def export(client, pid, format_, path, count):
    peak = Peak(pid)
    peak.start()
    began = time.monotonic()
    with (
        client.stream(
            "GET", f"/knowledge/export?format={format_}", headers={"Accept-Encoding": "identity"}
        ) as answer,
        path.open("wb") as file,
    ):
        answer.raise_for_status()
        for piece in answer.iter_bytes():
            file.write(piece)
    took_s = time.monotonic() - began
    peak.is_done.set()
    peak.join()
    assert count_of(format_, path) == count
    return took_s, path.stat().st_size / 1e6, peak.mb - peak.before


def report(count):
    results = measure(count)
    print(f"\n{count:,} entries")
    for format_, (took_s, size_mb, growth_mb) in results.items():
        print(f"{format_:8} {took_s:6.1f} s  {size_mb:7.1f} MB  memory +{growth_mb:5.1f} MB")
    return results


def test_export_of_many_entries_takes_little_memory():
    assert all(growth_mb < LIMIT_MB for _, _, growth_mb in report(100_000).values())


if __name__ == "__main__":
    report(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
