"""Watching jobs over real WebSockets, with a real Prefect."""

from __future__ import annotations

import json
import time
from uuid import uuid4

import pytest
from prefect.states import Cancelled

from tests.service.live.live_parts import Flow, frames, put, told, watch

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


def test_the_originals_script_sees_what_it_reads(served):
    flow = Flow(served).begin()
    flow.do("20 words", progress=40, total_tokens=20, last_round=1)
    with watch(served, flow.job_id) as socket:
        first = json.loads(socket.recv(timeout=20))
        assert {
            k: first[k] for k in ("job_id", "status", "progress", "total_tokens", "last_round", "errors")
        } == {
            "job_id": str(flow.job_id),
            "status": "running",
            "progress": 40,
            "total_tokens": 20,
            "last_round": 1,
            "errors": [],
        }
        assert first["live"] is True
        assert 50 < first["remaining_seconds"] <= 60
        flow.end()
        last = frames(socket)[-1]
    assert (last["status"], last["progress"], last["end_reason"]) == ("completed", 100, "all done")
    assert socket.close_code == 1000


def test_a_finished_job_is_one_frame_and_the_end(served):
    flow = Flow(served).begin()
    flow.end()
    with watch(served, flow.job_id) as socket:
        found = frames(socket)
    assert [f["status"] for f in found] == ["completed"]
    assert socket.close_code == 1000


@pytest.mark.parametrize(
    ("job_id", "after", "code"),
    [
        (uuid4(), None, 4404),
        ("nope", None, 4404),
        ("ünsäglich" * 40, None, 4404),
        (None, "nonsense", 4400),
    ],
)
def test_what_cannot_be_watched_is_closed_with_its_reason(served, job_id, after, code):
    with watch(served, job_id or Flow(served).job_id, after) as socket:
        assert frames(socket) == []
    assert socket.close_code == code


def test_states_come_at_once_from_queued_on(served):
    flow = Flow(served)
    with watch(served, flow.job_id) as socket:
        assert json.loads(socket.recv(timeout=20))["status"] == "queued"
        flow.begin()
        found = frames(socket, lambda frame: frame["status"] == "running")
        assert found[-1]["state_name"] in {"Running", None}, "never one of before"
        if found[-1]["state_name"] is None:
            found += frames(socket, lambda frame: frame["state_name"] == "Running")
        put(flow.job_id, Cancelled())
        found += frames(socket)
    assert found[-1]["status"] == "cancelled"
    kinds = [event["kind"] for frame in found for event in frame["events"]]
    assert [k for k in kinds if k.startswith("state.")] == [
        "state.pending",
        "state.running",
        "state.cancelled",
    ]


def test_news_come_at_most_once_a_second_and_none_is_left_out(served):
    flow = Flow(served).begin()
    with watch(served, flow.job_id) as socket:
        socket.recv(timeout=20)
        began = time.monotonic()
        for number in range(30):
            flow.do(f"line {number}")
            time.sleep(0.1)
        found = frames(socket, lambda frame: any(e["text"] == "line 29" for e in frame["events"]))
        took_s = time.monotonic() - began
        flow.end()
        assert len(found) <= took_s + 2
        found += frames(socket)
    assert told(found) == [f"line {n}" for n in range(30)] + ["ended"]


def test_lines_that_prefect_lost_are_read_back_from_the_log(served):
    flow = Flow(served).begin()
    with watch(served, flow.job_id) as socket:
        socket.recv(timeout=20)
        flow.do("one")
        flow.do("two", "three", is_told=False)
        flow.do("four")
        found = frames(socket, lambda frame: any(e["text"] == "four" for e in frame["events"]))
        assert told(found) == ["one", "two", "three", "four"]
        flow.end()
        assert told(frames(socket)) == ["ended"]


def test_a_job_whose_events_are_lost_is_looked_at_all_the_same(served):
    flow = Flow(served, is_told=False).begin()
    with watch(served, flow.job_id) as socket:
        socket.recv(timeout=20)
        flow.do("unheard", total_tokens=7)
        found = frames(socket, lambda frame: frame["total_tokens"] == 7, within_s=40)
    assert told(found) == ["unheard"]


def test_a_reconnect_by_cursor_loses_and_repeats_nothing(served):
    flow = Flow(served).begin()
    seen, cursor = [], None
    for number in range(4):
        flow.do(f"before {number}")
        with watch(served, flow.job_id, cursor) as socket:
            found = frames(socket, lambda frame: True)
            flow.do(f"during {number}")
            found += frames(
                socket, lambda frame, text=f"during {number}": any(e["text"] == text for e in frame["events"])
            )
        cursor = found[-1]["cursor"]
        seen += told(found)
    flow.end()
    with watch(served, flow.job_id, cursor) as socket:
        seen += told(frames(socket))
    wanted = [text for n in range(4) for text in (f"before {n}", f"during {n}")] + ["ended"]
    assert seen == wanted[1:]  # without a cursor the first frame tells the status, not the past
