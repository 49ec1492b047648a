"""Reports a job's progress: as a live display, as plain lines, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol, Self

from rich.console import Console
from rich.control import Control
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from flows.knowledge import Job, JobEvent, Reason, utc_now
from service.cli.output.console import clean, out, say
from service.cli.output.display import clock, picture, plain_line
from service.cli.output.trail import Trail
from service.wording import reason_line

TICK_S = 0.1
PLAIN_EVERY = timedelta(seconds=5)


class Reporter(Protocol):
    """Follows one job inside `async with`. Calling it is what `flows.job.progress.reporting_to` expects."""

    trail: Trail
    page: str
    clock: Callable[[], datetime]
    """That of the store which dates the job."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    def __call__(self, job: Job, events: Sequence[JobEvent]) -> None:
        """Take the job as it is now, and its new events."""
        ...

    def say(self, text: str) -> None:
        """Show a message while there is no job to show."""
        ...


def choose_reporter(*, is_json: bool, is_plain: bool) -> Reporter:
    """Silent with --json, live in a terminal, plain lines elsewhere."""
    if is_json:
        return SilentReporter()
    console = out()
    if is_plain or not console.is_terminal or console.is_dumb_terminal:
        return PlainReporter()
    return LiveReporter(console)


class SilentReporter:
    """Prints nothing, so the output is JSON only."""

    def __init__(self) -> None:
        self.trail = Trail()
        self.page = ""
        self.clock: Callable[[], datetime] = utc_now

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def __call__(self, job: Job, events: Sequence[JobEvent]) -> None:
        """Record the job for the summary."""
        self.trail.note(job, events, self.clock())

    def say(self, text: str) -> None:
        """Print nothing."""


class PlainReporter(SilentReporter):
    """Prints a line every few seconds, and one for each problem."""

    def __init__(
        self, write: Callable[[str], None] | None = None, now: Callable[[], datetime] = utc_now
    ) -> None:
        super().__init__()
        self._write = write or _write_line
        self.clock = now
        self._told: datetime | None = None
        self._reason: Reason | None = None

    def __call__(self, job: Job, events: Sequence[JobEvent]) -> None:
        """Print a line if one is due."""
        now = self.clock()
        self.trail.note(job, events, now)
        for event in events:
            if event.kind in {"job.problem", "job.stopping"}:
                self._tell(event.text, now)
        if job.reason is not None and job.reason != self._reason and job.status == "queued":
            self._tell(reason_line(job.reason), now)
        self._reason = job.reason
        if self._told is None or now - self._told >= PLAIN_EVERY or job.is_final:
            self._told = now
            if scene := self.trail.scene(now):
                self._tell(plain_line(scene), now)

    def say(self, text: str) -> None:
        """Print the message as a line."""
        self._write(clean(text))

    def _tell(self, text: str, now: datetime) -> None:
        self._write(f"{now.astimezone():%H:%M:%S}  {clean(text)}")


def _write_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class LiveReporter(SilentReporter):
    """Redraws the display when it changes, at most ten times a second."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console
        self._spinner = Spinner("dots", Text("Starting"), style="cyan")
        self._live = Live(console=console, auto_refresh=False, vertical_overflow="crop")
        self._drawn: object = None
        self._size = console.size
        self._ticking: asyncio.Task[None] | None = None
        self._quiet = contextlib.ExitStack()

    async def __aenter__(self) -> Self:
        self._quiet.enter_context(_without_echo())
        self._live.start()
        self._ticking = asyncio.create_task(self._tick())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._ticking:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        if self.trail.job is None:
            self._live.update(Text())
            self._live.transient = True
        else:
            self._draw()
        self._live.stop()
        self._quiet.close()

    def say(self, text: str) -> None:
        """Show the message next to the spinner or, once there is a job, above the display."""
        if self.trail.job is None:
            self._spinner.update(text=Text(clean(text)))
        else:
            say(text)

    async def _tick(self) -> None:
        while True:
            self._draw()
            await asyncio.sleep(TICK_S)

    def _draw(self) -> None:
        size = self.console.size
        if size != self._size:
            # a narrower terminal has rewrapped the lines drawn before, so they can't be overwritten
            self.console.control(Control.clear(), Control.home())
            self._size = size
        scene = self.trail.scene(self.clock(), self.page)
        if scene is None:
            self._live.update(self._spinner, refresh=True)
            return
        second = clock(scene.remaining if scene.remaining is not None else scene.elapsed)
        showing = (self.trail.changes, second, size)
        if showing != self._drawn:
            self._drawn = showing
            self._live.update(picture(scene, size.width, size.height), refresh=True)


@contextlib.contextmanager
def _without_echo() -> Iterator[None]:
    """Keep the terminal from echoing ^C into the display."""
    try:
        import termios

        fd = sys.stdin.fileno()
        before = termios.tcgetattr(fd)
    except (ImportError, OSError, ValueError):
        yield
        return
    except Exception as error:
        if type(error).__name__ != "error":  # termios.error is not an OSError
            raise
        yield
        return
    quiet = list(before)
    quiet[3] &= ~(termios.ECHO | termios.ECHOCTL)
    termios.tcsetattr(fd, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
