from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from api_server import TOKEN, serving
from prefect.client.orchestration import get_client

from service.stack.environment import adopted
from service.stack.web_server import Redaction
from tests.service.deploying import deploy

PLANTED = {
    "LEARN_API_TOKEN": TOKEN,
    "GROQ_API_KEY": "gsk_planted_0123456789",
    "PREFECT_API_AUTH_STRING": "admin:planted-password",
}


def secrets_in(text, *more):
    planted = (*PLANTED.values(), "planted-password", "url-password", *more)
    return [secret for secret in planted if secret in text]


@pytest.mark.prefect
def test_no_answer_log_event_or_parameter_holds_a_secret(
    prefect_api, stand_ins, tmp_path, caplog, prefect_auth
):
    caplog.set_level(logging.DEBUG)
    asyncio.run(deploy(stand_ins))
    # the real one: with another, Prefect would refuse the job
    own = ":".join(prefect_auth)
    with adopted(PLANTED | {"PREFECT_API_AUTH_STRING": own}), serving(tmp_path, token=TOKEN) as served:
        job_id = served.post("/jobs/start_big", json={"topic": "moss"}).json()["job_id"]
        answers = [
            served.get(f"/jobs/{job_id}"),
            served.get(f"/jobs/{job_id}/events"),
            served.get("/jobs"),
            served.get("/openapi.json"),
            served.get("/metrics"),
            served.get("/health/ready"),
            served.get(f"/knowledge?token={TOKEN}"),
            served.get(f"/entries/{TOKEN}"),
            served.post("/session", json={"token": TOKEN}),
            served.post("/session", json={"token": TOKEN, "extra": 1}),
            served.post("/jobs/start", json={"mode": TOKEN}),
            served.get("/jobs", headers={"Authorization": f"Bearer {TOKEN}x"}),
        ]
        for answer in answers:
            assert not secrets_in(answer.text + str(answer.headers), *prefect_auth[1:]), answer.url

    async def stored():
        async with get_client() as client:
            run = await client.read_flow_run(job_id)
            states = await client.read_flow_run_states(run.id)
        return run.model_dump_json() + "".join(s.model_dump_json() for s in states)

    assert not secrets_in(
        asyncio.run(stored()) + httpx.post(f"{prefect_api}/events/filter", json={}, auth=prefect_auth).text,
        own,
    )
    # the first line of each log record of ours; httpx's own, of this test's client, shows the address that
    # the test asked for
    assert not secrets_in(
        "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))),
        own,
    )


def test_process_tells_no_secret_even_when_it_fails(tmp_path, free_port):
    environment = {
        **os.environ,
        **PLANTED,
        "LEARN_HOME": str(tmp_path),
        "LEARN_PORT": str(free_port),
        "PREFECT_API_URL": "http://someone:url-password@127.0.0.1:9/api",
    }
    log = tmp_path / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "service.stack.web_server"],
            env=environment,
            stdout=out,
            stderr=out,
            cwd=Path(__file__).parents[3],
        )
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{free_port}", headers={"Authorization": f"Bearer {TOKEN}"}
        ) as client:
            _wait(client)
            refused = client.post("/jobs/start_big")
            assert refused.status_code == 503
            assert "127.0.0.1:9" in refused.text
            shown = refused.text + client.get("/jobs").text + client.get(f"/knowledge?q={TOKEN}").text
    finally:
        process.terminate()
        assert process.wait(15) == 0
    assert not secrets_in(shown + log.read_text())


def _wait(client):
    deadline = time.monotonic() + 60
    while True:
        try:
            assert client.get("/health/live").status_code == 200
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


def test_redaction_cleans_messages_arguments_and_tracebacks(caplog):
    redaction = Redaction(PLANTED)
    try:
        raise ValueError(f"refused {TOKEN}")  # noqa: TRY301
    except ValueError:
        record = logging.LogRecord(
            "x", logging.ERROR, "x.py", 1, "asked %s", ("http://a:url-password@host/",), sys.exc_info()
        )
    assert redaction.filter(record)
    text = logging.Formatter().format(record)
    assert "asked http://***@host/" in text
    assert "ValueError: refused ***" in text
    assert not secrets_in(text)
