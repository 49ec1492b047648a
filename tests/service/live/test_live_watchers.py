"""Many who watch, and what they hear of a job that is stopped or gone."""

from __future__ import annotations

import json
import time

import pytest
from prefect.states import Crashed
from websockets.sync.client import connect

from flows.knowledge import Counts
from service.live.relay import READ_EVERY_S
from tests.service.live.live_parts import Flow, frames, put, told, watch

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


def test_many_watchers_get_the_same_and_one_that_never_reads_harms_no_one(served):
    flow = Flow(served).begin()
    sockets = [watch(served, flow.job_id) for _ in range(12)]
    deaf = watch(served, flow.job_id)
    try:
        for socket in sockets:
            socket.recv(timeout=20)
        for number in range(5):
            flow.do(f"line {number}", "x" * 2000)
        flow.end()
        lines = [tuple(told(frames(socket))) for socket in sockets]
    finally:
        for socket in (*sockets, deaf):
            socket.close()
    assert len(set(lines)) == 1
    assert len(lines[0]) == 11


def test_a_retry_that_is_refused_leaves_a_stop_in_force(served):
    flow = Flow(served).begin()
    assert served.post(f"/jobs/{flow.job_id}/cancel").status_code == 202
    assert served.post(f"/jobs/{flow.job_id}/retry").status_code == 409
    assert served.get(f"/jobs/{flow.job_id}").json()["is_stopping"] is True
    flow.end()


def test_those_who_watch_hear_at_once_that_a_job_was_asked_to_stop(served):
    flow = Flow(served).begin()
    with watch(served, flow.job_id) as socket:
        assert json.loads(socket.recv(timeout=20))["is_stopping"] is False
        served.post(f"/jobs/{flow.job_id}/cancel")
        # sooner than by the next look at what is stored; Prefect's own state may come in between
        frames(socket, lambda frame: frame["is_stopping"], within_s=READ_EVERY_S / 2)
    flow.end()


def test_a_run_that_crashed_without_a_word_has_its_document_mended(served):
    flow = Flow(served).begin()
    flow.do("20 words", counts=Counts(stored=20))
    with watch(served, flow.job_id) as socket:
        socket.recv(timeout=20)
        put(flow.job_id, Crashed(message="The process was killed"))
        found = frames(socket, within_s=40)
    assert found[-1]["status"] == "failed"
    assert any("killed" in error for error in found[-1]["errors"])
    document = served.do(served.store.job(flow.job_id))
    assert (document.status, document.end_reason) == ("failed", "failed")


def test_all_jobs_are_watched_on_one_line_those_at_work_first(served):
    first = Flow(served).begin()
    with connect(f"ws://127.0.0.1:{served.port}/ws/jobs", open_timeout=20) as socket:
        seen = {json.loads(socket.recv(timeout=20))["job_id"]}
        second = Flow(served).begin()
        second.do("a word")
        deadline = time.monotonic() + 20
        while str(second.job_id) not in seen and time.monotonic() < deadline:
            seen.add(json.loads(socket.recv(timeout=20))["job_id"])
        assert {str(first.job_id), str(second.job_id)} <= seen


def test_watching_is_refused_before_accept_where_the_wall_says_so(serve):
    from websockets.exceptions import InvalidStatus

    served = serve(is_alone=False, token="a-token-of-sixteen-or-more")  # noqa: S106
    for headers in (
        {},
        {"Origin": "https://evil.example", "Authorization": "Bearer a-token-of-sixteen-or-more"},
    ):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://127.0.0.1:{served.port}/ws/jobs", additional_headers=headers, open_timeout=20)
        assert refused.value.response.status_code in {401, 403}
