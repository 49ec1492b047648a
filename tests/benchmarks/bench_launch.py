"""How long a job takes to start and to be cancelled: `python tests/benchmarks/bench_launch.py [STARTS]` (20),
or by pytest.

On the real stack of `learn up` in a folder of its own, with the lexicon: start a big job at the facade, wait
for its first entry in the store, cancel it at once, wait until Prefect says CANCELLED and the process is
gone. Milliseconds, by this machine's clock; the parts of the launch are the times of Prefect's states. Also:
the memory of an idle warm process, and what an idle stack costs in CPU.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

from tests.benchmarks.measured import processes
from tests.benchmarks.measured.stack import PARTS, Stack

STARTS = 20
PAUSE_S = 5.0
"""Between two starts, so that each finds a warm process: what a person does."""
STEP_S = 0.005
IDLE_S = 20.0


def until(condition, within_s=60):
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, condition
        time.sleep(STEP_S)
    return found


def started_at(pid):
    """Unix time at which a process began."""
    ticks = int(processes.stat(pid)[19])
    boot = next(
        float(line.split()[1])
        for line in Path("/proc/stat").read_text().splitlines()
        if line.startswith("btime")
    )
    return boot + ticks / processes.TICKS


def launch(stack):
    """One start and one cancellation: seconds by name."""
    began = time.time()
    job_id = stack.facade.post("/jobs/start_big", json={"minutes": 2}).raise_for_status().json()["job_id"]
    answered = time.time()
    run = until(
        lambda: (r := stack.prefect.get(f"/flow_runs/{job_id}").json())["state_type"] == "RUNNING" and r
    )
    until(lambda: stack.entries(job_id))
    first_entry = time.time()
    states = stack.prefect.get("/flow_run_states/", params={"flow_run_id": job_id}).json()
    at = {state["name"]: datetime.fromisoformat(state["timestamp"]).timestamp() for state in states}
    pid = until(lambda: int(stack.prefect.get(f"/flow_runs/{job_id}").json()["infrastructure_pid"] or 0))
    was_warm = started_at(pid) < began
    time.sleep(1)
    asked = time.time()
    stack.facade.post(f"/jobs/{job_id}/cancel", json={"drain": False}).raise_for_status()
    until(lambda: not Path(f"/proc/{pid}").exists())
    gone = time.time()
    until(lambda: stack.prefect.get(f"/flow_runs/{job_id}").json()["state_type"] == "CANCELLED")
    cancelled = time.time()
    del run
    return was_warm, {
        "POST answered": answered - began,
        "  created -> pending (pick-up)": at["Pending"] - at["Scheduled"],
        "  pending -> submitting": at.get("Submitting", at["Pending"]) - at["Pending"],
        "  submitting -> running (hand-over, engine)": at["Running"] - at.get("Submitting", at["Pending"]),
        "  running -> first entry": first_entry - at["Running"],
        "POST -> running": at["Running"] - began,
        "POST -> first entry": first_entry - began,
        "  cancel -> process gone": gone - asked,
        "cancel -> cancelled, process gone": max(gone, cancelled) - asked,
    }


def idle_share(stack):
    """Shares of one core that Prefect's server and the worker use while nothing runs."""
    shares = {}
    groups = {name: stack.processes(module) for name, module in PARTS.items()}
    before = {name: sum(map(processes.cpu_s, pids)) for name, pids in groups.items()}
    time.sleep(IDLE_S)
    for name, pids in groups.items():
        shares[name] = (sum(map(processes.cpu_s, pids)) - before[name]) / IDLE_S
    return shares


def memory_mb(pid):
    """Memory of a process that it shares with no other, and all that it has resident."""
    rollup = dict(line.split(":") for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    kb = {name: int(value.split()[0]) for name, value in rollup.items()}
    return (kb["Private_Clean"] + kb["Private_Dirty"]) / 1024, kb["Rss"] / 1024


def measure(starts=STARTS):
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(folder)
        try:
            time.sleep(PAUSE_S)
            warm = stack.processes("--warm")
            memory = memory_mb(warm[0]) if warm else None
            shares = idle_share(stack)
            rows = []
            for number in range(starts):
                was_warm, row = launch(stack)
                rows.append(row)
                print(
                    number + 1,
                    "warm" if was_warm else "ORDINARY",
                    {k.strip(): round(v * 1000) for k, v in row.items()},
                    flush=True,
                )
                time.sleep(PAUSE_S)
        finally:
            stack.end()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'milliseconds, ' + str(starts) + ' starts':46}{'median':>8}{'p95':>8}{'max':>8}")
    for name in rows[0]:
        values = sorted(row[name] * 1000 for row in rows)
        p95 = statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
        print(f"{name:46}{statistics.median(values):8.0f}{min(p95, values[-1]):8.0f}{values[-1]:8.0f}")
    print("idle:", ", ".join(f"{name} {share:.1%} of a core" for name, share in shares.items()))
    if memory:
        print(f"an idle warm process holds {memory[0]:.0f} MB of its own, {memory[1]:.0f} MB resident")
    return rows


def test_jobs_start_and_end_in_about_a_second():
    rows = measure(5)
    assert all(row["POST -> first entry"] > row["POST -> running"] > 0 for row in rows)


if __name__ == "__main__":
    print(json.dumps({"python": sys.version.split()[0]}))
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else STARTS)
