"""How long it took from a death to the word of it, by kind of death."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from tests.faults.deeds import Deeds
from tests.faults.done import Death, Done
from tests.faults.watching import FINAL, Said

TAKES_THE_WORD_AWAY = {"server", "prefect", "stack", "everything", "disk", "knowledge"}
"""While one of these is dead, frozen, full or locked, nobody can say anything: the time counts apart."""


def words_of(deeds: Deeds) -> list[tuple[str, float | None]]:
    """The kind of each death, and the seconds until GET /jobs/{id} told of it; None if it never did."""
    found: list[tuple[str, float | None]] = []
    for death in deeds.deaths:
        told = _told_at(death, deeds.watching.said[death.job_id])
        kind, since = death.kind, death.at
        if "then start it" in kind:
            # until somebody serves again, nobody can say anything
            since = next((at for at, is_up in deeds.watching.answers if is_up and at >= since), since)
            kind += " (from its first answer)"
        else:
            for done in _outages(deeds.done, death.at, told):
                kind, since = f"{death.kind}, in an outage (from its end)", max(since, done.ended or since)
        found.append((kind, max(0.0, told - since) if told is not None else None))
    return found + [(f"{kind}: until it answers again", seconds) for kind, seconds in deeds.back_s]


def _told_at(death: Death, said: Sequence[Said]) -> float | None:
    """When the row first told of a death: an end, a next attempt, or that the run was put back."""
    for one, after in zip(said, [*(s.at for s in said[1:]), math.inf], strict=True):
        is_told = one.status in FINAL or one.attempt > death.attempt or one.reason == "taken_back"
        if is_told and after > death.at:
            return max(one.at, death.at)
    return None


def _outages(done: Iterable[Done], at: float, told: float | None) -> list[Done]:
    return [
        one
        for one in done
        if one.step.target.split()[0] in TAKES_THE_WORD_AWAY
        and one.began <= (told if told is not None else math.inf)
        and (one.ended or math.inf) >= at
    ]


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of some values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table_of(words: Iterable[tuple[str, float | None]]) -> list[dict[str, float | int | str | None]]:
    """Number, p50 and p99 by kind, in seconds; `never` counts those of which nobody was told."""
    by_kind: dict[str, list[float | None]] = {}
    for kind, seconds in words:
        by_kind.setdefault(kind, []).append(seconds)
    rows: list[dict[str, float | int | str | None]] = []
    for kind, all_seconds in sorted(by_kind.items()):
        told = [seconds for seconds in all_seconds if seconds is not None]
        rows.append(
            {
                "kind": kind,
                "n": len(all_seconds),
                "p50_s": round(percentile(told, 0.5), 2) if told else None,
                "p99_s": round(percentile(told, 0.99), 2) if told else None,
                "never": len(all_seconds) - len(told),
            }
        )
    return rows
