"""Reasons in words, for people: what happened, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flows.knowledge import Reason, ReasonCode

Words = Callable[[Mapping[str, Any]], str]


def _exited(about: Mapping[str, Any]) -> str:
    code = about["exit_code"]
    return f"Its process ended with exit code {code}." if code else "Its process ended without a result."


def _prefect(about: Mapping[str, Any]) -> str:
    return str(about["message"] or about["state"])


_TEXTS: dict[ReasonCode, Words] = {
    "late": lambda about: f"No worker has picked it up yet (work pool {about['pool']!r}).",
    "pool_paused": lambda about: f"Work pool {about['pool']!r} is paused.",
    "pool_missing": lambda about: f"Work pool {about['pool']!r} does not exist.",
    "no_worker": lambda about: f"No worker is online for work pool {about['pool']!r}.",
    "slots_taken": lambda _: "Other jobs of this kind are running; it starts when one of them ends.",
    "retry_later": lambda about: f"It starts again at {about['at']}.",
    "killed": lambda about: f"Its process was killed (signal {about['signal']}).",
    "exited": _exited,
    "vanished": lambda _: "Its process stopped responding.",
    "overdue": lambda _: "Its time was up and its process is gone.",
    "timed_out": lambda _: "Prefect's time limit ended it.",
    "cancelled": lambda _: "It was cancelled.",
    "prefect": _prefect,
}
_REMEDIES: dict[ReasonCode, Words] = {
    "late": lambda _: "Check that a worker is running: `learn doctor`.",
    "pool_paused": lambda about: f"Resume it in Prefect, or run `prefect work-pool resume {about['pool']}`.",
    "pool_missing": lambda _: "Run `learn up` or `learn deploy`; both create it.",
    "no_worker": lambda about: f"Start one: `learn up`, or `prefect worker start --pool {about['pool']}`.",
}


def reason_text(reason: Reason) -> str:
    """A reason as a sentence."""
    return _TEXTS[reason.code](reason.params)


def reason_line(reason: Reason) -> str:
    """A reason with what to do about it, as one line."""
    return " ".join(filter(None, (reason_text(reason), remedy(reason))))


def remedy(reason: Reason) -> str | None:
    """What a person can do about it; None where waiting is all."""
    words = _REMEDIES.get(reason.code)
    return words(reason.params) if words is not None else None
