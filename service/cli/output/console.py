"""What all output shares: consoles, exit codes, and text made safe to print."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from flows.errors import InvalidInput, LearningError

if TYPE_CHECKING:
    from rich.console import Console

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
READING_WIDTH = 84
QUIET = "dim"
"""The style of what stands back."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_OPTIONS = {
    "minutes": "--minutes",
    "topic": "--topic",
    "max_entries": "--max-entries",
    "limit": "--limit",
    "cursor": "--cursor",
    "category": "--category",
    "support": "--support",
    "depth": "--depth",
    "words": "WORD",
    "url": "LEARN_URL",
}


def clean(text: str) -> str:
    """Untrusted text without control and bidirectional formatting characters."""
    return _UNPRINTABLE.sub("", text.replace("\n", " "))


def out() -> Console:
    """The console for results (stdout)."""
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False)


def err() -> Console:
    """The console for everything else (stderr)."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, emoji=False, markup=False, soft_wrap=True)


def say(text: str) -> None:
    """Print one line to stderr."""
    err().print(clean(text))


def say_error(error: BaseException) -> int:
    """Print an error in one line and return its exit code. LEARN_DEBUG=1 adds the traceback."""
    if is_debugging():
        err().print_exception()
    err().print(f"learn: {describe(error)}", style="red" if sys.stderr.isatty() else None)
    return USAGE if isinstance(error, InvalidInput) else FAILED


def describe(error: BaseException) -> str:
    """An error in one line, with the option's name instead of the parameter's."""
    if isinstance(error, InvalidInput):
        named = "The job" if error.field == "job_id" else f"{_OPTIONS.get(error.field, error.field)}:"
        text = f"{named} {error.problem.rstrip('.')}. {error.remedy}"
        return clean(text).rstrip()
    text = " ".join(clean(str(error)).split())
    if isinstance(error, LearningError):
        return text or clean(type(error).__doc__ or type(error).__name__)
    if isinstance(error, OSError) and error.strerror:
        where = f": {clean(str(error.filename))}" if error.filename else ""
        return f"{error.strerror}{where}"
    if variables := _wrong_variables(error):
        return variables
    hint = "" if is_debugging() else " (set LEARN_DEBUG=1 for the traceback)"
    return f"unexpected {type(error).__name__}: {text[:300]}{hint}"


def _wrong_variables(error: BaseException) -> str:
    """Prefect's variables that its settings refuse, each with the reason; empty for any other error.

    Prefect's own error names a class and a field instead.
    """
    from pydantic import ValidationError

    if not isinstance(error, ValidationError) or not error.title.endswith("Settings"):
        return ""
    lines = []
    for one in error.errors(include_url=False):
        field = "_".join(str(part) for part in one["loc"]).upper()
        given = str(one["input"]).casefold()
        lines += [
            f"{name}: {one['msg']} (given: {clean(value)[:60]!r})"
            for name, value in os.environ.items()
            if name.startswith("PREFECT_") and name.endswith(field) and value.casefold() == given
        ]
    return "; ".join(lines)


def is_debugging() -> bool:
    """Whether to show tracebacks."""
    return os.environ.get("LEARN_DEBUG", "") not in {"", "0"}
