"""The table of `make bench`."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.benchmarks import report
from tests.benchmarks.measured import processes


def turn(side, entries, **more):
    return {"side": side, "entries_a_minute": entries, "memory_mb": {}} | more


def row(text, label):
    return next(line for line in text.splitlines() if line.startswith(label)).removeprefix(label).split()


def test_sides_stand_beside_each_other_by_their_medians():
    turns = [turn("ours", n, refused=0) for n in (1_200, 1_000, 1_100)] + [turn("original", 55.0)]
    text = report.table({"turns": turns})
    assert row(text, "valid entries a minute") == ["1,100", "55"]
    assert row(text, "ours learns so many times as many") == ["1.00", "20.00"]
    assert row(text, "requests to the model refused (429)") == ["0", "–"]


def test_a_side_that_could_not_run_is_named_with_its_reason():
    text = report.table({"turns": [turn("ours", 1_000), {"side": "original", "skipped": "no Redis"}]})
    assert row(text, "valid entries a minute") == ["1,000", "–"]
    assert "original: left out. no Redis" in text


def test_bytes_of_parts_are_added_and_a_share_of_one_is_not():
    found = turn("ours", 1.0, bytes_an_entry={"base": 3_000.0, "of it text": 900.0, "Prefect": 2_000.0})
    assert row(report.table({"turns": [found]}), "bytes an entry, bookkeeping included") == ["5,000"]


def test_a_watch_counts_what_a_process_uses_and_its_children_are_found():
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
    try:
        processes.wait_for(lambda: len(processes.tree(process.pid)) == 2, 60, "a child")
        with processes.Watch({"self": lambda: [os.getpid()], "nobody": list}) as watch:
            while processes.cpu_s(os.getpid()) - watch._first[os.getpid()] < 0.05:
                pass
        assert watch.cpu_s["self"] >= 0.05
        assert watch.cpu_s["nobody"] == 0
        assert watch.memory_mb["self"][0] > 1
    finally:
        process.communicate(b"\n")
