"""`learn run` in environments that stand in its way, in a real process on a real Prefect server."""

import json
import os
import subprocess
import sys

import pytest

PROXY = "127.0.0.1:9"


def learn(command, home, api_url, **environment):
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return subprocess.run(
        ["bash", "-c", command],  # noqa: S607
        capture_output=True,
        env={
            **kept,
            "LEARN": f"{sys.executable} -m service.cli",
            "LEARN_HOME": str(home),
            "PREFECT_API_URL": api_url,
            **environment,
        },
        check=False,
        timeout=120,
    )


def jobs(home):
    import sqlite3

    with sqlite3.connect(home / "knowledge.db") as store:
        return [json.loads(document) for (document,) in store.execute("SELECT document FROM jobs")]


@pytest.mark.prefect
@pytest.mark.parametrize(
    "environment",
    [
        {"http_proxy": f"http://{PROXY}", "no_proxy": "internal.example"},
        {"ALL_PROXY": f"socks5://{PROXY}"},
        {"all_proxy": f"gopher://{PROXY}", "HTTP_PROXY": PROXY, "PYTHONIOENCODING": "ascii"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_a_word_is_learned_whatever_proxies_there_are(environment, prefect_api, tmp_path):
    home = tmp_path / "q?x #é"
    done = learn("$LEARN run quick spoon", home, prefect_api, **environment)
    assert (done.returncode, b"1 word learned" in done.stdout) == (0, True), done.stderr
    assert (home / "knowledge.db").exists()
    assert not (tmp_path / "q").exists()


@pytest.mark.prefect
def test_a_reader_that_leaves_costs_the_job_nothing(prefect_api, tmp_path):
    command = "$LEARN run big --minutes 0.1 --plain 2>&1 | head -1; exit ${PIPESTATUS[0]}"
    done = learn(command, tmp_path, prefect_api)
    assert done.returncode == 0
    (job,) = jobs(tmp_path)
    assert (job["status"], job["end_reason"], job["errors"]) == ("completed", "time limit", [])
