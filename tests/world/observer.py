"""What the world has seen: every request, how many at once, and the tokens that were settled when."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from dataclasses import asdict, dataclass, field
from typing import Any

MOST_RECORDS = 50_000


@dataclass
class Record:
    """One request.

    Times are seconds since the epoch; `charged` are the tokens that count against the limits.
    """

    number: int
    route: str
    began: float
    at_once: int
    model: str | None = None
    task: str | None = None
    words: tuple[str, ...] = ()
    status: int | None = None
    code: str | None = None
    faults: tuple[str, ...] = ()
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    reasoning: int = 0
    charged: int = 0
    requested: int = 0
    took_s: float | None = None
    agent: str = ""


@dataclass
class Observer:
    """Counts by route, model and status; a request without an answer has the status 499, as at Groq."""

    records: deque[Record] = field(default_factory=lambda: deque(maxlen=MOST_RECORDS))
    began: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        self._number = 0
        self._counts: Counter[tuple[str, str | None, int]] = Counter()
        self._at_once: Counter[str] = Counter()
        self._most_at_once: Counter[str] = Counter()

    def arrive(self, route: str, *, agent: str = "") -> Record:
        self._number += 1
        self._at_once[route] += 1
        self._most_at_once[route] = max(self._most_at_once[route], self._at_once[route])
        record = Record(self._number, route, time.time(), self._at_once[route], agent=agent)
        self.records.append(record)
        return record

    def leave(self, record: Record, status: int) -> None:
        self._at_once[record.route] -= 1
        record.status = status
        record.took_s = time.time() - record.began
        self._counts[record.route, record.model, status] += 1

    def at_once(self, *routes: str) -> int:
        return sum(self._at_once[route] for route in routes)

    def forget(self) -> None:
        """Begin anew; requests that are under way still count as at once."""
        self.records.clear()
        self._counts.clear()
        self._most_at_once.clear()
        self.began = time.time()

    def report(self, *, log: bool = False) -> dict[str, Any]:
        counts: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
        for (route, model, status), count in sorted(self._counts.items(), key=str):
            counts[route][model or "-"][str(status)] = count
        settled: dict[str, Counter[int]] = defaultdict(Counter)
        tokens: dict[str, Counter[str]] = defaultdict(Counter)
        for record in self.records:
            if record.model and record.took_s is not None and record.charged:
                settled[record.model][int(record.began + record.took_s - self.began)] += record.charged
                for by in (record.model, *([f"{record.model} {record.task}"] if record.task else [])):
                    tokens[by] += Counter(
                        requests=1,
                        tokens_in=record.tokens_in,
                        tokens_cached=record.tokens_cached,
                        tokens_out=record.tokens_out,
                        charged=record.charged,
                    )
        report: dict[str, Any] = {
            "began": self.began,
            "now": time.time(),
            "requests": counts,
            "at_once": dict(self._at_once),
            "most_at_once": dict(self._most_at_once),
            "settled_by_second": {
                model: {str(second): n for second, n in sorted(seconds.items())}
                for model, seconds in settled.items()
            },
            "tokens": {by: dict(sums) for by, sums in tokens.items()},
        }
        if log:
            report["log"] = [asdict(record) for record in self.records]
        return report
