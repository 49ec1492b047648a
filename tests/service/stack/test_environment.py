"""Logs that have a bound, and a home folder that stays as it was."""

import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from flows.settings import Settings
from service.cli.output.logfile import logging_to
from service.stack.environment import client_environment, open_log, prepare_home, set_aside

KEEPS_OUT = """
import sys
from pathlib import Path
from flows.settings import Settings
from service.stack.environment import adopted, client_environment
with adopted(client_environment(Settings(home=Path(sys.argv[1])), "http://127.0.0.1:1/api")):
    import prefect.context
"""


def test_a_long_log_is_set_aside_and_a_short_one_goes_on(tmp_path):
    log = tmp_path / "jobs.log"
    set_aside(log)
    log.write_text("short\n")
    set_aside(log, at_most_bytes=10)
    assert log.read_text() == "short\n"
    log.write_text("long" * 10)
    set_aside(log, at_most_bytes=10)
    assert not log.exists()
    assert (tmp_path / "jobs.log.1").read_text() == "long" * 10


def test_the_log_of_a_run_is_set_aside_like_the_others(tmp_path):
    log = tmp_path / "learn-run.log"
    log.write_bytes(b"x" * 5_000_001)
    with logging_to(log):
        logging.getLogger().warning("a line")
    assert log.stat().st_size < 1000
    assert (tmp_path / "learn-run.log.1").stat().st_size == 5_000_001


def test_a_log_that_is_opened_is_appended_to(tmp_path):
    for text in ("one\n", "two\n"):
        with os.fdopen(open_log(tmp_path / "worker.log"), "w") as file:
            file.write(text)
    assert (tmp_path / "worker.log").read_text() == "one\ntwo\n"


def test_prefect_makes_no_folder_in_the_users_home(tmp_path):
    home = tmp_path / "user"
    home.mkdir()
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", KEEPS_OUT, str(tmp_path / "learning")]
    subprocess.run(command, env=environment, check=True, timeout=60, capture_output=True)
    assert list(home.iterdir()) == []


def test_what_is_set_to_nothing_counts_as_not_set(tmp_path, monkeypatch):
    settings = Settings(home=tmp_path)
    for name in ("PREFECT_API_URL", "PREFECT_CLIENT_MAX_RETRIES", "PREFECT_HOME"):
        monkeypatch.delenv(name, raising=False)
    without = client_environment(settings, "http://127.0.0.1:1/api")
    for name in ("PREFECT_API_URL", "PREFECT_CLIENT_MAX_RETRIES", "PREFECT_HOME"):
        monkeypatch.setenv(name, "")
    assert client_environment(settings, "http://127.0.0.1:1/api") == without
    assert without["PREFECT_HOME"] == str(tmp_path / "prefect")


def test_many_processes_may_prepare_one_home_at_once(tmp_path):
    settings = Settings(home=tmp_path / "home")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: prepare_home(settings), range(400)))
    assert sorted(p.name for p in settings.home.rglob("*")) == ["logs", "prefect"]
