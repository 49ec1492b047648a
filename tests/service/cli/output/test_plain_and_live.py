"""Lines for a log, the summary at the end, and the display in a real terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from flows.knowledge import Counts, NamedOutcome, ProviderTrouble, Reason
from service.cli.output.display import plain_line
from service.cli.output.progress import PlainReporter
from service.cli.output.summary import summarize
from service.schemas import JobView
from tests.service.cli.output.display_jobs import JOB_ID, NOW, event, full_scene, make_job


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


def test_summary_counts_given_up_words_once_where_their_reasons_are_told():
    job = make_job(1, status="completed", end_reason="all done", outcomes={"not_in_lexicon": 3})
    text = "\n".join(summarize(job, store_url=""))
    assert "given up" not in text
    assert "3 not in the offline lexicon" in text


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_summary_of_a_job_whose_run_was_deleted_says_why_and_what_to_do(status):
    job = make_job(1, status=status, reason=Reason(code="run_deleted"))
    lines = summarize(JobView.of(job, prefect_url=None, now=NOW), store_url="")
    assert lines[-2].startswith("  problem       Prefect no longer knows its run: it was deleted")
    assert lines[-1] == "  what to do    Start a new job; what this one learned is kept."


def test_summary_of_a_job_that_waits_tells_no_reason_of_an_end():
    job = make_job(status="queued", reason=Reason(code="late", params={"pool": "learning"}))
    assert JobView.of(job, prefect_url=None, now=NOW).errors == ()


@pytest.mark.parametrize("is_page_up", [True, False])
def test_summary_says_when_prefects_page_of_the_run_is_there(is_page_up):
    job = make_job(1, status="completed", end_reason="time limit")
    (line,) = [
        line
        for line in summarize(job, store_url="", page="http://127.0.0.1:4200/x", is_page_up=is_page_up)
        if "Prefect run" in line
    ]
    assert line.split(maxsplit=2)[2] == "http://127.0.0.1:4200/x" + (
        "" if is_page_up else " (while learn up runs)"
    )


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"status": "completed", "end_reason": "stopped"}, "Stopped: 1 word learned"),
        ({"status": "failed", "end_reason": "failed", "errors": ("Disk full",)}, "Failed: 1 word learned"),
        ({"status": "cancelled", "end_reason": "stopped"}, "Cancelled: 1 word learned"),
        (
            {"status": "failed", "end_reason": "worker stopped", "errors": ("Disk full",)},
            "Stopped: 1 word learned in 0.0 s (worker stopped).",
        ),
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


def test_summary_says_of_every_word_that_was_not_learned_why_and_what_would_help():
    named = [
        NamedOutcome(word="cello", code="known"),
        NamedOutcome(word="viola", code="known"),
        NamedOutcome(word="bite", code="spelling_variant", variant_of="bit"),
        NamedOutcome(word="blorptang", code="not_in_lexicon"),
    ]
    job = make_job(
        status="completed",
        end_reason="all done",
        counts=Counts(failed=1),
        outcomes={"not_in_lexicon": 1, "known": 12, "spelling_variant": 1},
        named_outcomes=named,
    )
    text = "\n".join(summarize(job, store_url=""))
    for part in (
        "not learned   12 already known: cello, viola …",
        "1 another spelling of a word: bite (another spelling of bit)",
        "1 not in the offline lexicon (WordNet 3.1): blorptang",
        "GROQ_API_KEY",
    ):
        assert part in text


def test_summary_of_a_job_that_learned_every_word_says_nothing_of_others():
    text = "\n".join(summarize(make_job(5, status="completed", end_reason="all done"), store_url=""))
    assert "not learned" not in text


def test_summary_says_what_failed_at_a_provider_how_often_and_since_when():
    trouble = ProviderTrouble(
        provider="groq", code="unavailable", count=3, since=NOW, last_at=NOW, last_reason="502 from upstream"
    )
    text = "\n".join(summarize(make_job(5, status="completed", troubles=(trouble,)), store_url=""))
    assert "groq: 3 failed requests (unavailable) since" in text
    assert "502 from upstream" in text
