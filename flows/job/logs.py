"""Where a job's own lines go."""

from __future__ import annotations

import logging

from prefect.exceptions import MissingContextError
from prefect.logging import get_run_logger
from prefect.logging.loggers import LoggingAdapter

Log = logging.Logger | LoggingAdapter


def job_logger() -> Log:
    """The logger of the current flow or task run, which Prefect shows with the run; outside of one a plain
    logger.
    """
    try:
        return get_run_logger()
    except MissingContextError:
        return logging.getLogger(__name__)
