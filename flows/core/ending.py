"""Why a job ends, and what it still begins until then: one rule, and the one that runs."""

from __future__ import annotations

from dataclasses import dataclass

from flows.knowledge import EndReason

DRY_ROUNDS = 3
"""Rounds in a row without one new word after which a job ends."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a job that may end it. Several facts may hold at once, in whatever order they came."""

    is_failed: bool = False
    """Whether an error makes going on impossible."""
    is_stopped: bool = False
    """Whether a person, Prefect or the operating system wants it to end."""
    is_reached: bool = False
    """Whether as many entries are stored as were asked for."""
    is_spent: bool = False
    """Whether no candidate is left and none will come."""
    is_over: bool = False
    """Whether the time was up, or too short for one more batch, while there was work left."""
    is_quota_used_up: bool = False
    """Whether the model refused work because its quota is used up."""
    dry_rounds: int = 0
    """So many of the latest rounds, in a row, brought no new word."""

    @property
    def is_dry(self) -> bool:
        """Whether new words have ceased to come."""
        return self.dry_rounds >= DRY_ROUNDS

    @property
    def begins_batches(self) -> bool:
        """Whether batches that wait for a worker are still begun."""
        return not (self.is_failed or self.is_stopped or self.is_over or self.is_quota_used_up)

    @property
    def proposes(self) -> bool:
        """Whether the job goes on to another round."""
        return self.begins_batches and not (self.is_reached or self.is_spent or self.is_dry)


def end_reason(facts: Facts) -> EndReason:
    """Why a job has ended.

    Where several facts hold, an error comes first and a person's wish second, then success, then what cut
    work short, then what ran out: failed, stopped, target reached, time limit, quota used up, all done,
    nothing new.
    """
    reasons: tuple[tuple[bool, EndReason], ...] = (
        (facts.is_failed, "failed"),
        (facts.is_stopped, "stopped"),
        (facts.is_reached, "target reached"),
        (facts.is_over, "time limit"),
        (facts.is_quota_used_up, "quota used up"),
        (facts.is_spent, "all done"),
        (facts.is_dry, "nothing new"),
    )
    return next((reason for holds, reason in reasons if holds), "all done")
