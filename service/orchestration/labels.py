"""Labels by which a worker records on a flow run what Prefect's states say only in prose, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from pydantic import ValidationError

from flows.knowledge import Document, ProcessMark

WORKER_TYPE = "prefect.worker.type"
"""Prefect's own label: the type of the worker that last ran the run."""
EXIT_CODE = "learning.exit-code"
EXIT_RUN = "learning.exit-run"
"""Prefect's run count of the attempt that ended so; labels outlive attempts."""
TAKEN = "learning.taken"


class Taken(Document):
    """Who has taken a run: a worker and, once it has started one, a process for the run."""

    after: UUID
    """Prefect's id of the state SCHEDULED in which the worker found the run; labels outlive attempts."""
    worker: ProcessMark | None
    process: ProcessMark | None = None


def exit_labels(code: int, run_count: int) -> dict[str, int]:
    """The labels for a process that ended with this exit code (negative for a signal) in this attempt."""
    return {EXIT_CODE: code, EXIT_RUN: run_count}


def exit_code_of(labels: Mapping[str, object], run_count: int) -> int | None:
    """The exit code of this attempt's process; None if our worker has not recorded one."""
    code = labels.get(EXIT_CODE)
    return code if isinstance(code, int) and labels.get(EXIT_RUN) == run_count else None


def taken_labels(taken: Taken) -> dict[str, str]:
    """The label of a run that was taken."""
    return {TAKEN: taken.model_dump_json()}


def taken_of(labels: Mapping[str, object]) -> Taken | None:
    """Who took a run last; None if it was no worker of ours."""
    try:
        return Taken.model_validate_json(str(labels[TAKEN]))
    except (KeyError, ValidationError):
        return None
