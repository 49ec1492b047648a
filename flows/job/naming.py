"""What flow runs are called, and where Prefect would put their results."""

from __future__ import annotations

from prefect.runtime import flow_run
from prefect.settings import get_current_settings

from flows.knowledge import utc_now

SHOWN = 40
RESULTS = get_current_settings().results.local_storage_path
"""The flows name this place for results, though they store none. Without it each run asks the server for one,
with a client that Prefect never closes.
"""


def run_name() -> str:
    """Such as "big-learning · astronomy · 2026-11-24 04:38": what, about what, when (UTC)."""
    parameters = flow_run.parameters
    words = parameters.get("words") or []
    about = _visible(parameters.get("topic") or "") or _visible(", ".join(words[:3])) or "open"
    return f"{flow_run.flow_name} · {about[:SHOWN]} · {utc_now():%Y-%m-%d %H:%M}"


def _visible(text: str) -> str:
    """The typed text without terminal codes and line breaks; the flow itself cleans it later."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
