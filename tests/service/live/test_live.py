"""Watching jobs over real WebSockets, with a real Prefect."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Cancelled, Completed, Crashed, Pending, Running
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from flows.job.prefect_events import EventEmitter
from flows.knowledge import Counts, Job, JobEvent, PrefectState, utc_now
from service.live.relay import READ_EVERY_S
from service.orchestration.deployments import deploy

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


@pytest.fixture
def served(serve, stand_ins):
    asyncio.run(deploy(stand_ins))
    found = serve(is_alone=False, starts_burst=500, total_starts_burst=500)
    deadline = time.monotonic() + 20
    while not found.resources.relay.is_live:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def put(job_id, *states):
    async def tell():
        async with get_client() as client:
            for state in states:
                await client.set_flow_run_state(job_id, state, force=True)

    asyncio.run(tell())


def since(job_id):
    async def ask():
        async with get_client() as client:
            return (await client.read_flow_run(job_id)).state.timestamp

    return PrefectState.plain(asyncio.run(ask()))


class Flow:
    """A flow as the relay sees one: its document and log are stored first and told to Prefect after that."""

    def __init__(self, served, *, is_told=True):
        self.served = served
        self.job_id = UUID(served.post("/jobs/start_big", json={"minutes": 1}).json()["job_id"])
        self.is_told = is_told
        self.seq = 0
        self.job = None

    def begin(self):
        put(self.job_id, Pending(), Running())
        document = Job(
            job_id=self.job_id,
            mode="big",
            running_since=since(self.job_id),
            created_at=utc_now(),
            deadline_at=utc_now() + timedelta(minutes=1),
        )
        begun = self.served.do(self.served.store.begin_attempt(document))
        self.job = begun.model_copy(update={"deadline_at": document.deadline_at})
        return self

    def do(self, *texts, is_told=None, **changes):
        lines = []
        for text in texts:
            self.seq += 1
            lines.append(
                JobEvent(
                    attempt=self.job.attempt,
                    id=f"{self.job.attempt}.{self.seq}",
                    kind="words.learned",
                    text=text,
                    words=("cat",),
                    occurred=utc_now(),
                )
            )
        self.job = self.job.model_copy(update={**changes, "updated_at": utc_now()})
        saved = self.served.do(self.served.store.save_job(self.job, lines))
        if self.is_told if is_told is None else is_told:
            EventEmitter().tell(saved.job, saved.lines)

    def end(self, state=None, **changes):
        self.do(
            "ended",
            run_status="completed",
            end_reason="all done",
            progress=100,
            finished_at=utc_now(),
            **changes,
        )
        put(self.job_id, state or Completed())


def watch(served, job_id, after=None):
    query = f"?after={after}" if after else ""
    return connect(f"ws://127.0.0.1:{served.port}/ws/jobs/{job_id}{query}", open_timeout=20)


def frames(socket, until=lambda _: False, within_s=30):
    """Frames as they come, up to the first that fits, or to the end of the line."""
    found = []
    deadline = time.monotonic() + within_s
    while True:
        try:
            found.append(json.loads(socket.recv(timeout=max(0.1, deadline - time.monotonic()))))
        except ConnectionClosed:
            return found
        if until(found[-1]):
            return found


def told(found, kind="words.learned"):
    return [event["text"] for frame in found for event in frame["events"] if event["kind"] == kind]


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


@pytest.mark.parametrize(("job_id", "after", "code"), [(uuid4(), None, 4404), (None, "nonsense", 4400)])
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
        assert found[-1]["state_name"] == "Running"
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
        for number in range(30):
            flow.do(f"line {number}")
            time.sleep(0.1)
        flow.end()
        found = frames(socket)
    assert told(found) == [f"line {n}" for n in range(30)] + ["ended"]
    moments = [frame["sent_at"] for frame in found if frame["status"] == "running"]
    assert 2 <= len(moments) <= 8


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
        # sooner than by the next look at what is stored
        assert json.loads(socket.recv(timeout=READ_EVERY_S / 2))["is_stopping"] is True
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
