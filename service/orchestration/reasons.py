"""Why a run ended badly: Prefect's state and the exit code of its process, as a reason with a code."""

from __future__ import annotations

from flows.knowledge import PrefectState, Reason, ReasonCode

OVERDUE, SILENT = "Overdue", "Silent"
"""Our names of states: of a run long over its time, and of one whose heartbeat has stopped."""
_BY_NAME: dict[str, ReasonCode] = {"TimedOut": "timed_out", OVERDUE: "overdue", SILENT: "vanished"}
_LAST_SIGNAL, _BY_SHELL = 64, 128
"""A shell and a container add 128 to the number of the signal that ended a process; Python negates it."""


def end_reason(state: PrefectState, exit_code: int | None) -> Reason | None:
    """The reason of a bad end; None for any other state."""
    if state.type not in {"FAILED", "CRASHED"}:
        return None
    if (code := _BY_NAME.get(state.name)) is not None:
        return Reason(code=code)
    if state.type == "CRASHED" and exit_code is not None:
        number = -exit_code if exit_code < 0 else exit_code - _BY_SHELL
        if 0 < number <= _LAST_SIGNAL:
            return Reason(code="killed", params={"signal": number})
        return Reason(code="exited", params={"exit_code": exit_code})
    return Reason(code="prefect", params={"state": state.name, "message": state.message})
