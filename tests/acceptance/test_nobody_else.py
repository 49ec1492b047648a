"""Another user of the machine can neither run commands through Prefect, nor read files, nor find keys; and
those who may still can.
"""

from __future__ import annotations

import json
import os
import signal
import stat
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from conftest import a_free_port
from house import wait_for
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

pytestmark = pytest.mark.acceptance

GROQ, TOKEN, OTHER = "gsk_acceptance_secret", "a-token-of-sixteen-or-more", "another-program's-secret"
NOBODY = "00000000-0000-4000-8000-000000000000"
CALLS = (
    ("POST", "flows/", {"name": "theirs"}),
    (
        "POST",
        "deployments/",
        {
            "name": "theirs",
            "flow_id": NOBODY,
            "work_pool_name": "learning",
            "job_variables": {"command": "touch /tmp/never"},
        },
    ),
    ("GET", "deployments/name/big-learning/big", None),
    ("POST", f"deployments/{NOBODY}/create_flow_run", {"job_variables": {"command": "touch /tmp/never"}}),
    ("POST", "work_pools/learning/get_scheduled_flow_runs", {}),
    ("PATCH", "work_pools/learning", {"base_job_template": {}}),
    ("POST", "flow_runs/", {"flow_id": NOBODY}),
    ("GET", "admin/settings", None),
    ("POST", "block_documents/filter", {}),
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A house whose owner has keys in the environment; its server's address."""
    from house import House

    found = House(tmp_path_factory.mktemp("kept") / "home", a_free_port())
    port = a_free_port()
    before = os.umask(0o022)
    try:
        up = found.learn(
            "up",
            "--plain",
            LEARN_PORT=str(port),
            LEARN_API_TOKEN=TOKEN,
            GROQ_API_KEY=GROQ,
            LEARN_MODEL="lexicon",
            AWS_SECRET_ACCESS_KEY=OTHER,
            # meant for another server; ours must work all the same
            PREFECT_API_KEY="pnu_of_another_server",
        )
        up.hear("Serving:", within_s=120)
        yield found, f"http://127.0.0.1:{port}", up
        up.send(signal.SIGINT)
        assert up.wait(15) == 0
        found.empty(within_s=2)
    finally:
        os.umask(before)
        found.end()


@pytest.mark.parametrize(
    "auth", [None, ("learn", "a-wrong-password"), ("learn", "")], ids=["none", "wrong", "empty"]
)
@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=[f"{c[0]} {c[1]}" for c in CALLS])
def test_the_calls_that_ran_a_command_are_refused(kept, method, path, body, auth):
    house, _, _ = kept
    answer = httpx.request(method, f"{house.api}/{path}", json=body, auth=auth, timeout=20)
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["events/out", "events/in"])
@pytest.mark.parametrize("protocols", [["prefect"], None], ids=["prefect", "none"])
def test_nobody_else_hears_or_sends_events(kept, path, protocols):
    house, _, _ = kept
    url = f"{house.api.replace('http', 'ws')}/{path}"

    def listen():
        with connect(url, subprotocols=protocols, open_timeout=20) as socket:
            socket.send(json.dumps({"type": "auth", "token": "learn:a-wrong-password"}))
            socket.recv(timeout=20)
            socket.recv(timeout=20)

    with pytest.raises(Exception, match=r"1008|1002|403") as refused:
        listen()
    assert not isinstance(refused.value, TimeoutError)


