"""Whether the process of a run lives: by the process itself where it is on this machine, otherwise by
its signs of life.

How long a run has been silent is counted in looks, so neither a clock that jumps nor a machine that slept,
nor a projector that was stopped, makes a healthy job look dead. One rule asks a clock that can be set: a
silent run that is far past its deadline is given less patience.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from flows import own_machine
from flows.core import ending
from flows.knowledge import FINAL_STATUSES, Job, PrefectState, ProcessMark
from service.orchestration.types import Run

Fate = Literal["alive", "gone", "unsure"]
Remedy = Literal["take back", "give up", "crashed", "silent", "overdue", "cancelled", "kill", "said"]
Lives = Callable[[ProcessMark], bool | None]

PENDING_S = 60.0
"""How long a run that a worker took may stay PENDING where nobody knows of a living process for it."""
STARTING_S = 300.0
"""The same where its process lives: it may wait for Prefect."""
TAKES = 3
"""How often a run that never began is put back into the queue."""
SILENT_S = 100.0
"""How long a run that another machine runs may give no sign: three heartbeats of 30 s, plus a margin."""
OVERDUE_S = 15.0
"""The same for one that is far past its deadline. A job at work writes its row every five seconds."""
ABANDONED_S = 60.0
"""The same for one that is being cancelled: it ends within half a minute."""
LOST_S = 15.0
"""The same for one that never began and of whose process nobody knows."""
HEAD_START_S = 3.0
"""How long a living worker may take to tell that its run's process died; it alone knows how."""
MOST_BETWEEN_LOOKS_S = 10.0
"""At most this much silence counts between two looks: a longer gap may only mean that we did not look."""
SUSPENDED = "Suspended"
"""Prefect's name for the state PAUSED of a run that needs no process until it is resumed."""
TAKEN_BACK = "TakenBack"
"""Our name for the state SCHEDULED of a run that a worker took and never began."""
CRASHES: dict[Remedy, tuple[str, str]] = {
    "crashed": (ending.GONE, "Its process is gone"),
    "overdue": (ending.OVERDUE, "It ran past its deadline and its process stopped responding"),
    "silent": (ending.SILENT, "Its process stopped responding"),
    "give up": (ending.NEVER_BEGAN, "Several workers took the run, but none started it"),
}
"""The state's name and message of a run that a remedy ends as crashed."""


def is_alive(mark: ProcessMark) -> bool | None:
    """Whether a process lives; None if this machine cannot know."""
    return own_machine.lives(mark.machine, mark.pid, mark.started)


def kill_process(mark: ProcessMark) -> None:
    """Kill a process of this machine that does not end by itself."""
    own_machine.kill(mark.machine, mark.pid, mark.started)


