"""What one subscriber is told, however slowly it listens."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import InvalidInput
from flows.knowledge import Job, JobEvent, Reason, utc_now
from flows.stores.cursors import encode_cursor
from service.live.topic import LogPosition, Subscriber, Topic, events_of
from service.schemas import MOST_EVENTS, JobFrame, JobView

JOB_ID = UUID(int=7)
NOW = utc_now()


def line(seq, attempt=1):
    return JobEvent(
        attempt=attempt,
        seq=seq,
        id=f"{attempt}.{seq}",
        kind="words.learned",
        text=f"line {attempt}.{seq}",
        occurred=NOW + timedelta(seconds=seq),
    )


def row(**changes):
    about = {"job_id": JOB_ID, "mode": "big", "status": "running", "created_at": NOW, "attempt": 1}
    return Job(**(about | {"version": 1} | changes))


def topic(position=None):
    found = Topic(JOB_ID)
    found.needs_reading = False
    found.position = position or LogPosition(1, 0)
    found.take_row(row())
    found.news()
    return found


def tell(found, subscriber):
    lines = found.news()
    frame = JobFrame(
        **dict(JobView.of(found.row, prefect_url=None, now=NOW)),
        events=events_of(lines[-MOST_EVENTS:]),
        cursor=found.position.cursor,
        gap=len(lines) > MOST_EVENTS,
        sent_at=NOW,
    )
    subscriber.publish(frame, lines)


async def texts(subscriber):
    """What is sent, as the client reads it."""
    subscriber.end()
    return [
        event["text"] for frame in [f async for f in subscriber] for event in json.loads(frame.text)["events"]
    ]


async def test_a_slow_subscriber_gets_the_latest_status_and_all_events_in_one_frame():
    found, subscriber = topic(), Subscriber()
    for seq in range(1, 6):
        found.take_lines([line(seq)])
        found.take_row(row(total_tokens=seq, version=1 + seq))
        tell(found, subscriber)
    subscriber.end()
    frames = [frame async for frame in subscriber]
    assert len(frames) == 1
    assert frames[0].total_tokens == 5
    assert [e.text for e in frames[0].events] == [f"line 1.{n}" for n in range(1, 6)]
    assert not frames[0].gap


async def test_past_the_bound_a_slow_subscriber_keeps_the_latest_and_is_told_of_the_gap():
    found, subscriber = topic(), Subscriber()
    for seq in range(1, MOST_EVENTS + 11):
        found.take_lines([line(seq)])
        tell(found, subscriber)
    subscriber.end()
    (frame,) = [f async for f in subscriber]
    assert frame.gap
    assert len(frame.events) == MOST_EVENTS
    assert frame.events[-1].text == f"line 1.{MOST_EVENTS + 10}"
    assert LogPosition.of(frame.cursor) == (1, MOST_EVENTS + 10)


@given(st.lists(st.integers(1, 6), max_size=25))
def test_whatever_order_lines_are_heard_in_none_is_told_twice_or_past_a_hole(order):
    async def run():
        found, subscriber = topic(), Subscriber()
        for seq in order:
            found.take_lines([line(seq)])
            tell(found, subscriber)
        return found, await texts(subscriber)

    found, told = asyncio.run(run())
    assert told == [f"line 1.{n}" for n in range(1, len(told) + 1)]
    assert found.needs_reading or set(order) <= set(range(1, len(told) + 1))


async def test_a_subscriber_that_knows_a_part_is_told_only_the_rest():
    found, subscriber = topic(), Subscriber(LogPosition(1, 2))
    found.take_lines([line(seq) for seq in range(1, 5)])
    tell(found, subscriber)
    assert await texts(subscriber) == ["line 1.3", "line 1.4"]


async def test_a_subscriber_on_hold_is_told_once_what_its_past_holds_too():
    found, subscriber = topic(), Subscriber(is_on_hold=True)
    found.take_lines([line(1), line(2)])
    tell(found, subscriber)
    past = JobFrame(
        **dict(JobView.of(found.row, prefect_url=None, now=NOW)),
        events=events_of([line(1)]),
        cursor=LogPosition(1, 1).cursor,
        sent_at=NOW,
    )
    subscriber.release(past, LogPosition(1, 1))
    assert await texts(subscriber) == ["line 1.1", "line 1.2"]


async def test_older_rows_change_nothing_and_newer_attempts_come_first():
    found = topic()
    found.take_row(row(total_tokens=9, version=9))
    found.take_row(row(total_tokens=3, version=3))
    assert found.row.total_tokens == 9
    found.take_row(row(total_tokens=1, attempt=2, version=10))
    assert found.row.total_tokens == 1


async def test_lines_of_a_row_that_another_has_written_are_read_before_it_is_told():
    found = topic()
    found.take_row(row(version=2))
    assert not found.needs_reading
    found.take_row(row(version=2), is_written=False)
    assert not found.needs_reading, "already known"
    found.take_row(row(version=3), is_written=False)
    assert found.needs_reading


async def test_only_a_change_of_status_or_reason_cannot_wait():
    found = topic()
    assert not found.take_row(row(total_tokens=2, version=2))
    assert found.take_row(row(status="cancelling", version=3))
    assert found.take_row(row(status="cancelling", reason=Reason(code="late"), version=4))
    assert not found.take_row(row(status="failed", version=2)), "older"


async def test_a_new_attempt_calls_for_reading():
    found = topic(LogPosition(1, 4))
    found.take_lines([line(1, attempt=2)])
    assert found.needs_reading
    found.needs_reading = False
    found.take_log([line(1, attempt=2), line(2, attempt=2)])
    assert found.position == (2, 2)
    assert [each.text for each in found.news()] == ["line 2.1", "line 2.2"]


async def test_lines_that_come_while_the_store_is_read_call_for_another_look():
    found = topic()
    async with found.reading:
        found.take_lines([line(1)])
    assert found.needs_reading
    assert found.news() == ()


def test_a_cursor_is_one_pair_and_those_of_before_still_count():
    assert LogPosition.of(LogPosition(3, 44).cursor) == (3, 44)
    assert LogPosition.of(None) == (0, 0)
    # from when Prefect's states were told from a source of their own
    old = encode_cursor("events", 2, 17, 1_700_000_000_000_000, str(UUID(int=5)))
    assert LogPosition.of(old) == (2, 17)
    for other in (encode_cursor("jobs", 1, "x"), "nonsense", encode_cursor("log", 1)):
        with pytest.raises(InvalidInput):
            LogPosition.of(other)


async def test_a_state_of_prefect_cannot_wait():
    found = topic()
    assert not found.take_lines([line(1)])
    assert found.take_lines([line(2).model_copy(update={"kind": "state.paused"})])
    assert not found.take_lines([line(2).model_copy(update={"kind": "state.paused"})]), "already told"


def ended(seq):
    return line(seq).model_copy(update={"kind": "job.ended", "text": "Completed (all done): 7 words learned"})


async def test_the_line_of_the_end_is_not_told_before_the_row_that_has_ended():
    found, subscriber = topic(), Subscriber()
    found.take_row(row(progress=9, version=2))
    found.take_lines([line(1), ended(2)])
    assert found.needs_reading, "its row may be on its way"
    # what the relay reads from the store
    found.needs_reading = False
    found.take_log([ended(2)])
    found.take_read_row(row(progress=100, version=3, status="completed", run_status="completed"))
    tell(found, subscriber)
    subscriber.end()
    (frame,) = [frame async for frame in subscriber]
    assert [event.text for event in frame.events] == ["line 1.1", ended(2).text]
    assert (frame.status, frame.progress) == ("completed", 100)


async def test_the_line_of_the_end_after_its_row_asks_for_nothing_more():
    found = topic()
    found.take_row(row(progress=100, version=2, status="completed", run_status="completed"))
    found.needs_reading = False
    found.take_lines([ended(1)])
    assert not found.needs_reading
    assert found.news() == (ended(1),)


async def test_frames_held_back_while_the_past_is_read_do_not_bring_an_older_status():
    found, subscriber = topic(), Subscriber(is_on_hold=True)
    found.take_lines([line(1)])
    found.take_row(row(progress=9, version=2))
    tell(found, subscriber)  # held back
    found.take_row(row(progress=100, version=3, status="completed", run_status="completed"))
    first = JobFrame(
        **dict(JobView.of(found.row, prefect_url=None, now=NOW)),
        events=(),
        cursor=LogPosition(1, 0).cursor,
        sent_at=NOW,
    )
    subscriber.release(first, LogPosition(1, 0))
    subscriber.end()
    (frame,) = [frame async for frame in subscriber]
    assert (frame.status, frame.progress) == ("completed", 100)
    assert [event.text for event in frame.events] == ["line 1.1"]
    assert LogPosition.of(frame.cursor) == (1, 1)
