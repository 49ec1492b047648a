"""Prefect's event stream, filtered for our jobs and their work pools.

The stream may lose events. It makes updates fast; the projector's poll makes them correct.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from prefect.context import SettingsContext
from prefect.events import Event
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter
from pydantic import ValidationError

from flows.knowledge import Job, JobEvent, PrefectState
from flows.knowledge.events import PREFECT_EVENT_PREFIX, resource_id

RUN_PREFIX, POOL_PREFIX = "prefect.flow-run.", "prefect.work-pool."
HEARTBEAT = f"{RUN_PREFIX}heartbeat"
PROGRESS = f"{PREFECT_EVENT_PREFIX}job.progress"
_JOB_PREFIX = resource_id(UUID(int=0)).removesuffix(str(UUID(int=0)))
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 4.0
HANG_UP_S = 1.0
MOST_WAITING = 1_000
"""For how many runs states may wait to be written; the poll finds the others."""
MOST_STRANGERS = 1_000
"""How many ids of other flows' runs to remember."""

log = logging.getLogger(__name__)
# its debug lines contain the password sent to Prefect
logging.getLogger("websockets.client").setLevel(logging.INFO)


@dataclass(frozen=True, kw_only=True)
class RunEvent:
    """What one event says about a job: a Prefect state, a line of the job's log, or its whole row."""

    job_id: UUID
    occurred: datetime
    state: PrefectState | None = None
    line: JobEvent | None = None
    row: Job | None = None
    is_heartbeat: bool = False
    """Whether it says only that the run's process lives."""


@dataclass(frozen=True, kw_only=True)
class PoolEvent:
    """A work pool has changed."""

    occurred: datetime


class LatestFirst:
    """States that were received and are not written yet, grouped by run, with the latest run first.

    So new events do not queue behind those that a new connection repeats.
    """

    def __init__(self) -> None:
        self._states: dict[UUID, list[PrefectState]] = {}
        self._left_out: dict[UUID, None] = {}
        self._is_filled = asyncio.Event()

    def put(self, job_id: UUID, state: PrefectState) -> bool:
        """Add a state. False if the states of the run that has waited longest had to be dropped for it."""
        if job_id in self._left_out:
            return True
        self._states[job_id] = [*self._states.pop(job_id, []), state]
        self._is_filled.set()
        if is_full := len(self._states) > MOST_WAITING:
            del self._states[next(iter(self._states))]
        return not is_full

    def leave_out(self, job_id: UUID) -> None:
        """Accept no more states of a run that is not ours, so that its events cost nothing."""
        self._left_out[job_id] = None
        if len(self._left_out) > MOST_STRANGERS:
            del self._left_out[next(iter(self._left_out))]

    async def get(self) -> tuple[UUID, list[PrefectState]]:
        """The run with the latest event, and its states in the order of arrival."""
        await self._is_filled.wait()
        taken = self._states.popitem()
        if not self._states:
            self._is_filled.clear()
        return taken


async def events(
    settings: SettingsContext, on_connection: Callable[[bool], None]
) -> AsyncGenerator[RunEvent | PoolEvent]:
    """An endless stream of events from the Prefect server in the settings, reconnecting as needed.

    `on_connection` is called with True for each new connection, and with False when it is lost.
    """
    wait_s = FIRST_WAIT_S
    while True:
        subscriber = None
        try:
            # a new filter for each connection, because the subscriber modifies it
            names = EventNameFilter(prefix=[RUN_PREFIX, POOL_PREFIX, PREFECT_EVENT_PREFIX])
            with SettingsContext(profile=settings.profile, settings=settings.settings):
                subscriber = get_events_subscriber(
                    filter=EventFilter(event=names), reconnection_attempts=0, reconnect_on_clean_close=False
                )
            # not `async with`: it would leave a failed or cancelled connection open, and closing may take ten
            # seconds
            await subscriber.__aenter__()
            on_connection(True)
            wait_s = FIRST_WAIT_S
            async for event in subscriber:
                if (told := read_event(event)) is not None:
                    yield told
        except Exception as error:  # noqa: BLE001  whatever ends a connection, there is a next one
            # not the error's text, which may contain a URL with a password
            log.info("Lost Prefect's event stream: %s", type(error).__name__)
        finally:
            await _hang_up(subscriber)
        on_connection(False)
        await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311  no secret
        wait_s = min(LONGEST_WAIT_S, wait_s * 2)


async def _hang_up(subscriber: object) -> None:
    """Abort the connection. It is private to Prefect's subscriber, hence the careful look-up."""
    connection = getattr(getattr(subscriber, "_connect", None), "connection", None)
    if connection is not None:
        connection.transport.abort()
        with suppress(TimeoutError):
            async with asyncio.timeout(HANG_UP_S):
                await connection.wait_closed()


def read_event(event: Event) -> RunEvent | PoolEvent | None:
    """What an event says; None if it is not about us or has an unknown shape."""
    try:
        if event.event.startswith(POOL_PREFIX):
            return PoolEvent(occurred=PrefectState.plain(event.occurred))
        return _of_state(event) if event.event.startswith(RUN_PREFIX) else _of_job(event)
    except (KeyError, ValueError, ValidationError):
        log.debug("Unknown event: %s", event.event)
        return None


def _of_state(event: Event) -> RunEvent | None:
    labels: Any = event.resource
    kind = labels.get("prefect.state-type")
    job_id = UUID(event.resource.id.removeprefix(RUN_PREFIX))
    if kind is None:
        is_heartbeat = event.event == HEARTBEAT
        occurred = PrefectState.plain(event.occurred)
        return RunEvent(job_id=job_id, occurred=occurred, is_heartbeat=True) if is_heartbeat else None
    state = PrefectState(
        id=event.id,
        type=kind,
        name=labels.get("prefect.state-name") or kind.title(),
        message=labels.get("prefect.state-message") or "",
        since=PrefectState.plain(datetime.fromisoformat(labels["prefect.state-timestamp"])),
    )
    return RunEvent(job_id=job_id, occurred=PrefectState.plain(event.occurred), state=state)


def _of_job(event: Event) -> RunEvent | None:
    if not event.resource.id.startswith(_JOB_PREFIX):
        return None
    job_id = UUID(event.resource.id.removeprefix(_JOB_PREFIX))
    occurred = PrefectState.plain(event.occurred)
    if event.event == PROGRESS:
        return RunEvent(job_id=job_id, occurred=occurred, row=Job.model_validate(event.payload))
    about = {"kind": event.event.removeprefix(PREFECT_EVENT_PREFIX), "occurred": occurred}
    line = JobEvent.model_validate({**event.payload, **about})
    return RunEvent(job_id=job_id, occurred=occurred, line=line)
