"""Redirects log lines to a file while a display owns the terminal."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.stack.environment import open_log
from service.stack.private_files import make_folder


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Send log lines that would appear in the terminal to a file.

    Enter this after importing Prefect, which installs its own handlers.
    """
    make_folder(path.parent)
    os.close(open_log(path))
    file = logging.FileHandler(path, encoding="utf-8", delay=True)
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s  %(message)s"))
    loggers = [
        logging.getLogger(),
        *(x for x in logging.Logger.manager.loggerDict.values() if isinstance(x, logging.Logger)),
    ]
    before = [(logger, list(logger.handlers)) for logger in loggers]
    for logger in loggers:
        kept = [h for h in logger.handlers if not _writes_to_terminal(h)]
        if len(kept) < len(logger.handlers) or logger is logging.getLogger():
            kept.append(file)
        logger.handlers[:] = kept
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        for logger, handlers in before:
            logger.handlers[:] = handlers
        file.close()


def _writes_to_terminal(handler: logging.Handler) -> bool:
    return isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler)
