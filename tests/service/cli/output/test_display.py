from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from rich.cells import cell_len
from rich.console import Console

from service.cli.output.display import clock, picture
from service.cli.output.trail import Scene, Trail
from tests.service.cli.output.display_jobs import JOB_ID, NOW, event, full_scene, make_job


def drawn(scene: Scene, width: int, height: int = 24) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False, highlight=False)
    console.print(picture(scene, width, height))
    return console.file.getvalue().splitlines()


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
    assert "Ctrl-C again to stop now" in text


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
