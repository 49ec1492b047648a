"""What a running job knows of its own end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from flows.core.ending import Facts, end_reason
from flows.knowledge import EndReason


class StopReason:
    """Collects the facts that may end a job, and wakes the tasks that wait for a new one."""

    def __init__(self) -> None:
        self.facts = Facts()
        self.changed = asyncio.Event()

    def note(self, **news: Any) -> None:  # noqa: ANN401  what Facts takes
        """Take note of facts, by their names in `flows.core.ending.Facts`; another name is a TypeError."""
        self.facts = replace(self.facts, **news)
        self.changed.set()

    @property
    def reason(self) -> EndReason:
        """Why the job ends, once it does."""
        return end_reason(self.facts)
