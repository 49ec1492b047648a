"""A test run that is killed leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import guardian
import psutil
import pytest

HERE = Path(__file__).parent
RUN = """
import os, subprocess, sys, time
import guardian
guardian.begin()
hidden = "import subprocess, sys; subprocess.Popen(['sleep', '300'], start_new_session=True); sys.exit()"
subprocess.run([sys.executable, "-c", hidden], start_new_session=True)
held = subprocess.Popen(["sleep", "300"])
print(os.environ[guardian.MARK], flush=True)
if sys.argv[1] == "killed":
    time.sleep(300)
"""


@pytest.mark.parametrize("end", ["killed", "finished"])
def test_what_a_run_has_started_ends_with_it(end):
    environment = {name: value for name, value in os.environ.items() if name != guardian.MARK}
    with subprocess.Popen(
        [sys.executable, "-c", RUN, end], stdout=subprocess.PIPE, text=True, cwd=HERE, env=environment
    ) as run:
        mark = run.stdout.readline().strip()
        processes = guardian.marked(mark)
        if end == "killed":
            run.send_signal(signal.SIGKILL)
            assert len(processes) == 2, "its child, and one that nobody waits for"
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert alive == []
    assert guardian.marked(mark) == []


def test_this_run_is_guarded():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"]) as child:
        assert child.pid in {process.pid for process in guardian.marked(os.environ[guardian.MARK])}
        child.kill()
