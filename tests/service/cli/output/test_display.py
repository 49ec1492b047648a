from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from rich.cells import cell_len
from rich.console import Console

from flows.knowledge import Counts, Job, JobEvent, StageCounts
from service.cli.output.display import Scene, Trail, clock, picture, plain_line
from service.cli.output.progress import PlainReporter
from service.cli.output.summary import summarize

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
JOB_ID = UUID("11111111-2222-4333-8444-555555555555")


def make_job(stored: int = 0, **changes: object) -> Job:
    fields = {
        "job_id": JOB_ID,
        "mode": "big",
        "name": "big-learning · astronomy · 2026-01-02 03:04",
        "status": "running",
        "progress": 40,
        "counts": Counts(stored=stored, accepted=400, failed=3, rounds=2),
        "last_round": 2,
        "stages": {
            "propose": StageCounts(done=2000),
            "research": StageCounts(done=300, in_flight=20),
            "synthesize": StageCounts(done=280, in_flight=20),
            "enrich": StageCounts(done=stored, in_flight=40),
        },
        "created_at": NOW,
        "started_at": NOW,
        "deadline_at": NOW + timedelta(minutes=10),
        "attempt": 1,
    }
    return Job(**(fields | changes))


def event(kind: str, text: str = "", words: tuple[str, ...] = (), seq: int = 1) -> JobEvent:
    return JobEvent(attempt=1, seq=seq, kind=kind, text=text, words=words, occurred=NOW)


def drawn(scene: Scene, width: int, height: int = 24) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False, highlight=False)
    console.print(picture(scene, width, height))
    return console.file.getvalue().splitlines()


def full_scene(**changes: object) -> Scene:
    words = tuple(f"word number {n}" for n in range(60))
    parts = {
        "job": make_job(250),
        "now": NOW + timedelta(minutes=4),
        "words": words,
        "rate": 21.0,
        "rates": (1.0, 5.0, 21.0),
    }
    parts |= {
        "problem": "The store is locked by another process; trying again in two seconds",
        "page": f"http://127.0.0.1:4200/runs/flow-run/{JOB_ID}",
    }
    return Scene(**(parts | changes))


def test_picture_tells_what_a_watcher_asks():
    text = "\n".join(drawn(full_scene(), 100))
    for part in (
        "astronomy",
        "running",
        "40 %",
        "6:00 left",
        "250 words learned",
        "21 words/s",
        "round 2",
        "3 given up",
        "word number 0",
        "store is locked",
    ):
        assert part in text
    assert re.search(r"propose .* 2,000 done", text)
    assert re.search(r"research .* 300 done +20 in flight", text)
    assert f"/runs/flow-run/{JOB_ID}" in text


@pytest.mark.parametrize("width", [20, 38, 50, 61, 80, 120, 200])
@pytest.mark.parametrize("height", [8, 12, 20, 24, 40])
def test_picture_never_leaves_the_terminal(width: int, height: int):
    lines = drawn(full_scene(words=("引力" * 12, "b" * 300, *"cdefg")), width, height)
    assert len(lines) < height or height < 8
    assert max(map(cell_len, lines)) < width


def test_picture_of_a_job_without_limit_shows_the_time_it_took():
    text = "\n".join(drawn(full_scene(job=make_job(5, deadline_at=None)), 80))
    assert "4:00" in text
    assert "left" not in text


def test_picture_of_an_ended_job_offers_no_interrupt():
    text = "\n".join(
        drawn(
            full_scene(
                job=make_job(
                    5, status="completed", end_reason="time limit", finished_at=NOW + timedelta(minutes=10)
                )
            ),
            80,
        )
    )
    assert "✓ time limit" in text
    assert "Ctrl-C" not in text


def test_stopping_is_said():
    trail = Trail()
    trail.note(make_job(), [event("job.stopping", "Stopping")], NOW)
    text = "\n".join(drawn(trail.scene(NOW), 80))
    assert "stopping" in text
    assert "Ctrl-C again stops now" in text


def test_text_from_outside_cannot_steer_the_terminal():
    trail = Trail()
    trail.note(
        make_job(name="evil\x1b]0;title\x07"),
        [event("words.learned", words=("a\x1b[2Jb", "\u202eright"))],
        NOW,
    )
    text = "\n".join(drawn(trail.scene(NOW), 80))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text


def test_newest_words_come_first():
    trail = Trail()
    trail.note(make_job(), [event("words.learned", words=("one", "two"))], NOW)
    trail.note(make_job(), [event("words.learned", words=("three",), seq=2)], NOW)
    assert trail.scene(NOW).words == ("three", "two", "one")


def test_rate_is_that_of_the_last_ten_seconds():
    trail = Trail()
    for second in range(30):
        trail.note(
            make_job(second * 10 if second < 15 else 150 + (second - 15) * 20),
            (),
            NOW + timedelta(seconds=second),
        )
    assert trail.rate(NOW + timedelta(seconds=29)) == pytest.approx(20)


