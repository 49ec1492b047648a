"""What is computed: the learning flows and everything under them. The names here are the Python API."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.big import big_learning as big_learning
    from flows.deep import deep_learning as deep_learning
    from flows.knowledge import Entry as Entry
    from flows.knowledge import Job as Job
    from flows.quick import quick_learning as quick_learning
    from flows.settings import Settings as Settings
    from flows.stores import open_store as open_store

_WHERE = {
    "big_learning": "flows.big",
    "deep_learning": "flows.deep",
    "quick_learning": "flows.quick",
    "open_store": "flows.stores",
    "Entry": "flows.knowledge",
    "Job": "flows.knowledge",
    "Settings": "flows.settings",
}

__all__ = ["Entry", "Job", "Settings", "big_learning", "deep_learning", "open_store", "quick_learning"]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import a public name when it is first asked for, so that reading types loads neither Prefect nor a
    flow.
    """
    if name not in _WHERE:
        raise AttributeError(f"module 'flows' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
