"""What a new connection tells again does not delay news: the run that was heard of last is written first."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from flows.knowledge import PrefectState, utc_now
from service.orchestration.events import MOST_STRANGERS, MOST_WAITING, LatestFirst, RunEvent
from service.orchestration.projection import projector as module
from tests.service.orchestration.projection.projector_parts import kinds, until

PAST = ("SCHEDULED", "PENDING", "RUNNING", "COMPLETED")
RUNS = 250
NEW = UUID(int=10_000)


def state(kind="RUNNING"):
    return PrefectState(type=kind, name=kind.title(), message="", since=utc_now())


@pytest.fixture
def told(monkeypatch):
    """The events that Prefect's stream tells, one after the other; they can be added to."""
    queue = asyncio.Queue()

    async def stream(_settings, _on_connection):
        while True:
            yield await queue.get()

    monkeypatch.setattr(module, "events", stream)
    monkeypatch.setattr(module, "POLL_S", 1000.0)
    return queue


async def test_news_waits_for_one_run_at_most_of_a_thousand_events_that_are_told_again(
    store, prefect, projector, told
):
    async def nothing(**_):
        return []

    prefect.runs = nothing  # the poll finds nothing: only the stream tells
    written = []
    projector.tell(
        on_news=lambda news: written.append(news.job.job_id) if hasattr(news, "job") else None,
        on_connection=lambda _: None,
    )
    for number in range(1, RUNS + 1):
        for kind in PAST:
            at = prefect.put(UUID(int=number), kind)
            told.put_nowait(RunEvent(job_id=UUID(int=number), occurred=at.since, state=at))

    async def slowly(job_id, ask=prefect.run):
        # so that the stream is read while Prefect answers, as it is
        await asyncio.sleep(0.001)
        return await ask(job_id)

    prefect.run = slowly
    async with projector:

        async def has_begun():
            return len(written) >= 2

        await until(has_begun)
        before = len(set(written))
        at = prefect.put(NEW, "SCHEDULED")
        told.put_nowait(RunEvent(job_id=NEW, occurred=at.since, state=at))

        async def is_written():
            return NEW in written

        await until(is_written)
        waited_for = set(written[: written.index(NEW)])
        assert len(waited_for) <= before + 3

        async def are_all_written():
            return len(set(written)) == RUNS + 1

        await until(are_all_written, within_s=30)
    assert await kinds(store, UUID(int=1)) == [f"state.{kind.lower()}" for kind in PAST]


async def test_the_run_that_was_heard_of_last_comes_first_with_its_states_in_order():
    waiting = LatestFirst()
    one, two, three = state("SCHEDULED"), state("PENDING"), state("RUNNING")
    a, b = UUID(int=1), UUID(int=2)
    for job_id, at in ((a, one), (b, one), (a, two), (b, two), (a, three)):
        assert waiting.put(job_id, at)
    assert await waiting.get() == (a, [one, two, three])
    waiting.put(a, one)
    assert await waiting.get() == (a, [one])
    assert await waiting.get() == (b, [one, two])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await waiting.get()


async def test_no_more_runs_wait_than_the_bound_and_who_gives_one_up_is_told():
    waiting = LatestFirst()
    assert all(waiting.put(UUID(int=n), state()) for n in range(MOST_WAITING))
    assert waiting.put(UUID(int=0), state())
    assert not waiting.put(UUID(int=MOST_WAITING), state())
    taken = [(await waiting.get())[0] for _ in range(MOST_WAITING)]
    assert UUID(int=1) not in taken
    assert taken[:2] == [UUID(int=MOST_WAITING), UUID(int=0)]


async def test_runs_of_others_wait_no_more_and_are_remembered_within_a_bound():
    waiting = LatestFirst()
    for number in range(MOST_STRANGERS + 1):
        waiting.leave_out(UUID(int=number))
    assert waiting.put(UUID(int=MOST_STRANGERS), state())
    waiting.put(UUID(int=0), state())
    assert (await waiting.get())[0] == UUID(int=0)
