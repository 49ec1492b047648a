"""What is said of a run that ended badly."""

from __future__ import annotations

import pytest

from flows.core.endings import reason

KILLED = (
    "Typically caused by the operating system terminating the process for exceeding memory limits, or by"
    " manual cancellation."
)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            f"Process exited with status code: -9. Process exited due to a SIGKILL signal. {KILLED}",
            "Its process was killed (signal 9)",
        ),
        (
            "Process exited with status code: 137. Process was killed, likely due to an OOM.",
            "Its process was killed (signal 9)",
        ),
        ("Flow run process exited with non-zero status code -9.", "Its process was killed (signal 9)"),
        (
            "Process exited with status code: -15. Process exited due to a SIGTERM signal.",
            "Its process was ended by signal 15",
        ),
        ("Process exited with status code: 129. What of it.", "Its process was ended by signal 1"),
        (
            "Process exited with status code: 1. Process exited with a general error.",
            "Its process ended with exit code 1",
        ),
        ("Process exited with status code: 128. What of it.", "Its process ended with exit code 128"),
        (
            "Process exited with status code: 247. Process was terminated.",
            "Its process ended with exit code 247",
        ),
    ],
)
def test_an_exit_code_is_told_in_our_words(message, told):
    assert reason("CRASHED", message) == f"The run crashed: {told}"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            (
                "Flow run encountered an exception: ConfigurationError: GROQ_API_KEY: Groq does not accept"
                " the key."
            ),
            "GROQ_API_KEY: Groq does not accept the key.",
        ),
        (
            "Execution was interrupted by an unexpected exception: OSError: the disk is full",
            "the disk is full",
        ),
        # a name says more than a key alone
        ("Flow run encountered an exception: KeyError: 'moss'", "KeyError: 'moss'"),
        ("Flow run encountered an exception: TimeoutError: ", "TimeoutError"),
        ("Flow run encountered an exception: ", "Prefect gave no reason"),
        ("The machine went away: nobody knows why", "The machine went away: nobody knows why"),
        ("", "Prefect gave no reason"),
        (None, "Prefect gave no reason"),
    ],
)
def test_prefects_wrapping_is_left_out(message, told):
    assert reason("FAILED", message) == f"The run failed: {told}"
