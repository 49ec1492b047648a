"""Jobs to be shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flows.knowledge import Counts, Job, JobEvent, StageCounts
from service.cli.output.trail import Scene

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


JOB_ID = UUID("11111111-2222-4333-8444-555555555555")


def make_job(stored: int = 0, **changes: object) -> Job:
    fields = {
        "job_id": JOB_ID,
        "mode": "big",
        "name": "big-learning · astronomy · 2026-01-02 03:04",
        "status": "running",
        "progress": 40,
        "counts": Counts(stored=stored, accepted=400, failed=3, rounds=2),
        "last_round": 2,
        "stages": {
            "propose": StageCounts(done=2000),
            "research": StageCounts(done=300, in_flight=20),
            "synthesize": StageCounts(done=280, in_flight=20),
            "enrich": StageCounts(done=stored, in_flight=40),
        },
        "created_at": NOW,
        "started_at": NOW,
        "deadline_at": NOW + timedelta(minutes=10),
        "attempt": 1,
    }
    return Job(**(fields | changes))


def event(kind: str, text: str = "", words: tuple[str, ...] = (), seq: int = 1) -> JobEvent:
    return JobEvent(attempt=1, seq=seq, kind=kind, text=text, words=words, occurred=NOW)


def full_scene(**changes: object) -> Scene:
    words = tuple(f"word number {n}" for n in range(60))
    parts = {
        "job": make_job(250),
        "now": NOW + timedelta(minutes=4),
        "words": words,
        "rate": 21.0,
        "rates": (1.0, 5.0, 21.0),
    }
    parts |= {
        "problem": "The store is locked by another process; trying again in two seconds",
        "page": f"http://127.0.0.1:4200/runs/flow-run/{JOB_ID}",
    }
    return Scene(**(parts | changes))
