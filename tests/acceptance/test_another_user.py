"""A second user of the machine, for real: he runs nothing through Prefect, reads and locks no file of the
home, and is not signed in.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from another_user import NOBODY, as_nobody, needs_root, open_folder
from conftest import a_free_port
from house import House, wait_for
from test_nobody_else import TOKEN

pytestmark = [pytest.mark.acceptance, needs_root, pytest.mark.timeout(300)]

OLD = (
    "logs/server.log",
    "logs/jobs.log",
    "logs/prefect-server.log",
    "logs/worker.log",
    "prefect/lease",
    "prefect/server.json",
    "prefect/stack",
    "prefect/start",
    "prefect/storage/result",
)
"""What an older version left, open to all."""
OPENED = {
    "Accept": "text/html",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "none",
}
COMMAND = """
import http.client, json, sys
port, mark = int(sys.argv[1]), sys.argv[2]
def call(method, path, body=None):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    line.request(method, "/api" + path, json.dumps(body) if body is not None else None,
                 {"Content-Type": "application/json"})
    answer = line.getresponse()
    text = answer.read()
    print(method, path, answer.status)
    return json.loads(text) if answer.status in (200, 201) else {}
flow = call("POST", "/flows/", {"name": "theirs"})
call("GET", "/work_pools/learning")
deployment = call("POST", "/deployments/", {
    "name": "theirs", "flow_id": flow.get("id", "00000000-0000-4000-8000-000000000000"),
    "work_pool_name": "learning", "entrypoint": "x.py:y", "path": "/",
    "job_variables": {"command": "touch " + mark},
})
there = "/deployments/" + deployment.get("id", "00000000-0000-4000-8000-000000000000")
run = call("POST", there + "/create_flow_run", {
    "state": {"type": "SCHEDULED"}, "job_variables": {"command": "touch " + mark}})
call("GET", "/flow_runs/" + run.get("id", "00000000-0000-4000-8000-000000000000"))
"""
"""The five calls by which user 65534 ran a command as the owner."""
PAGE = """
import http.client, json, sys
line = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=30)
line.request("GET", sys.argv[2], headers=json.loads(sys.argv[3]))
answer = line.getresponse()
print(answer.status)
print(answer.read().decode())
"""
TAKE = """
import fcntl, json, os, struct, sys
got = []
for path in json.load(sys.stdin):
    for flags in (os.O_RDONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND):
        try:
            file = os.open(path, flags)
        except OSError:
            continue
        got.append("opened " + path)
        for lock in (fcntl.LOCK_SH, fcntl.LOCK_EX):
            try:
                fcntl.flock(file, lock | fcntl.LOCK_NB)
                got.append("flock " + path)
            except OSError:
                pass
        try:
            # the byte that writers of SQLite's log take
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, 120)
            got.append("lockf " + path)
        except OSError:
            pass
    try:
        os.listdir(path)
        got.append("listed " + path)
    except OSError:
        pass
print(json.dumps(got))
"""
ENVIRON = """
import os, sys
got = []
for pid in sys.argv[1:]:
    for name in ("environ", "fd", "mem", "cwd"):
        path = f"/proc/{pid}/{name}"
        try:
            {"fd": os.listdir, "cwd": os.readlink}.get(name, lambda path: open(path, "rb").read(1))(path)
            got.append(path)
        except OSError:
            pass
