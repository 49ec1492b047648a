"""Several jobs at once on one store."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest
from house import agrees

pytestmark = pytest.mark.acceptance


@pytest.mark.parametrize("attempt", range(int(os.environ.get("TOGETHER_TIMES", "1"))))
@pytest.mark.parametrize("count", [2, 4])
def test_processes_share_the_words_and_claim_none_twice(stack, own_store, count, attempt):
    minutes = str(0.06 * count)  # they share the cores
    runs = [stack.learn("run", "big", "--minutes", minutes, "--plain", store=own_store) for _ in range(count)]
    assert [run.wait(40 + 30 * count) for run in runs] == [0] * count
    rows = runs[0].store.sound()
    assert len(rows.jobs) == count
    takers = {}
    for round_, candidate in rows.accepted:
        takers.setdefault(candidate["key"], []).append(round_)
    for key, rounds in takers.items():
        # each had ended and given the word back before the next took it up
        for first, second in pairwise(sorted(rounds, key=lambda r: r["created_at"])):
            assert rows.jobs[first["job_id"]]["finished_at"] < second["created_at"], key
    done = [{o["key"] for b in rows.of(job)[1] for o in b["outcomes"]} for job in rows.jobs]
    assert sum(map(len, done)) == len(set().union(*done))
    assert all(done)
    overlap = sorted((job["started_at"], job["finished_at"]) for job in rows.jobs.values())
    assert overlap[-1][0] < overlap[0][1], "they did not run at the same time"
    for job in rows.jobs.values():
        assert job["end_reason"] == "time limit"
        agrees(stack, job)
    rows.close()
