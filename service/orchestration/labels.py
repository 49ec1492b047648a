"""Labels by which a worker records on a flow run what Prefect's states say only in prose."""

from __future__ import annotations

from collections.abc import Mapping

WORKER_TYPE = "prefect.worker.type"
"""Prefect's own label: the type of the worker that last ran the run."""
EXIT_CODE = "learning.exit-code"
EXIT_RUN = "learning.exit-run"
"""Prefect's run count of the attempt that ended so; labels outlive attempts."""


def exit_labels(code: int, run_count: int) -> dict[str, int]:
    """The labels for a process that ended with this exit code (negative for a signal) in this attempt."""
    return {EXIT_CODE: code, EXIT_RUN: run_count}


def exit_code_of(labels: Mapping[str, object], run_count: int) -> int | None:
    """The exit code of this attempt's process; None if our worker has not recorded one."""
    code = labels.get(EXIT_CODE)
    return code if isinstance(code, int) and labels.get(EXIT_RUN) == run_count else None