print(got)
"""


def open_to_others(home):
    """The paths that `find $LEARN_HOME -perm /077` prints, without links and what vanishes meanwhile."""
    command = ["/usr/bin/find", home, "-perm", "/077", "!", "-type", "l"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.split()


@pytest.fixture(scope="module")
def shared():
    """A stack in a folder that all may enter, started without a umask, in a home that an older version left
    open; its store lies elsewhere.
    """
    with open_folder() as folder:
        house = House(folder / "home", a_free_port())
        for name in OLD:
            path = house.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            path.chmod(0o666)
        for place in (house.home, *(path for path in house.home.rglob("*") if path.is_dir())):
            place.chmod(0o755)
        elsewhere = folder / "elsewhere"
        elsewhere.mkdir(mode=0o755)
        before = os.umask(0)
        try:
            port = a_free_port()
            up = house.learn(
                "up", "--plain", store=elsewhere / "words.db", LEARN_PORT=str(port), LEARN_API_TOKEN=TOKEN
            )
        finally:
            os.umask(before)
        house.facade_port, house.elsewhere = port, elsewhere
        try:
            up.hear("Serving:", within_s=120)
            yield house
            up.send(signal.SIGINT)
            assert up.wait(15) == 0
            assert open_to_others(house.home) == []
        finally:
            house.end()


def test_he_runs_no_command_through_prefect(shared, tmp_path_factory):
    with open_folder() as folder:
        folder.chmod(0o777)
        mark = folder / "ran"
        told = as_nobody(COMMAND, shared.port, mark).splitlines()
        assert [line.rpartition(" ")[2] for line in told] == ["401"] * 5, told
        assert not mark.exists()
    names = [flow["name"] for flow in shared.prefect("flows/filter", limit=50)]
    assert "big-learning" in names
    assert "theirs" not in names


@pytest.mark.parametrize("path", ["/runs", "/v2/dashboard"])
def test_prefects_pages_sign_the_owner_in_and_not_him(shared, path):
    password = shared.auth_string
    theirs = as_nobody(PAGE, shared.port, path, json.dumps(OPENED))
    assert theirs.startswith("200")
    assert "<head>" in theirs
    assert "prefect-password" not in theirs
    kept = base64.b64encode(password.encode()).decode()
    assert kept not in theirs
    ours = httpx.get(f"{shared.api.removesuffix('/api')}{path}", headers=OPENED, timeout=30)
    assert f"<head><script>try{{localStorage.setItem('prefect-password','{kept}')}}" in ours.text


def test_he_can_neither_open_nor_lock_nor_list_anything_while_a_job_runs_and_after(shared):
    job_id = shared.start("big", max_entries=60, minutes=1)
    seen = set()

    def has_ended():
        paths = [str(path) for path in (shared.home, *shared.home.rglob("*"))]
        paths += [str(path) for path in shared.elsewhere.iterdir()]
        assert as_nobody(TAKE, given=json.dumps(paths)).strip() == "[]"
        assert open_to_others(shared.home) == []
        assert [p for p in shared.elsewhere.iterdir() if p.stat().st_mode & 0o077] == []
        seen.update(paths)
        return shared.state(job_id)["type"] in {"COMPLETED", "FAILED", "CRASHED"}

    wait_for(has_ended, 120, "the end")
    assert shared.state(job_id)["type"] == "COMPLETED"
    names = {Path(path).name for path in seen}
    assert names >= {
        "words.db",
        "words.db-wal",
        "words.db-shm",
        "prefect.db",
        "password",
        "lease",
        "jobs.log",
    }


def test_he_reads_no_process_of_the_stack(shared):
    pids = list(shared.alive())
    assert len(pids) >= 4
    assert as_nobody(ENVIRON, *pids).strip() == "[]"
    for command in shared.alive().values():
        assert not re.search(re.escape(shared.auth_string.partition(":")[2]), command)


def test_a_home_of_his_is_not_used_though_root_could(tmp_path):
    with open_folder() as folder:
        house = House(folder / "home", a_free_port())
        house.home.mkdir()
        os.chown(house.home, NOBODY, NOBODY)
        try:
            up = house.learn("up", "--plain")
            assert up.wait(60) != 0
            assert "belongs to another user" in up.text
            assert {path.name for path in house.home.iterdir()} <= {"prefect"}  # tests put its database there
        finally:
            house.end()


@pytest.mark.parametrize("planted", ["logs/server.log", "prefect/lease", "prefect/password"])
def test_a_link_that_he_planted_is_not_followed(planted):
    with open_folder() as folder:
        target = folder / "target"
        target.write_text("mine")
        house = House(folder / "home", a_free_port())
        link = house.home / planted
        link.parent.mkdir(parents=True)
        link.symlink_to(target)
        try:
            up = house.learn("up", "--plain")
            up.hear("is a link", within_s=60)
            assert target.read_text() == "mine"
        finally:
            house.end()
