"""The learning flows and everything under them. The names here are the Python API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.big import big_learning
    from flows.deep import deep_learning
    from flows.knowledge import Entry, Job
    from flows.quick import quick_learning
    from flows.settings import Settings
    from flows.stores import open_store

__all__ = ["Entry", "Job", "Settings", "big_learning", "deep_learning", "open_store", "quick_learning"]


def __getattr__(name: str) -> Any:  # noqa: ANN401  a function or a type
    """Import a public name on first use, so that `import flows` loads neither Prefect nor a flow."""
    if name in {"big_learning", "quick_learning", "deep_learning"}:
        return _flow(name)
    if name == "open_store":
        from flows.stores import open_store

        return open_store
    if name == "Settings":
        from flows.settings import Settings

        return Settings
    if name == "Entry":
        from flows.knowledge import Entry

        return Entry
    if name == "Job":
        from flows.knowledge import Job

        return Job
    raise AttributeError(f"module 'flows' has no attribute {name!r}")


def _flow(name: str) -> Any:  # noqa: ANN401  a flow
    """Load one of the flows, after looking for the server of `learn up`."""
    from flows.big import big_learning
    from flows.deep import deep_learning
    from flows.quick import quick_learning
    from flows.running_server import use_running_server

    use_running_server()
    return {
        "big_learning": big_learning,
        "quick_learning": quick_learning,
        "deep_learning": deep_learning,
    }[name]
