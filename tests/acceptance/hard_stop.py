"""A job works no longer than it was given, and ends at most two seconds late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rows import Document

HARD_STOP_S = 2.0


def hard_stop(job: Document, late_s: float, *, has_jumped: bool) -> Iterator[str]:
    """How a job broke its limit; see `faults_in`."""
    minutes = job["parameters"].get("minutes") or (2 if job["mode"] == "quick" else 10)
    if job["active_seconds"] > minutes * 60 + HARD_STOP_S + late_s:
        yield f"it worked for {job['active_seconds']} s instead of {minutes * 60:.0f}"
    if (
        not has_jumped
        and job["status"] == "completed"
        and job["finished_at"]
        and job["deadline_at"]
        and moment(job["finished_at"]) > moment(job["deadline_at"]) + HARD_STOP_S + late_s
    ):
        yield f"it ended at {job['finished_at']} and should have by {job['deadline_at']}"


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
