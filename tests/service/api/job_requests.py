"""Jobs started, written and shown."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

from prefect.client.orchestration import get_client

from flows.knowledge import Job, utc_now


def put(job_id, *states):
    """Have Prefect believe that a run went through these states."""

    async def tell():
        async with get_client() as client:
            for state in states:
                await client.set_flow_run_state(job_id, state, force=True)

    asyncio.run(tell())


def started(served, **body):
    answer = (
        served.post("/jobs/start_big", json=body)
        if body.get("mode") is None
        else served.post("/jobs/start", json=body)
    )
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["job_id"])


def with_document(served, job_id, **changes):
    document = Job(
        **{"job_id": job_id, "mode": "big", "status": "running", "created_at": utc_now(), **changes}
    )
    return served.do(served.store.begin_attempt(document))


def shown(served, job_id, *, within_s=10, **expected):
    """The job, once it is as expected: what Prefect says reaches the row a moment later."""
    deadline = time.monotonic() + within_s
    while True:
        found = served.get(f"/jobs/{job_id}").json()
        if all(found.get(name) == value for name, value in expected.items()):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def problem(answer, status, field=None):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["detail"]
    if field:
        assert document["errors"][0]["field"] == field
    return document
