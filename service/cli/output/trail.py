"""Collects what the live display of a job shows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.knowledge import Job, JobEvent
from service.wording import reason_line

RATE_WINDOW = timedelta(seconds=10)
NEWEST_KEPT = 80


@dataclass(frozen=True)
class Scene:
    """Everything the display shows. Words are newest first, rates (words per second) oldest first."""

    job: Job
    now: datetime
    words: tuple[str, ...] = ()
    rate: float = 0.0
    rates: tuple[float, ...] = ()
    problem: str = ""
    is_stopping: bool = False
    page: str = ""
    """URL of the run in the Prefect UI."""
    is_ours: bool = True
    """Whether the job runs in this process, so Ctrl-C stops it."""
    serves: bool = False
    """Whether Ctrl-C also stops the whole stack."""

    @property
    def remaining(self) -> timedelta | None:
        """Time left; None if the job has no limit or has ended."""
        if self.job.deadline_at is None or self.job.is_final:
            return None
        return max(timedelta(), self.job.deadline_at - self.now)

    @property
    def elapsed(self) -> timedelta:
        """Time since the job began."""
        began = self.job.started_at or self.job.created_at
        return max(timedelta(), (self.job.finished_at or self.now) - began)


class Trail:
    """What has been seen of one job."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self.is_ours = True
        self.serves = False
        """Whether Ctrl-C also stops the whole stack."""
        self.changes = 0
        self._words: deque[str] = deque(maxlen=NEWEST_KEPT)
        self._samples: deque[tuple[datetime, int]] = deque()
        self._rates: deque[float] = deque(maxlen=60)
        self._problem = ""
        self._is_stopping = False

    def note(self, job: Job, events: Iterable[JobEvent], now: datetime) -> None:
        """Record the job as it is now, and its new events."""
        self.changes += 1
        self.job = job
        for event in events:
            match event.kind:
                case "words.learned":
                    self._words.extendleft(event.words)
                case "job.problem":
                    self._problem = f"{event.occurred.astimezone():%H:%M:%S} {event.text}"
                case "job.stopping":
                    self._is_stopping = True
                case "job.started" | "job.resumed":
                    self._is_stopping = False
        self._samples.append((now, job.counts.stored))
        while len(self._samples) > 2 and now - self._samples[1][0] >= RATE_WINDOW:
            self._samples.popleft()
        self._rates.append(self.rate(now))

    def rate(self, now: datetime) -> float:
        """Words per second over the last ten seconds; for a job that has ended, over its whole time."""
        if self.job is None or not self._samples:
            return 0.0
        if self.job.is_final:
            return self.job.counts.stored / self.job.active_seconds if self.job.active_seconds else 0.0
        (began, first), (ended, last) = self._samples[0], self._samples[-1]
        is_silent = now - ended > RATE_WINDOW / 3
        seconds = ((now if is_silent else ended) - began).total_seconds()
        return (last - first) / seconds if seconds >= 0.5 else 0.0

    def scene(self, now: datetime, page: str = "") -> Scene | None:
        """The scene at this moment; None before the first update."""
        if self.job is None:
            return None
        problem = self._problem or (self.job.errors[-1] if self.job.errors else "")
        if self.job.reason is not None and self.job.status == "queued":
            problem = reason_line(self.job.reason)
        return Scene(
            job=self.job,
            now=now,
            words=tuple(self._words),
            rate=self.rate(now),
            rates=tuple(self._rates),
            problem=problem,
            is_stopping=self._is_stopping,
            page=page,
            is_ours=self.is_ours,
            serves=self.serves,
        )
