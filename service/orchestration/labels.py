"""Labels by which a worker says on a flow run, in fields, what Prefect's states say in prose only."""

from __future__ import annotations

from collections.abc import Mapping

WORKER_TYPE = "prefect.worker.type"
"""Prefect's own label: the type of the worker that ran the run last."""
EXIT_CODE = "learning.exit-code"
EXIT_RUN = "learning.exit-run"
"""Prefect's count of the attempt that ended so: labels outlive attempts."""


def exit_labels(code: int, run_count: int) -> dict[str, int]:
    """The labels of a run whose process ended with this exit code, negative for a signal, in Prefect's
    attempt of this number.
    """
    return {EXIT_CODE: code, EXIT_RUN: run_count}


def exit_code(labels: Mapping[str, object], run_count: int) -> int | None:
    """The exit code of this attempt's process; None where no worker of ours has told it."""
    code = labels.get(EXIT_CODE)
    return code if isinstance(code, int) and labels.get(EXIT_RUN) == run_count else None
