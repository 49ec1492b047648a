from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from store_documents import START, event, job

from flows.knowledge.events import end_message
from service.live.channel import Channel, Watcher
from service.live.job_view import job_of, status_of, view
from service.live.timeline import Part, Place, merged
from service.orchestration.types import Run, RunState


def state(status, *, at_s=0.0, name="State", message=""):
    kinds = {
        "queued": "SCHEDULED",
        "running": "RUNNING",
        "cancelling": "CANCELLING",
        "completed": "COMPLETED",
        "failed": "CRASHED",
        "cancelled": "CANCELLED",
    }
    return RunState(
        status=status,
        type=kinds[status],
        name=name,
        message=message,
        since=START + timedelta(seconds=at_s),
        id=uuid4(),
    )


@pytest.mark.parametrize(
    ("document", "prefect", "shown"),
    [
        ("running", None, "running"),
        ("queued", "running", "running"),
        ("running", "cancelling", "cancelling"),
        ("running", "failed", "failed"),
        ("running", "cancelled", "cancelled"),
        ("completed", "completed", "completed"),
    ],
)
def test_status_is_prefects_while_the_document_is_open(document, prefect, shown):
    assert status_of(job(status=document), state(prefect) if prefect else None) == shown


def test_ended_document_stands_until_prefect_takes_the_run_up_again():
    ended = job(status="failed", finished_at=START + timedelta(seconds=10))
    assert status_of(ended, state("running", at_s=5)) == "failed"
    assert status_of(ended, state("queued", at_s=11)) == "queued"
    assert status_of(ended, state("running", at_s=12)) == "running"
    assert status_of(ended, None) == "failed"


def test_time_left_is_told_while_it_runs_and_never_below_zero():
    running = job(status="running", deadline_at=START + timedelta(seconds=90))
    assert view(running, state("running"), prefect_url=None, now=START).remaining_seconds == 90
    assert (
        view(running, state("running"), prefect_url=None, now=START + timedelta(minutes=5)).remaining_seconds
        == 0
    )
    assert view(running, state("failed"), prefect_url=None, now=START).remaining_seconds is None


@pytest.mark.parametrize(
    ("status", "progress"), [("queued", 0), ("failed", 0), ("cancelled", 0), ("completed", 100)]
)
def test_only_a_run_that_completed_has_come_to_its_end(status, progress):
    run = Run(
        job_id=UUID(int=1), mode="big", name="big", due_at=START, state=state(status), has_deployment=True
    )
    assert job_of(run).progress == progress


def test_why_a_run_failed_is_told_without_prefects_wrapping():
    message = (
        "Flow run encountered an exception: ConfigurationError: GROQ_API_KEY: Groq does not accept the key."
    )
    refused = state("failed", message=message)
    told = "The run crashed: GROQ_API_KEY: Groq does not accept the key."
    assert view(job(status="running"), refused, prefect_url=None).errors == (told,)
    assert job_of(
        Run(job_id=UUID(int=1), mode="big", name="big", due_at=START, state=refused, has_deployment=True)
    ).errors == (told,)


@pytest.mark.parametrize(("status", "reason"), [("completed", "nothing new"), ("cancelled", "Stopped")])
async def test_an_end_that_the_log_tells_is_not_told_again_by_the_state(status, reason):
    ended = event(1, text=f"{status.capitalize()}: 69,200 words learned in 4 min 34 s")
    last = state(status, at_s=9, name=status.capitalize(), message=end_message(reason, 69200))
    others = [
        state("running", at_s=-1),
        state(status, at_s=8),
        state("running", at_s=9, message=last.message),
    ]
    part = Part(items=(ended, last), place=Place(), has_more=False, is_complete=True)
    assert [e.text for e in part.events] == [ended.text]
    assert len(Part(items=tuple(others), place=Place(), has_more=False, is_complete=True).events) == len(
        others
    )
    channel = Channel(UUID(int=1))
    place = Place().past(ended).past(last)
    channel.take_truth(job(status=status, finished_at=START), last, (ended, last), place, is_stopping=False)
    frame = channel.frame(prefect_url=None, is_live=True, items=channel.news())
    assert (frame.status, [e.text for e in frame.events], frame.cursor) == (
        status,
        [ended.text],
        place.cursor,
    )
    watcher = Watcher(Place().past(ended))
    watcher.offer(frame, (ended, last))
    assert (await anext(watcher)).events == ()
    assert watcher.place == place


def test_merging_keeps_each_sources_own_order():
    lines = [
        event(n).model_copy(update={"occurred": START + timedelta(seconds=s)})
        for n, s in ((1, 1), (2, 9), (3, 4))
    ]
    states = [state("queued", at_s=0), state("running", at_s=2), state("completed", at_s=20)]
    together = list(merged(lines, states))
    assert [x for x in together if x in lines] == lines
    assert [x for x in together if x in states] == states
    assert together[0] is states[0]
    assert together[-1] is states[-1]


def test_place_goes_through_its_cursor_and_only_forward():
    place = Place()
    for item in (state("queued", at_s=1), event(1), state("running", at_s=2), event(2)):
        later = place.past(item)
        assert later != place
        place = later
    assert Place.of(place.cursor) == place
    assert not place.is_before(state("running", at_s=1.5))
    assert place.is_before(state("completed", at_s=3))
    assert all(a != b for a, b in pairwise([Place(), place]))