def test_a_run_of_prefects_own_form_is_live_and_leaves_nothing_to_others(kept):
    house, facade, _ = kept
    job_id = house.start("big", max_entries=60, minutes=1)
    url = f"{facade.replace('http', 'ws')}/ws/jobs/{job_id}"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    told = []
    wait_for(lambda: httpx.get(f"{facade}/jobs/{job_id}", headers=headers).status_code == 200, 30, "its row")
    with closing(connect(url, additional_headers=headers, open_timeout=20)) as socket:
        try:
            while True:
                told.append(json.loads(socket.recv(timeout=60)))
        except ConnectionClosed:
            assert socket.close_code == 1000
    assert told[-1]["status"] == "completed"
    assert told[-1]["counts"]["stored"] == 60
    assert len({frame["counts"]["stored"] for frame in told}) > 1
    assert any(frame["live"] for frame in told)
    open_to_others = [
        f"{path} {stat.filemode(path.lstat().st_mode)}"
        for path in (house.home, *house.home.rglob("*"))
        if not path.is_symlink() and path.lstat().st_mode & 0o077
    ]
    assert not open_to_others


def test_keys_are_only_in_the_processes_that_use_them(kept):
    house, _, _ = kept
    held = {
        part: {
            name
            for name, secret in {
                "groq": GROQ,
                "token": TOKEN,
                "other": OTHER,
                "password": house.auth_string,
            }.items()
            for pid in house.pids(part)
            if secret.encode() in Path(f"/proc/{pid}/environ").read_bytes()
        }
        for part in ("service.stack.prefect_server", "service.stack.web_server", "service.worker")
    }
    assert held == {
        "service.stack.prefect_server": set(),
        "service.stack.web_server": {"token", "password"},
        "service.worker": {"groq", "other", "password"},
    }


def test_no_secret_is_in_a_command_line_a_log_or_a_row(kept):
    house, _, up = kept
    password = house.auth_string.partition(":")[2]
    shown = [*house.alive().values(), up.text]
    shown += [path.read_text(errors="replace") for path in (house.home / "logs").iterdir()]
    for path in (house.home / "prefect").glob("prefect.db*"):
        shown.append(path.read_bytes().decode("latin-1"))
    shown.append(json.dumps(house.prefect("flow_runs/filter", limit=50)))
    for secret in (password, TOKEN, GROQ):
        assert not [text[:200] for text in shown if secret in text]


def test_env_prints_what_prefects_own_commands_need(kept):
    house, _, up = kept
    told = house.learn("env")
    assert told.wait(30) == 0, told.text
    assert f"export PREFECT_API_URL={house.api}" in told.text
    assert f"export PREFECT_API_AUTH_STRING={house.auth_string}" in told.text
    assert "learn env" in up.text


def test_doctor_talks_to_the_server_with_its_password(kept):
    house, facade, _ = kept
    doctor = house.learn("doctor", "--json", LEARN_URL=facade, LEARN_API_TOKEN=TOKEN, LEARN_MODEL="lexicon")
    doctor.wait(60)
    checks = {check["name"]: check for check in json.loads(doctor.text)["checks"]}
    assert "unknown" not in checks["prefect"]["finding"], checks
    assert checks["prefect"]["state"] == "ok", checks


def test_the_ui_says_that_it_asks_for_the_password(kept):
    house, _, _ = kept
    assert httpx.get(f"{house.api.removesuffix('/api')}/ui-settings", timeout=20).json()["auth"] == "BASIC"


def test_after_a_restart_of_the_server_all_parts_are_still_let_in(kept):
    house, facade, _ = kept
    (pid,) = house.pids("service.stack.prefect_server")
    before = house.auth_string
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: {*house.pids("service.stack.prefect_server")} - {pid}, 60, "another server")
    wait_for(lambda: _is_up(f"{house.api}/health"), 90, "its answer")
    assert house.auth_string == before
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = wait_for(
        lambda: (
            (
                found := httpx.post(
                    f"{facade}/jobs/start",
                    json={"mode": "quick", "words": ["tide"]},
                    headers=headers,
                    timeout=20,
                )
            ).is_success
            and found
        ),
        60,
        "a start",
    )
    job_id = answer.json()["job_id"]
    wait_for(
        lambda: httpx.get(f"{facade}/jobs/{job_id}", headers=headers).json().get("status") == "completed",
        90,
        "its end",
    )


def _is_up(url):
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False