class Silence:
    """For how many seconds each job has given no sign of life, added up between checks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[UUID, tuple[object, float, float]] = {}

    def look(self, job_id: UUID, sign: object) -> float:
        """Seconds of silence of a job whose latest sign of life is this one."""
        now = self._clock()
        last, at, silent_s = self._seen.get(job_id, (None, now, 0.0))
        silent_s = silent_s + min(now - at, MOST_BETWEEN_LOOKS_S) if last == sign else 0.0
        self._seen[job_id] = (sign, now, silent_s)
        return silent_s

    def heard(self, job_id: UUID) -> None:
        """Record a sign of life."""
        if job_id in self._seen:
            self._seen[job_id] = (self._seen[job_id][0], self._clock(), 0.0)

    def keep(self, job_ids: Collection[UUID]) -> None:
        """Forget all other jobs."""
        for job_id in self._seen.keys() - set(job_ids):
            del self._seen[job_id]


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is known about one open run: Prefect's state, all its states in order, and its row."""

    run: Run
    past: Sequence[PrefectState]
    row: Job | None

    @property
    def _last_queued(self) -> PrefectState | None:
        return next((state for state in reversed(self.past) if state.type == "SCHEDULED"), None)

    @property
    def has_begun(self) -> bool:
        """Whether the latest attempt has been RUNNING."""
        if self.run.state.type in {"SCHEDULED", "PENDING", "RUNNING"}:
            return self.run.state.type == "RUNNING"  # whatever the order of the others
        since = next((s for s in reversed(self.past) if s.type in {"SCHEDULED", "RUNNING"}), None)
        return since is not None and since.type == "RUNNING"

    @property
    def takes(self) -> int:
        """How often the run was put back into the queue without having begun."""
        count = 0
        for state in reversed(self.past):
            if state.type == "RUNNING":
                break
            count += state.name == TAKEN_BACK
        return count

    @property
    def worker(self) -> ProcessMark | None:
        """The worker that took the run last, if that is known."""
        taken, queued = self.run.taken, self._last_queued
        is_latest = taken is not None and (queued is None or queued.id == taken.after)
        return taken.worker if taken is not None and is_latest else None

    @property
    def process(self) -> ProcessMark | None:
        """The process of the latest attempt, if that is known."""
        running = next((state for state in reversed(self.past) if state.type == "RUNNING"), None)
        row = self.row
        if (
            self.has_begun
            and row is not None
            and row.process is not None
            and row.running_since is not None
            and running is not None
            and row.running_since >= running.since
        ):
            return row.process
        taken, queued = self.run.taken, self._last_queued
        is_latest = taken is not None and (queued is None or queued.id == taken.after)
        return taken.process if taken is not None and is_latest else None

    @property
    def has_told_its_end(self) -> bool:
        """Whether the process of the latest attempt has reported how it ended."""
        row = self.row
        return row is not None and row.run_status in FINAL_STATUSES and self.process == row.process


def fate_of(look: Look, is_alive: Lives) -> Fate:
    """Whether the process of an open run is alive."""
    if (process := look.process) is not None:
        known = is_alive(process)
        return "unsure" if known is None else "alive" if known else "gone"
    if look.has_begun or (worker := look.worker) is None:
        return "unsure"
    # a worker that lives starts the process, or has failed to
    return "gone" if is_alive(worker) is False else "unsure"


def process_at_work(row: Job) -> ProcessMark | None:
    """The process of an open job by its row alone, if that is known; a queued job's row has only that of an
    earlier attempt.
    """
    return row.process if row.status in {"running", "cancelling"} else None


def is_abandoned(row: Job, is_alive: Lives, *, silent_s: float) -> bool:
    """Whether nobody works on an open job whose run Prefect does not know; a living process writes its own
    end.
    """
    known = is_alive(row.process) if row.process is not None else None
    if row.status == "queued":
        # whatever a worker may still be starting for it
        return silent_s >= PENDING_S and not known
    if known is None:
        return silent_s >= (SILENT_S if row.attempt else PENDING_S)
    return not known


def remedy_of(
    look: Look, fate: Fate, *, silent_s: float, gone_s: float, has_worker: bool, is_overdue: bool
) -> Remedy | None:
    """What to do with an open run; None to leave it alone.

    `silent_s` is how long it has given no sign of life, `gone_s` how long its process has been known to be
    gone, `has_worker` whether the worker that watched the process is alive, `is_overdue` whether its deadline
    is long past by the store's clock.
    """
    kind = look.run.state.type
    is_gone = fate == "gone" and (not has_worker or gone_s >= HEAD_START_S)
    if kind == "PENDING":
        limit_s = STARTING_S if fate == "alive" else PENDING_S
        if is_gone or silent_s >= limit_s:
            return "take back" if look.run.has_deployment and look.takes < TAKES else "give up"
    elif kind == "CANCELLING":
        patience_s = ABANDONED_S if look.has_begun or look.process is not None else LOST_S
        if is_gone or (fate == "unsure" and silent_s >= patience_s):
            return "cancelled"
        # its worker, which would kill it after half a minute, is gone; in no other process is it alone
        if fate == "alive" and look.run.has_deployment and silent_s >= ABANDONED_S:
            return "kill"
    elif kind == "RUNNING" or (kind == "PAUSED" and look.run.state.name != SUSPENDED):
        if is_gone:
            return "said" if look.has_told_its_end else "crashed"
        if fate == "unsure" and is_overdue and silent_s >= OVERDUE_S:
            return "overdue"
        if fate == "unsure" and silent_s >= SILENT_S:
            return "silent"
    return None
