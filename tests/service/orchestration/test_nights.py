"""Nightly jobs for weeks: what they leave goes, in our store and in Prefect's database, table by table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NIGHTS = Path(__file__).parents[2] / "nights.py"
DETAILS_DAYS, JOBS_DAYS = 4, 10
FULL = JOBS_DAYS + 1
"""The first night on which as much goes as comes."""


@pytest.mark.prefect
@pytest.mark.scheduled
@pytest.mark.timeout(900)
def test_sizes_stay_flat_and_no_table_grows_that_nobody_prunes(tmp_path):
    kept = {"LEARN_KEEP_DETAILS_DAYS": str(DETAILS_DAYS), "LEARN_KEEP_JOBS_DAYS": str(JOBS_DAYS)}
    done = subprocess.run(
        [sys.executable, NIGHTS, "--nights", "28", "--home", tmp_path / "home"],
        env={**os.environ, **kept},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    nights = [json.loads(line) for line in done.stdout.splitlines()]
    assert [night["night"] for night in nights] == list(range(1, 29))
    week, flat = nights[:7], nights[FULL:]
    for kind in ("store", "prefect"):
        grows = {table for table, count in week[-1][kind].items() if count > week[0][kind][table]}
        assert grows >= (
            {"jobs", "job_log"} if kind == "store" else {"flow_run", "task_run", "artifact", "log"}
        )
        # a failed job keeps its details with its row, so weeks are compared and not nights
        for table in nights[-1][kind]:
            sizes = [night[kind][table] for night in flat]
            assert max(sizes[-7:]) <= max(sizes[:7]), f"{table} of {kind} grows: {sizes}"
    assert all(night["store_free"] == 0 for night in nights)
    for name in ("details_bytes", "prefect_bytes"):
        sizes = [night[name] for night in flat]
        assert max(sizes[-7:]) <= 1.05 * max(sizes[:7]), f"{name} grows: {sizes}"