def test_rate_falls_when_nothing_comes():
    trail = Trail()
    trail.note(make_job(0), (), NOW)
    trail.note(make_job(100), (), NOW + timedelta(seconds=5))
    assert trail.rate(NOW + timedelta(seconds=5)) == pytest.approx(20)
    assert trail.rate(NOW + timedelta(seconds=50)) == pytest.approx(2)


def test_rate_of_an_ended_job_is_over_all_its_time():
    trail = Trail()
    trail.note(make_job(600, status="completed", active_seconds=30.0), (), NOW)
    assert trail.rate(NOW) == pytest.approx(20)


def test_nothing_to_see_before_the_job_is_seen():
    assert Trail().scene(NOW) is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (600, "10:00"), (3723, "1:02:03")]
)
def test_clock(seconds: float, text: str):
    assert clock(timedelta(seconds=seconds)) == text


def test_plain_line_is_one_line_without_colour():
    line = plain_line(full_scene())
    assert line == " 40 %, 250 words learned, 21 words/s, round 2, 3 given up, 6:00 left"


def test_plain_reporter_writes_a_line_every_few_seconds_and_each_problem():
    lines: list[str] = []
    moment = [NOW]
    reporter = PlainReporter(lines.append, now=lambda: moment[0])
    for second in range(12):
        moment[0] = NOW + timedelta(seconds=second)
        reporter(
            make_job(second), [event("job.problem", "Store locked", seq=second + 1)] if second == 7 else ()
        )
    assert len(lines) == 4
    assert lines[2].endswith("Store locked")
    reporter(make_job(99, status="completed", end_reason="time limit"), ())
    assert "99 words learned" in lines[-1]


def test_summary_says_outcome_place_and_how_to_look():
    job = make_job(
        1240, status="completed", end_reason="time limit", active_seconds=600.2, errors=("Store locked",)
    )
    lines = summarize(
        job, store_url="sqlite:////tmp/k.db", words=("black hole", "orbit"), page="http://127.0.0.1:4200/x"
    )
    assert lines[0] == "Done: 1,240 words learned in 10:00 (time limit)."
    text = "\n".join(lines)
    for part in (
        "learn show 'black hole'",
        "sqlite:////tmp/k.db",
        "http://127.0.0.1:4200/x",
        f"--job {JOB_ID}",
        "Store locked",
        "3 words given up",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"status": "completed", "end_reason": "stopped"}, "Stopped: 1 word learned"),
        ({"status": "failed", "end_reason": "failed", "errors": ("Disk full",)}, "Failed: 1 word learned"),
        ({"status": "cancelled", "end_reason": "stopped"}, "Cancelled: 1 word learned"),
        (
            {"status": "completed", "end_reason": "nothing new"},
            "Done: 1 word learned in 0.0 s (nothing new).",
        ),
    ],
)
def test_summary_of_every_end(changes: dict[str, object], start: str):
    lines = summarize(make_job(1, **changes), store_url="")
    assert lines[0].startswith(start)
    assert ("Disk full" in "\n".join(lines)) == (changes["status"] == "failed")


WATCHED = """
import asyncio, logging, sys, uuid, warnings
from datetime import timedelta
from flows.knowledge import Counts, Job, utc_now
from service.cli.output.progress import choose_reporter

async def main():
    reporter = choose_reporter(is_json=False, is_plain=False)
    now = utc_now()
    async with reporter:
        reporter.say("Starting Prefect")
        await asyncio.sleep(0.3)
        for n in range(1, 5):
            ended = {"status": "running"}
            if n == 4:
                ended = {"status": "completed", "end_reason": "all done", "finished_at": utc_now()}
            reporter(
                Job(
                    job_id=uuid.UUID(int=1), mode="big", name="demo job", counts=Counts(stored=n * 10),
                    progress=n * 25, created_at=now, started_at=now, deadline_at=now + timedelta(minutes=1),
                    active_seconds=n, **ended,
                ),
                (),
            )
            await asyncio.sleep(0.3)
asyncio.run(main())
"""


def watched_in_a_terminal(environment: dict[str, str]) -> str:
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", **environment}
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED], stdin=theirs, stdout=theirs, stderr=theirs, env=env, close_fds=True
    )
    os.close(theirs)
    seen = b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        elif process.poll() is not None:
            break
    os.close(ours)
    assert process.wait(timeout=10) == 0
    return seen.decode()


def test_live_display_draws_in_a_terminal_and_restores_it():
    seen = watched_in_a_terminal({})
    assert "Starting Prefect" in seen
    assert "demo job" in seen
    assert "40 words learned" in seen
    assert seen.count("\x1b[?25l") == seen.count("\x1b[?25h") >= 1
    assert "Traceback" not in seen


def test_live_display_respects_no_color():
    assert not re.search(r"\x1b\[[\d;]*3[0-7]m", watched_in_a_terminal({"NO_COLOR": "1"}))
    assert re.search(r"\x1b\[[\d;]*3[0-7]m", watched_in_a_terminal({}))
