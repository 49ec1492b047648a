"""Why a run that is due has not started, judging by its work pool."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from prefect.client.schemas.objects import WorkerStatus, WorkPool, WorkPoolStatus
from prefect.exceptions import ObjectNotFound

from flows.knowledge import Reason, utc_now
from service.orchestration.client import PrefectApi
from service.orchestration.liveness import TAKEN_BACK
from service.orchestration.types import Run

FRESH_S = 2.0
"""How long a pool's data stays fresh."""
LATE_S = 5.0
"""How long an online worker may take to pick up a run, and then to start its process."""
LATE_STATE = "Late"
"""Prefect's name of the state of a run that no worker has picked up in time."""
SLOT_STATE = "AwaitingConcurrencySlot"
"""Prefect's name for the state of a run that waits for a slot of its pool."""


class Pools:
    """The work pools that run our jobs. `clock` is what Prefect's moments are compared with."""

    def __init__(self, api: PrefectApi, clock: Callable[[], datetime] = utc_now) -> None:
        self._api = api
        self._clock = clock
        self._known: dict[str, tuple[float, WorkPool | None]] = {}

    async def why_waiting(self, run: Run) -> Reason | None:
        """Why a run that is due has not started within the time a worker needs; None if nothing is
        wrong yet.
        """
        state = run.state
        if run.pool is None:
            return None
        if state.type == "PENDING":
            is_late = (self._clock() - state.since).total_seconds() >= LATE_S
            return Reason(code="starting", params={"pool": run.pool}) if is_late else None
        if (why := await self._why_queued(run)) is None and state.name == TAKEN_BACK:
            return Reason(code="taken_back")
        return why

    async def _why_queued(self, run: Run) -> Reason | None:
        state, about = run.state, {"pool": run.pool}
        if state.name == SLOT_STATE:
            return Reason(code="slots_taken")
        since = run.due_at if state.name == LATE_STATE else max(run.due_at, state.since)
        waited_s = (self._clock() - since).total_seconds()
        if waited_s < 0:
            return Reason(code="retry_later", params={"at": run.due_at.isoformat()})
        pool = await self._pool(str(run.pool))
        if pool is None:
            return Reason(code="pool_missing", params=about)
        if pool.is_paused:
            return Reason(code="pool_paused", params=about)
        if pool.status == WorkPoolStatus.NOT_READY:
            return Reason(code="no_worker", params=about)
        return Reason(code="late", params=about) if waited_s >= LATE_S else None

    def forget(self) -> None:
        """Read the pools again next time."""
        self._known.clear()

    async def _pool(self, name: str) -> WorkPool | None:
        read_at, pool = self._known.get(name, (-FRESH_S, None))
        if time.monotonic() - read_at >= FRESH_S:
            try:
                pool = await self._api.ask(lambda client: client.read_work_pool(name))
            except ObjectNotFound:
                pool = None
            self._known[name] = (time.monotonic(), pool)
        return pool


@dataclass(frozen=True, kw_only=True)
class PoolLook:
    """A work pool's state: whether it is paused, and its online workers."""

    type: str
    is_paused: bool
    workers: tuple[str, ...]


async def look_at(name: str) -> PoolLook | None:
    """Read a work pool of the Prefect server in the environment; None if it does not exist.

    Raises PrefectUnavailable.
    """
    async with PrefectApi() as api:
        try:
            pool = await api.ask(lambda client: client.read_work_pool(name))
            workers = await api.ask(lambda client: client.read_workers_for_work_pool(name))
        except ObjectNotFound:
            return None
    online = tuple(worker.name for worker in workers if worker.status == WorkerStatus.ONLINE)
    return PoolLook(type=pool.type, is_paused=pool.is_paused, workers=online)
