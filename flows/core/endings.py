"""Why a run ended badly, in our words rather than Prefect's."""

from __future__ import annotations

import re

_EXIT = re.compile(r"exited with (?:non-zero )?status code:? (-?\d+)")
_WRAPPING = re.compile(
    r"(?:Flow run encountered an exception|Execution was interrupted by an unexpected exception):\s*"
)
_CLASS_OF_A_SENTENCE = re.compile(r"[A-Za-z_][\w.]*: (?=\S+\s)")
_KILL, _LAST_SIGNAL = 9, 64
_FIRST_BY_SIGNAL = 128
"""Shells and containers add this to the number of the signal that ended a process; Python negates the number.
"""


def reason(state_type: str, message: str | None) -> str:
    """The reason to show for a run that Prefect calls failed or crashed."""
    return f"The run {state_type.lower()}: {_plain(message or '') or 'Prefect gave no reason'}"


def _plain(message: str) -> str:
    if code := _EXIT.search(message):
        return _of_process(int(code[1]))
    wrapping = _WRAPPING.match(message)
    if wrapping is None:
        return message
    inner = message[wrapping.end() :].strip()
    # the class name adds nothing to a sentence, but matters beside a single word or none
    return (
        _CLASS_OF_A_SENTENCE.sub("", inner, count=1)
        if _CLASS_OF_A_SENTENCE.match(inner)
        else inner.removesuffix(":")
    )


def _of_process(code: int) -> str:
    number = -code if code < 0 else code - _FIRST_BY_SIGNAL
    if number == _KILL:
        return f"Its process was killed (signal {number})"
    return (
        f"Its process was ended by signal {number}"
        if 0 < number <= _LAST_SIGNAL
        else f"Its process ended with exit code {code}"
    )
