"""How long a job that is told to stop may take. Whoever waits for it waits a little longer."""

from __future__ import annotations

STOP_GRACE_S = 8.0
"""A job keeps its results within this time. In a module of its own, for a worker reads it as it starts."""
