"""What was done in a seed, and who died of it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.faults.plan import Step


@dataclass(frozen=True)
class Death:
    """The process of a job's attempt ended, or was known to, at a monotonic moment."""

    kind: str
    job_id: str
    at: float
    attempt: int


@dataclass
class Done:
    """A step that was carried out, until when its effect lasted, and whom it hit."""

    step: Step
    began: float
    ended: float | None = None
    job_ids: tuple[str, ...] = ()
