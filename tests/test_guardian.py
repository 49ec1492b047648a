"""A test run that is killed leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import guardian
import psutil
import pytest

HERE = Path(__file__).parent
RUN = """
import os, pathlib, subprocess, sys, time
import guardian
folder = pathlib.Path(sys.argv[2])
guardian.begin(folder)
bare = {"LEARN_HOME": str(folder / "1" / "home")}
subprocess.Popen(["/bin/sleep", "300"], start_new_session=True, env=bare)
hidden = "import subprocess, sys; subprocess.Popen(['sleep', '300'], start_new_session=True); sys.exit()"
subprocess.run([sys.executable, "-c", hidden], start_new_session=True)
held = subprocess.Popen(["sleep", "300"])
print(os.environ[guardian.MARK], flush=True)
if sys.argv[1] == "killed":
    time.sleep(300)
"""


@pytest.mark.parametrize("end", ["killed", "finished"])
def test_what_a_run_has_started_ends_with_it_and_so_does_its_folder(end, tmp_path):
    (folder := tmp_path / "folder").mkdir()
    environment = {name: value for name, value in os.environ.items() if name != guardian.MARK}
    with subprocess.Popen(
        [sys.executable, "-c", RUN, end, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=HERE,
        env=environment,
    ) as run:
        mark = run.stdout.readline().strip()
        processes = guardian.marked(mark, str(folder))
        if end == "killed":
            run.send_signal(signal.SIGKILL)
            assert len(processes) == 3, "its child, one that nobody waits for, and one without the mark"
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert alive == []
    assert guardian.marked(mark, str(folder)) == []
    for _ in range(100):
        if not folder.exists():
            break
        time.sleep(0.1)
    assert not folder.exists()


def test_this_run_is_guarded():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"]) as child:
        assert child.pid in {process.pid for process in guardian.marked(os.environ[guardian.MARK])}
        child.kill()


CHILD = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
IN_BACKGROUND = f"""
import guardian, subprocess, sys
guardian.begin()
subprocess.run([sys.executable, "-c", {CHILD!r}])
"""


@pytest.mark.parametrize("is_marked", [True, False])
def test_what_a_run_in_the_background_starts_can_be_interrupted(is_marked):
    environment = {name: value for name, value in os.environ.items() if is_marked or name != guardian.MARK}
    ran = subprocess.run(
        ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", IN_BACKGROUND],
        capture_output=True,
        text=True,
        cwd=HERE,
        env=environment,
        check=True,
    )
    assert ran.stdout.strip() == "True"
