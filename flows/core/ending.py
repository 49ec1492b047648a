"""Why a job ends, and what it still starts until then; and why a run ended badly, as Prefect tells it."""

from __future__ import annotations

from dataclasses import dataclass

from flows.knowledge import RUN_DELETED_CODE, EndReason, PrefectState, Reason, ReasonCode

DRY_ROUNDS = 3
"""Rounds in a row without one new word after which a job ends."""
OVERDUE, SILENT, GONE, NEVER_BEGAN = "Overdue", "Silent", "Gone", "NeverBegan"
"""Our names of Prefect's state CRASHED: for a run far past its time limit, for one that gives no sign,
for one whose process is known to be gone, and for one that several workers took and none began.
"""
RUN_DELETED = "RunDeleted"
"""Our name of the last state of a run that Prefect no longer knows. It is in our row and log only."""
WORKER_STOPPED = "WorkerStopped"
"""Our name of Prefect's state CRASHED for a run whose worker was stopped; it can go on."""
SUPERSEDED_EXIT = 75
"""The exit code of a process whose run has begun again elsewhere: it tells Prefect nothing."""
_BY_NAME: dict[str, ReasonCode] = {
    "TimedOut": "timed_out",
    OVERDUE: "overdue",
    SILENT: "vanished",
    GONE: "gone",
    NEVER_BEGAN: "never_began",
    RUN_DELETED: RUN_DELETED_CODE,
    WORKER_STOPPED: "worker_stopped",
}
_LAST_SIGNAL, _BY_SHELL = 64, 128
"""Shells and containers report a signal as 128 plus its number; Python negates it."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known about a job that may end it. Several facts may be true at once; their order does not
    matter.
    """

    is_failed: bool = False
    """Whether an error makes going on impossible."""
    is_stopped: bool = False
    """Whether a person, Prefect or the operating system wants it to end."""
    is_worker_stopping: bool = False
    """Whether the worker that runs the job is being stopped, so that the rest is left to a later attempt."""
    is_reached: bool = False
    """Whether as many entries are stored as were asked for."""
    is_spent: bool = False
    """Whether no candidate is left and none will come."""
    is_over: bool = False
    """Whether the time was up, or too short for one more batch, while there was work left."""
    is_quota_used_up: bool = False
    """Whether the model refused work because its quota is used up."""
    dry_rounds: int = 0
    """How many rounds in a row, up to the latest, brought no new word."""

    @property
    def is_dry(self) -> bool:
        """Whether new words have stopped coming."""
        return self.dry_rounds >= DRY_ROUNDS

    @property
    def begins_batches(self) -> bool:
        """Whether waiting batches are still begun."""
        return not (
            self.is_failed
            or self.is_stopped
            or self.is_worker_stopping
            or self.is_over
            or self.is_quota_used_up
        )

    @property
    def proposes(self) -> bool:
        """Whether the job will propose another round."""
        return self.begins_batches and not (self.is_reached or self.is_spent or self.is_dry)


def end_reason(facts: Facts) -> EndReason:
    """Why a job has ended.

    If several facts are true, an error comes first, then a person's wish, then success, then what cut the
    work short, then what ran out: failed, stopped, target reached, worker stopped, time limit, quota used up,
    all done, nothing new.
    """
    reasons: tuple[tuple[bool, EndReason], ...] = (
        (facts.is_failed, "failed"),
        (facts.is_stopped, "stopped"),
        (facts.is_reached, "target reached"),
        (facts.is_worker_stopping, "worker stopped"),
        (facts.is_over, "time limit"),
        (facts.is_quota_used_up, "quota used up"),
        (facts.is_spent, "all done"),
        (facts.is_dry, "nothing new"),
    )
    return next((reason for holds, reason in reasons if holds), "all done")


def reason_of_end(state: PrefectState, exit_code: int | None) -> Reason | None:
    """The reason for a bad end; None for any other state."""
    if state.type not in {"FAILED", "CRASHED"}:
        return None
    if (code := _BY_NAME.get(state.name)) is not None:
        return Reason(code=code)
    if state.type == "CRASHED" and exit_code is not None:
        number = -exit_code if exit_code < 0 else exit_code - _BY_SHELL
        if 0 < number <= _LAST_SIGNAL:
            return Reason(code="killed", params={"signal": number})
        return Reason(code="exited", params={"exit_code": exit_code})
    return Reason(code="prefect", params={"state": state.name, "message": state.message})
