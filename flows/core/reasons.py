"""Why a run ended badly, as a reason with a code: from Prefect's state and the process's exit code."""

from __future__ import annotations

from flows.knowledge import PrefectState, Reason, ReasonCode

OVERDUE, SILENT = "Overdue", "Silent"
"""Our state names: for a run far past its time limit, and for one without a heartbeat."""
_BY_NAME: dict[str, ReasonCode] = {"TimedOut": "timed_out", OVERDUE: "overdue", SILENT: "vanished"}
_LAST_SIGNAL, _BY_SHELL = 64, 128
"""Shells and containers report a signal as 128 plus its number; Python negates it."""


def reason_of_end(state: PrefectState, exit_code: int | None) -> Reason | None:
    """The reason for a bad end; None for any other state."""
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
