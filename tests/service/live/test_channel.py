"""What one watcher is told, however slowly it listens."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from flows.knowledge import Job, JobEvent, utc_now
from service.live.channel import Channel, Watcher
from service.live.timeline import Place
from service.orchestration.events import Hint
from service.orchestration.types import RunState
from service.schemas import MOST_EVENTS

JOB_ID = UUID(int=7)
NOW = utc_now()


def line(seq, attempt=1):
    return JobEvent(
        attempt=attempt,
        seq=seq,
        kind="words.learned",
        text=f"line {attempt}.{seq}",
        occurred=NOW + timedelta(seconds=seq),
    )


def document(**changes):
    return Job(
        **({"job_id": JOB_ID, "mode": "big", "status": "running", "created_at": NOW, "attempt": 1} | changes)
    )


def state(kind, status, after_s):
    return RunState(
        status=status,
        type=kind,
        name=kind.title(),
        message="",
        since=NOW + timedelta(seconds=after_s),
        id=uuid4(),
    )


def channel(place=None):
    found = Channel(JOB_ID)
    found.needs_reading = False
    found.take_truth(document(), None, (), place or Place(attempt=1), is_stopping=False)
    return found


def tell(found, watcher):
    items = found.news()
    watcher.offer(found.frame(prefect_url=None, is_live=True, items=items), items)


async def texts(watcher):
    """What is sent, as the client reads it."""
    watcher.end()
    return [
        event["text"] for frame in [f async for f in watcher] for event in json.loads(frame.text)["events"]
    ]


async def test_a_slow_watcher_gets_the_latest_status_and_all_events_in_one_frame():
    found, watcher = channel(), Watcher()
    for seq in range(1, 6):
        found.take(Hint(job_id=JOB_ID, occurred=NOW, line=line(seq)))
        found.take(
            Hint(
                job_id=JOB_ID,
                occurred=NOW,
                document=document(total_tokens=seq, updated_at=NOW + timedelta(seconds=seq)),
            )
        )
        tell(found, watcher)
    watcher.end()
    frames = [frame async for frame in watcher]
    assert len(frames) == 1
    assert frames[0].total_tokens == 5
    assert [e.text for e in frames[0].events] == [f"line 1.{n}" for n in range(1, 6)]
    assert not frames[0].gap


async def test_past_the_bound_a_slow_watcher_keeps_the_latest_and_is_told_of_the_gap():
    found, watcher = channel(), Watcher()
    for seq in range(1, MOST_EVENTS + 11):
        found.take(Hint(job_id=JOB_ID, occurred=NOW, line=line(seq)))
        tell(found, watcher)
    watcher.end()
    (frame,) = [f async for f in watcher]
    assert frame.gap
    assert len(frame.events) == MOST_EVENTS
    assert frame.events[-1].text == f"line 1.{MOST_EVENTS + 10}"
    assert Place.of(frame.cursor).seq == MOST_EVENTS + 10


@given(st.lists(st.integers(1, 6), max_size=25))
def test_whatever_order_lines_are_heard_in_none_is_told_twice_or_past_a_hole(order):
    async def run():
        found, watcher = channel(), Watcher()
        for seq in order:
            found.take(Hint(job_id=JOB_ID, occurred=NOW, line=line(seq)))
            tell(found, watcher)
        return found, await texts(watcher)

    found, told = asyncio.run(run())
    assert told == [f"line 1.{n}" for n in range(1, len(told) + 1)]
    assert found.needs_reading or set(order) <= set(range(1, len(told) + 1))


async def test_a_watcher_that_knows_a_part_is_told_only_the_rest():
    found, watcher = channel(), Watcher(Place(attempt=1, seq=2))
    for seq in range(1, 5):
        found.take(Hint(job_id=JOB_ID, occurred=NOW, line=line(seq)))
    tell(found, watcher)
    assert await texts(watcher) == ["line 1.3", "line 1.4"]


async def test_older_documents_and_states_change_nothing():
    found = channel()
    found.take(
        Hint(
            job_id=JOB_ID,
            occurred=NOW,
            document=document(total_tokens=9, updated_at=NOW + timedelta(seconds=9)),
        )
    )
    found.take(
        Hint(
            job_id=JOB_ID,
            occurred=NOW,
            document=document(total_tokens=3, updated_at=NOW + timedelta(seconds=3)),
        )
    )
    assert found.job.total_tokens == 9
    running = state("RUNNING", "running", 5)
    found.take(Hint(job_id=JOB_ID, occurred=NOW, state=running))
    found.take(Hint(job_id=JOB_ID, occurred=NOW, state=state("PENDING", "queued", 4)))
    assert found.state == running


async def test_a_state_that_does_not_follow_the_last_one_calls_for_reading():
    found = channel()
    first, second = state("PENDING", "queued", 1), state("RUNNING", "running", 2)
    found.take_truth(None, first, (), Place(attempt=1).past(first), is_stopping=False)
    found.take(Hint(job_id=JOB_ID, occurred=NOW, state=second, follows=first.id))
    assert not found.needs_reading
    found.take(Hint(job_id=JOB_ID, occurred=NOW, state=state("CANCELLING", "cancelling", 3), follows=uuid4()))
    assert found.needs_reading
    assert found.state.status == "cancelling"


async def test_a_new_attempt_calls_for_reading():
    found = channel(Place(attempt=1, seq=4))
    found.take(Hint(job_id=JOB_ID, occurred=NOW, line=line(1, attempt=2)))
    assert found.needs_reading


async def test_a_held_watcher_is_told_once_what_its_past_holds_too():
    found, watcher = channel(), Watcher(is_held=True)
    found.take(
        Hint(
            job_id=JOB_ID,
            occurred=NOW,
            document=document(total_tokens=1, updated_at=NOW + timedelta(seconds=1)),
        )
    )
    tell(found, watcher)
    for seq in (1, 2, 3):
        found.take(Hint(job_id=JOB_ID, occurred=NOW, line=line(seq)))
    tell(found, watcher)
    past = found.frame(prefect_url=None, is_live=True, items=[line(1), line(2)])
    watcher.release(past, Place(attempt=1, seq=2))
    assert await texts(watcher) == ["line 1.1", "line 1.2", "line 1.3"]


async def test_a_frame_that_others_were_sent_is_written_anew_for_one_who_is_told_more():
    found, quick, held = channel(), Watcher(), Watcher(is_held=True)
    found.take(Hint(job_id=JOB_ID, occurred=NOW, line=line(1)))
    found.news()
    found.take(Hint(job_id=JOB_ID, occurred=NOW, line=line(2)))
    items = found.news()
    frame = found.frame(prefect_url=None, is_live=True, items=items)
    for watcher in (quick, held):
        watcher.offer(frame, items)
    assert "line 1.2" in frame.text
    held.release(found.frame(prefect_url=None, is_live=True, items=[line(1)]), Place(attempt=1, seq=1))
    assert await texts(held) == ["line 1.1", "line 1.2"]
    assert await texts(quick) == ["line 1.2"]


async def test_a_slow_held_watcher_is_told_all():
    found, watcher = channel(), Watcher(is_held=True)
    for seq in (1, 2, 3):
        found.take(Hint(job_id=JOB_ID, occurred=NOW, line=line(seq)))
        tell(found, watcher)
    watcher.release(found.frame(prefect_url=None, is_live=True), Place(attempt=1))
    assert await texts(watcher) == ["line 1.1", "line 1.2", "line 1.3"]
