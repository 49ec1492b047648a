"""Two jobs at once on one store."""

from __future__ import annotations

import os

import pytest
from house import agrees

pytestmark = pytest.mark.acceptance


@pytest.mark.parametrize("attempt", range(int(os.environ.get("TOGETHER_TIMES", "1"))))
def test_two_processes_share_the_words_and_claim_none_twice(stack, own_store, attempt):
    runs = [stack.learn("run", "big", "--minutes", "0.12", "--plain", store=own_store) for _ in range(2)]
    assert [run.wait(60) for run in runs] == [0, 0]
    rows = runs[0].store.sound()
    assert len(rows.jobs) == 2
    takers = {}
    for round_, candidate in rows.accepted:
        takers.setdefault(candidate["key"], []).append(round_)
    for key, rounds in takers.items():
        if len(rounds) > 1:
            # the one had ended and given the word back before the other took it up
            first, second = sorted(rounds, key=lambda r: r["created_at"])
            assert rows.jobs[first["job_id"]]["finished_at"] < second["created_at"], key
    done = [{o["key"] for b in rows.of(job)[1] for o in b["outcomes"]} for job in rows.jobs]
    assert not done[0] & done[1]
    assert all(done)
    overlap = sorted((job["started_at"], job["finished_at"]) for job in rows.jobs.values())
    assert overlap[1][0] < overlap[0][1], "they did not run at the same time"
    for job in rows.jobs.values():
        assert job["end_reason"] == "time limit"
        agrees(stack, job)
    rows.close()
