from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from store_documents import START, event, job

from service.history import Place, merged
from service.runs import RunState
from service.views import status_of, view


def state(status, *, at_s=0.0, name="State"):
    kinds = {
        "queued": "SCHEDULED",
        "running": "RUNNING",
        "cancelling": "CANCELLING",
        "completed": "COMPLETED",
        "failed": "CRASHED",
        "cancelled": "CANCELLED",
    }
    return RunState(status=status, type=kinds[status], name=name, message="", since=START + timedelta(seconds=at_s))


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
    assert view(running, state("running"), prefect_url=None, now=START + timedelta(minutes=5)).remaining_seconds == 0
    assert view(running, state("failed"), prefect_url=None, now=START).remaining_seconds is None


def test_merging_keeps_each_sources_own_order():
    lines = [event(n).model_copy(update={"occurred": START + timedelta(seconds=s)}) for n, s in ((1, 1), (2, 9), (3, 4))]
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
