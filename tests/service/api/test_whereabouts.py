"""The store knows where a job's process runs, and the server tells no client."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from websockets.sync.client import connect

from flows.knowledge import Job, ProcessMark
from service.schemas import JobFrame, JobView

MARK = ProcessMark(machine="machine-of-mine pid:[4026531836]", pid=424_242, started="987654321")
ANN = UUID(int=1)
HIDDEN = ("machine-of-mine", "4026531836", "424242", "987654321", '"process"')


def told(text):
    return [word for word in HIDDEN if word in text]


def test_neither_an_answer_nor_a_frame_says_where_a_process_runs(serve):
    served = serve()
    document = Job(job_id=ANN, mode="big", created_at=datetime(2030, 1, 1, tzinfo=UTC), process=MARK)
    begun = served.do(served.store.begin_attempt(document))
    assert begun.process == MARK
    for path in (f"/jobs/{ANN}", "/jobs", f"/jobs/{ANN}/events"):
        answer = served.get(path)
        assert answer.status_code == 200, answer.text
        assert told(answer.text) == [], path
    for path in (f"/ws/jobs/{ANN}", "/ws/jobs"):
        with connect(f"{served.url.replace('http', 'ws')}{path}", open_timeout=20) as socket:
            frame = socket.recv(timeout=20)
        assert json.loads(frame)["job_id"] == str(ANN)
        assert told(frame) == [], path
    assert served.do(served.store.job(ANN)).process == MARK


def test_the_document_of_the_api_does_not_know_of_it(serve):
    text = serve().get("/openapi.json").text
    assert "ProcessMark" not in text
    for kind in (JobView, JobFrame):
        assert "process" not in kind.model_json_schema(mode="serialization")["properties"]


def test_a_client_reads_what_a_server_that_still_told_it_says():
    # the row of a moment ago had it
    told_still = Job(job_id=ANN, mode="big", created_at=datetime(2030, 1, 1, tzinfo=UTC), process=MARK)
    text = JobView.model_validate_json(told_still.model_dump_json()).model_dump_json()
    assert told(text) == []
