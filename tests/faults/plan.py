"""A seed is a plan: which jobs, and which faults befall them when. Pure: no clock and no process."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

MINUTES = 0.3
LAST_FAULT_S = 14.0
PARTS = ("flow", "worker", "server", "prefect", "stack")
"""What runs: the flow runs, the worker, our server, Prefect's server, `learn up` itself."""
OUTAGES = ("server_error", "unavailable", "minute_requests", "close", "reset", "hang")
WIKI_OUTAGES = ("too_many", "html", "close", "hang", "server_error")


@dataclass(frozen=True)
class Step:
    """One fault: `at_s` seconds after the plan's begin, `for_s` seconds long if it passes by itself.

    `amount` is how many seconds a clock jumps, or how long after a kill the next thing is done.
    """

    at_s: float
    kind: str
    target: str
    for_s: float = 0.0
    amount: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.kind} {self.target}"

    def __str__(self) -> str:
        length = f" for {self.for_s:.1f} s" if self.for_s else ""
        return f"{self.at_s:.1f} s {self.name}{f' {self.amount:+.1f}' if self.amount else ''}{length}"


@dataclass(frozen=True)
class Plan:
    """What one seed stands for."""

    seed: int
    jobs: tuple[str, ...]
    has_world: bool
    is_early: bool
    """Whether times count from when the jobs are asked for, and not from when the first is at work."""
    steps: tuple[Step, ...]

    def has(self, *kinds: str) -> bool:
        return any(step.kind in kinds or step.name in kinds for step in self.steps)

    def __str__(self) -> str:
        model = "world" if self.has_world else "lexicon"
        begin = ", early" if self.is_early else ""
        return f"{model} {'+'.join(self.jobs)}{begin}: {'; '.join(map(str, self.steps)) or 'nothing'}"


Draw = Callable[[random.Random, float], Step]


def _plain(kind: str, target: str) -> Draw:
    return lambda _, at_s: Step(at_s, kind, target)


def _passing(kind: str, target: str, least_s: float, most_s: float) -> Draw:
    return lambda chance, at_s: Step(at_s, kind, target, round(chance.uniform(least_s, most_s), 1))


def _followed(kind: str, target: str, least_s: float, most_s: float) -> Draw:
    return lambda chance, at_s: Step(at_s, kind, target, amount=round(chance.uniform(least_s, most_s), 1))


def _pending(target: str) -> Draw:
    return lambda _, __: Step(0.0, "kill pending", target)


def _clock(least_s: float, most_s: float) -> Draw:
    return lambda chance, at_s: Step(at_s, "jump", "clock", amount=round(chance.uniform(least_s, most_s)))


def _outage(target: str, kinds: tuple[str, ...]) -> Draw:
    return lambda chance, at_s: Step(
        at_s, "outage", f"{target} {chance.choice(kinds)}", round(chance.uniform(3, 10), 1)
    )


FAULTS: tuple[Draw, ...] = (
    _plain("kill", "flow"),
    _pending("group"),
    _passing("stop", "prefect", 5, 16),
    _clock(60, 7200),
    _plain("kill", "group"),
    _passing("fill", "disk", 2, 10),
    _followed("kill", "stack", 0, 6),
    _plain("kill", "server"),
    _followed("kill twice", "prefect", 0.5, 4),
    _passing("lock", "knowledge", 2, 9),
    _plain("kill", "worker"),
    _passing("stop", "flow", 3, 12),
    _followed("kill", "everything", 0, 4),
    _outage("chat", OUTAGES),
    _pending("worker"),
    _clock(-3600, -45),
    _passing("stop", "worker", 4, 15),
    _plain("kill", "prefect"),
    _followed("restart", "stack", 0, 2),
    _passing("lock", "prefect", 2, 9),
    _plain("end", "flow"),
    _passing("stop", "server", 3, 12),
    _passing("stutter", "prefect", 4, 10),
    _outage("wikipedia", WIKI_OUTAGES),
    _passing("stop", "stack", 4, 12),
    _plain("kill", "warm"),
    _passing("stutter", "flow", 4, 10),
    _plain("second", "stack"),
    _plain("interrupt", "flow"),
    _outage("wiktionary", WIKI_OUTAGES),
)
"""Every kind of fault; a seed has the one of its own number, and others by chance."""
WISHES: tuple[Draw, ...] = (
    _plain("ask", "cancel"),
    _plain("ask", "drain"),
    _plain("ask", "retry"),
    _plain("ask", "cancel"),
)
"""What people ask for in the middle of it."""
ONCE = ("fill", "jump", "kill stack", "kill everything", "restart", "second", "kill pending", "outage")
"""Faults of which a plan has at most one each."""


def draw(seed: int) -> Plan:
    """The plan of a seed, the same for ever and everywhere."""
    chance = random.Random(f"faults {seed}")
    drawn = [FAULTS[(seed - 1) % len(FAULTS)]]
    drawn += chance.choices(FAULTS, k=chance.choice((0, 1, 1, 2)))
    drawn += [chance.choice(WISHES)] if chance.random() < 0.35 else []
    steps: list[Step] = []
    for make in drawn:
        step = make(chance, round(chance.uniform(0.5, LAST_FAULT_S), 1))
        if not any(_excludes(step, other) for other in steps):
            steps.append(step)
    has_world = any(step.kind == "outage" for step in steps) or chance.random() < 0.3
    jobs = chance.choice((("big",), ("big",), ("big", "big"), ("big", "deep")))
    is_early = any(step.kind == "kill pending" for step in steps) or chance.random() < 0.3
    return Plan(seed, jobs, has_world, is_early, tuple(sorted(steps, key=lambda step: step.at_s)))


def _excludes(step: Step, other: Step) -> bool:
    return step.name == other.name or any(
        step.kind == once == other.kind or step.name == once == other.name for once in ONCE
    )
