"""Everything that happened in a job, from two sources that last: its numbered log, and Prefect's history of
the run's states.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from flows.errors import ConfigurationError
from flows.knowledge import JobEvent
from flows.knowledge.events import is_end_message
from flows.stores.base import JobStore
from flows.stores.cursors import decode_cursor, encode_cursor
from flows.stores.times import micros
from service.errors import PrefectUnavailable
from service.orchestration.runs import Orchestrator
from service.orchestration.types import RunState
from service.schemas import HistoryEvent


@dataclass(frozen=True, kw_only=True)
class Place:
    """How far a reader has come in both sources: the last log line, and the last state with the moment that
    it began (microseconds).
    """

    attempt: int = 0
    seq: int = 0
    state_at: int = 0
    state_id: str = ""

    @property
    def cursor(self) -> str:
        """The place as a word for a URL. It means the same for every replica of the facade, and for ever."""
        return encode_cursor("events", self.attempt, self.seq, self.state_at, self.state_id)

    @classmethod
    def of(cls, cursor: str | None) -> Place:
        """The place that a cursor names; the beginning without one. Raises InvalidInput."""
        if cursor is None:
            return cls()
        attempt, seq, state_at, state_id = decode_cursor(cursor, events=(int, int, int, str))[1]
        return cls(attempt=attempt, seq=seq, state_at=state_at, state_id=state_id)

    def past(self, line: JobEvent | RunState) -> Place:
        """The place after one more line or state."""
        if isinstance(line, JobEvent):
            return Place(attempt=line.attempt, seq=line.seq, state_at=self.state_at, state_id=self.state_id)
        return Place(attempt=self.attempt, seq=self.seq, state_at=micros(line.since), state_id=str(line.id))

    def is_before(self, item: JobEvent | RunState) -> bool:
        """Whether a line or a state comes after this place, in its own source."""
        if isinstance(item, JobEvent):
            return (item.attempt, item.seq) > (self.attempt, self.seq)
        return (micros(item.since), str(item.id)) > (self.state_at, self.state_id)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some events with the place after them.

    `is_complete` is False when Prefect did not tell its states; they come later then.
    """

    items: tuple[JobEvent | RunState, ...]
    place: Place
    has_more: bool
    is_complete: bool

    @property
    def events(self) -> tuple[HistoryEvent, ...]:
        """The items as readers see them."""
        return events_of(self.items)


async def read_history(
    store: JobStore, orchestrator: Orchestrator, job_id: UUID, *, after: Place, limit: int = 200
) -> Part:
    """What happened after a place, oldest first, at most `limit` events.

    Each source keeps its own order, so none is missed or told twice.
    """
    lines = await store.log(job_id, after=(after.attempt, after.seq), limit=limit + 1)
    is_complete = True
    states: Sequence[RunState] = ()
    try:
        states = [state for state in await orchestrator.history(job_id) if after.is_before(state)]
    except (PrefectUnavailable, ConfigurationError):
        is_complete = False
    place = after
    items: list[JobEvent | RunState] = []
    for item in merged(lines, states):
        if len(items) == limit:
            break
        items.append(item)
        place = place.past(item)
    return Part(
        items=tuple(items), place=place, has_more=len(lines) + len(states) > limit, is_complete=is_complete
    )


def merged(lines: Iterable[JobEvent], states: Iterable[RunState]) -> Iterator[JobEvent | RunState]:
    """Two ordered sources as one, by time; never out of its own source's order."""
    waiting = list(states)
    for line in lines:
        while waiting and waiting[0].since <= line.occurred:
            yield waiting.pop(0)
        yield line
    yield from waiting


def events_of(items: Iterable[JobEvent | RunState]) -> tuple[HistoryEvent, ...]:
    """Log lines and states as events, without a state that only repeats the log's last line."""
    return tuple(
        _event_of(item)
        for item in items
        if not (isinstance(item, RunState) and item.is_final and is_end_message(item.message))
    )


def _event_of(item: JobEvent | RunState) -> HistoryEvent:
    """A log line or a state as an event. Ids are the same wherever an event is read."""
    if isinstance(item, JobEvent):
        return HistoryEvent(
            id=f"{item.attempt}.{item.seq}",
            occurred=item.occurred,
            kind=item.kind,
            text=item.text,
            words=item.words,
        )
    return HistoryEvent(
        id=str(item.id), occurred=item.since, kind=f"state.{item.type.lower()}", text=_told(item)
    )


def _told(state: RunState) -> str:
    return f"{state.name}: {state.message}" if state.message else state.name
