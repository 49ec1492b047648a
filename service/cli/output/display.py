"""The live display of a running job."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import timedelta

from rich.cells import cell_len
from rich.console import ConsoleRenderable, RenderableType
from rich.table import Table
from rich.text import Text

from flows.knowledge import STAGES, Job, Stage, StageCounts
from service.cli.output.console import QUIET, clean
from service.cli.output.trail import Scene

Lines = Sequence[ConsoleRenderable]
_SPARKS = "▁▂▃▄▅▆▇█"
_ACCENT, _WARNING, _PROBLEM, _GOOD = "cyan", "yellow", "red", "green"
_STATES = {
    "queued": ("○", QUIET),
    "running": ("●", _ACCENT),
    "cancelling": ("◌", _WARNING),
    "completed": ("✓", _GOOD),
    "failed": ("✗", _PROBLEM),
    "cancelled": ("✗", _WARNING),
}


def clock(span: timedelta) -> str:
    """A duration such as 9:58 or 1:00:03."""
    seconds = int(span.total_seconds())
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02d}:{seconds % 60:02d}" if hours else f"{minutes}:{seconds % 60:02d}"


def plain_line(scene: Scene) -> str:
    """The scene as one line without colour, for logs and pipes."""
    job = scene.job
    parts = [f"{job.progress:3d} %", _learned(job), f"{scene.rate:.0f} words/s", f"round {job.last_round}"]
    if job.counts.failed:
        parts.append(f"{job.counts.failed:,} given up")
    parts.append(_time(scene))
    return ", ".join(parts)


def picture(scene: Scene, width: int, height: int = 24) -> RenderableType:
    """The scene for a terminal of this size. Parts that do not fit are left out, least important first."""
    width = max(20, width)
    inner = width - 1
    room = height - 1
    head: Lines = [_heading(scene, inner), Text(), _bar_line(scene, inner), Text(), _numbers(scene, inner)]
    stages = _stages(scene, inner)
    words: Lines = (
        [Text(), *_words(scene.words, inner, lines=2 if height >= 20 else 1)] if scene.words else []
    )
    problem: Lines = [Text(), _problem(scene.problem, inner)] if scene.problem else []
    foot: Lines = [] if scene.job.is_final else [Text(), *_foot(scene, inner)]
    parts = [head]
    used = len(head)
    optional: list[tuple[Lines, int]] = [
        (problem, len(problem)),
        ([Text(), stages], 1 + stages.row_count),
        (words, len(words)),
        (foot, len(foot)),
    ]
    for part, lines in optional:
        if used + lines <= room:
            parts.append(part)
            used += lines
    body = Table.grid(padding=0)
    body.add_column(width=inner, no_wrap=True, overflow="ellipsis")
    for part in parts:
        for line in part:
            body.add_row(line)
    return body


def _heading(scene: Scene, width: int) -> Text:
    job = scene.job
    mark, style = _STATES[job.status]
    word = "stopping" if scene.is_stopping and not job.is_final else job.end_reason or job.status
    state = Text(f"{mark} {word}", style=_WARNING if word == "stopping" else style)
    return _ends(Text(clean(job.name or f"{job.mode} learning"), style="bold"), state, width)


def _bar_line(scene: Scene, width: int) -> Text:
    after = f"  {scene.job.progress:3d} %  {_time(scene)}"
    if width < 40:
        after = f" {scene.job.progress:3d} %"
    return _bar(scene.job.progress / 100, max(4, width - cell_len(after))).append(after)


def _bar(share: float, width: int, pending: float = 0.0) -> Text:
    """A progress bar; `pending` is a second share, drawn lighter."""
    done = min(width, int(share * width + 1e-9))
    begun = min(width - done, round(pending * width))
    return Text.assemble(("━" * done, _ACCENT), ("╌" * begun, _ACCENT), ("─" * (width - done - begun), QUIET))


def _numbers(scene: Scene, width: int) -> Text:
    job = scene.job
    parts = [
        Text(_learned(job), style="bold"),
        Text(f"{scene.rate:.0f} words/s"),
        Text(f"round {job.last_round}"),
    ]
    if job.counts.defined:
        parts.append(Text(f"{job.counts.defined:,} only defined", style=_WARNING))
    if job.counts.failed:
        parts.append(Text(f"{job.counts.failed:,} given up", style=_WARNING))
    gap = Text("   " if width > 60 else "  ")
    while len(parts) > 1 and gap.join(parts).cell_len > width:
        parts.pop(-2 if len(parts) > 2 else -1)
    line = gap.join(parts)
    line.truncate(width, overflow="ellipsis")
    room = width - line.cell_len - 3
    if room >= 10 and len(scene.rates) > 2:
        line.append("   ").append(_sparkline(scene.rates[-min(30, room) :]), style=QUIET)
    return line


def _sparkline(values: Sequence[float]) -> str:
    top = max(values) or 1.0
    return "".join(_SPARKS[min(7, int(v / top * 7.99))] for v in values)


def _stages(scene: Scene, width: int) -> Table:
    job = scene.job
    shown: list[Stage] = [s for s in STAGES if s in job.stages] or list(STAGES)
    counts = {stage: job.stages.get(stage, StageCounts()) for stage in shown}
    total = max(
        [job.counts.accepted, 1, *(c.done + c.in_flight for s, c in counts.items() if s != "propose")]
    )
    bar_width = min(40, width - 38)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=10, no_wrap=True)
    if bar_width >= 8:
        grid.add_column(width=bar_width, no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    for stage, count in counts.items():
        stage_total = max(total, count.done + count.in_flight)
        bar = _bar(count.done / stage_total, bar_width, count.in_flight / stage_total)
        flight = Text(f"{count.in_flight:,} in flight" if count.in_flight else "", style=_ACCENT)
        cells = [Text(stage, style=QUIET), Text(f"{count.done:,} done"), flight]
        if bar_width >= 8:
            cells.insert(1, bar)
        grid.add_row(*cells)
    return grid


def _words(words: Sequence[str], width: int, *, lines: int) -> list[Text]:
    label = "newest  "
    rows: list[Text] = []
    waiting = deque(clean(word) for word in words)
    for _ in range(lines):
        row = Text(label if not rows else " " * len(label), style=QUIET)
        room = width - len(label)
        taken: list[str] = []
        while waiting and cell_len(", ".join([*taken, waiting[0]])) < room:
            taken.append(waiting.popleft())
        if not taken:
            break
        rows.append(row.append(", ".join(taken), style="not dim"))
    return rows


def _problem(text: str, width: int) -> Text:
    line = Text.assemble(("! ", _WARNING), clean(text))
    line.truncate(width, overflow="ellipsis")
    return line


def _foot(scene: Scene, width: int) -> list[Text]:
    hint = (
        "Finishing the work in flight. Press Ctrl-C again to stop now."
        if scene.is_stopping
        else "Ctrl-C finishes the work in flight, then stops."
    )
    if scene.serves:
        hint = "Ctrl-C finishes the work in flight, then stops everything."
    if not scene.is_ours:
        hint = "Ctrl-C stops watching; the job keeps running."
    rows = [hint if len(hint) <= width else "Ctrl-C stops."]
    if scene.page and cell_len(scene.page) <= width:
        rows.insert(0, scene.page)
    return [Text(row, style=QUIET) for row in rows]


def _ends(left: Text, right: Text, width: int) -> Text:
    left.truncate(max(1, width - right.cell_len - 1), overflow="ellipsis")
    return Text.assemble(left, " " * max(1, width - left.cell_len - right.cell_len), right)


def _learned(job: Job) -> str:
    return count_words(job.counts.stored, "learned")


def count_words(count: int, what: str) -> str:
    """For example "1 word learned"."""
    return f"{count:,} word{'' if count == 1 else 's'} {what}"


def _time(scene: Scene) -> str:
    return f"{clock(scene.remaining)} left" if scene.remaining is not None else clock(scene.elapsed)
