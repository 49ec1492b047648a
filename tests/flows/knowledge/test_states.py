from __future__ import annotations

from typing import get_args

import pytest

from flows.knowledge import FINAL_STATUSES, OPEN_STATUSES, JobStatus, PrefectState, StateType, utc_now


@pytest.mark.parametrize("kind", get_args(StateType))
def test_a_run_has_ended_in_four_of_prefects_states(kind: StateType):
    state = PrefectState(type=kind, name=kind, since=utc_now())
    assert state.is_final is (kind in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})


def test_a_job_is_open_or_has_ended():
    assert not FINAL_STATUSES & set(OPEN_STATUSES)
    assert FINAL_STATUSES | set(OPEN_STATUSES) == set(get_args(JobStatus))
    assert {"completed", "failed", "cancelled"} == FINAL_STATUSES
