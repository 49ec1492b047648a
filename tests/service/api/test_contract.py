"""The OpenAPI document against the facade itself, by schemathesis: all checks, single requests and sequences
of them.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from api_hooks import KNOWN
from api_server import TOKEN, serving
from store_documents import ANN, START, batch, entry, event, job, round_

from flows.knowledge import Word
from service.api.app import create_app
from tests.service.deploying import deploy
from tests.thorough import amount


async def fill(store):
    begun = await store.begin_attempt(job(status="completed"))
    known = [Word(text=key, key=key) for key in KNOWN]
    await store.claim(known, job_id=ANN, attempt=begun.attempt, until=START + timedelta(days=9999))
    await store.save_round(round_(attempt=begun.attempt))
    await store.commit_batch(batch(*KNOWN, attempt=begun.attempt), entries=[entry(key) for key in KNOWN])
    await store.append_log(ANN, [event(1)])


@pytest.mark.prefect
@pytest.mark.timeout(600)
@pytest.mark.scheduled
def test_schemathesis_finds_nothing(prefect_api, tmp_path):
    asyncio.run(deploy())
    limits = {
        "starts_burst": 100_000,
        "total_starts_burst": 100_000,
        "starts_per_minute": 1e6,
        "max_exports": 50,
    }
    with serving(tmp_path, token=TOKEN, **limits) as served:
        served.do(fill(served.store))
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            f"{served.url}/openapi.json",
            "--checks",
            "all",
            "--max-examples",
            str(amount(4, thorough=20)),
        ]
        command += [
            "-H",
            f"Authorization: Bearer {TOKEN}",
            "--seed",
            "1",
            "--no-color",
            "--continue-on-failure",
            "--warnings",
            "off",
        ]
        here = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[3])])
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "api_hooks", "PYTHONPATH": here}
        found = subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
        )
    assert found.returncode == 0, found.stdout[-20_000:] + found.stderr[-2000:]
    assert "Stateful" in found.stdout


def test_operations_have_names_that_stay(tmp_path):
    document = create_app().openapi()
    names = {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert names == {
        "start_job": "POST /jobs/start",
        "start_big_job": "POST /jobs/start_big",
        "estimate_job": "POST /jobs/estimate",
        "read_jobs": "GET /jobs",
        "read_job": "GET /jobs/{job_id}",
        "cancel_job": "POST /jobs/{job_id}/cancel",
        "retry_job": "POST /jobs/{job_id}/retry",
        "read_rounds": "GET /jobs/{job_id}/rounds",
        "read_round": "GET /jobs/{job_id}/rounds/{number}",
        "read_events": "GET /jobs/{job_id}/events",
        "search_knowledge": "GET /knowledge",
        "read_stats": "GET /knowledge/stats",
        "export_knowledge": "GET /knowledge/export",
        "read_entry": "GET /entries/{word}",
        "read_graph": "GET /graph/{word}",
        "read_frontier": "GET /frontier",
        "read_schedules": "GET /schedules",
        "pause_schedule": "POST /schedules/{schedule_id}/pause",
        "resume_schedule": "POST /schedules/{schedule_id}/resume",
        "sign_in": "POST /session",
        "sign_out": "DELETE /session",
        "live": "GET /health/live",
        "ready": "GET /health/ready",
        "metrics": "GET /metrics",
    }


def test_every_operation_is_typed_described_and_answers_with_problems():
    document = create_app().openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            assert {"401", "403", "503"} <= operation["responses"].keys(), where
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], where
                elif status != "204":
                    assert answer["content"], where
    assert not re.search(r"HTTPValidationError", str(document))
