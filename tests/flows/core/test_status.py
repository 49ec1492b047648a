"""Which writer's word counts for a job's status: every pair of what a process said and what Prefect says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flows.core import status as rules
from flows.knowledge import FINAL_STATUSES, Counts, Job, JobStatus, PrefectState, Reason, StateType

START = datetime(2030, 1, 1, 12, tzinfo=UTC)
ANN = UUID(int=1)

# What a process said (rows), and a state that Prefect took on after the process began (columns).
STATES = (
    *("SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"),
    *("COMPLETED", "FAILED", "CRASHED", "CANCELLED"),
)
TABLE = """
nothing    queued queued running running cancelling completed failed    failed    cancelled
running    queued queued running running cancelling completed failed    failed    cancelled
completed  queued queued running running completed  completed completed completed completed
failed     queued queued running running failed     failed    failed    failed    failed
cancelled  queued queued running running cancelled  cancelled cancelled cancelled cancelled
"""
CASES = [
    (None if said == "nothing" else said, state, status)
    for said, *statuses in map(str.split, TABLE.split("\n")[1:-1])
    for state, status in zip(STATES, statuses, strict=True)
]


def state(kind, minute=1):
    return PrefectState(
        id=UUID(int=minute), type=kind, name=kind.title(), since=START + timedelta(minutes=minute)
    )


def job(**changes):
    return Job(**({"job_id": ANN, "mode": "big", "created_at": START} | changes))


def test_the_table_has_every_pair():
    assert set(STATES) == set(get_args(StateType))
    said = {None, "running", *FINAL_STATUSES}
    assert {(run, kind) for run, kind, _ in CASES} == set(product(said, STATES))
    assert {status for *_, status in CASES} == set(get_args(JobStatus))


@pytest.mark.parametrize(("said", "kind", "status"), CASES)
def test_a_state_after_the_process_began(said, kind, status):
    assert rules.status_of(said, START, state(kind)) == status


@pytest.mark.parametrize("kind", STATES)
@pytest.mark.parametrize("said", ["running", *sorted(FINAL_STATUSES)])
def test_a_state_from_before_the_process_began_says_nothing_new(said, kind):
    assert rules.status_of(said, START + timedelta(minutes=1), state(kind)) == said
    assert rules.status_of(said, START + timedelta(minutes=2), state(kind)) == said


@pytest.mark.parametrize(("said", "status"), [(None, "queued"), ("running", "running"), ("failed", "failed")])
def test_without_a_state_the_process_counts(said, status):
    assert rules.status_of(said, START, None) == status
    assert rules.status_of(said, None, None) == status


@pytest.mark.parametrize("kind", ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"])
def test_an_end_without_the_processs_word_has_a_moment_a_reason_and_waits_to_be_settled(kind):
    begun = rules.begun(None, job(running_since=START))
    ended = rules.projected(begun, job(state=state(kind, 3)))
    assert ended.status in FINAL_STATUSES
    assert (ended.finished_at, ended.is_settled) == (START + timedelta(minutes=3), False)
    assert ended.end_reason == ("failed" if ended.status == "failed" else "stopped")


def test_an_end_that_the_process_told_keeps_its_moment_and_is_no_line_of_the_log():
    begun = rules.begun(None, job(running_since=START))
    ended = rules.saved(
        begun,
        begun.model_copy(
            update={"run_status": "completed", "finished_at": START, "end_reason": "time limit"}
        ),
    )
    assert not rules.is_told(ended, state("COMPLETED"))
    assert rules.is_told(ended, state("CRASHED"))
    assert rules.is_told(ended, state("RUNNING"))
    assert rules.is_told(None, state("COMPLETED"))
    after = rules.projected(ended, job(state=state("COMPLETED", 4)))
    assert (after.status, after.finished_at, after.end_reason) == ("completed", START, "time limit")


def test_after_a_run_began_again_its_earlier_end_counts_no_more():
    begun = rules.begun(None, job(running_since=START))
    ended = rules.saved(
        begun,
        begun.model_copy(update={"run_status": "cancelled", "finished_at": START, "end_reason": "stopped"}),
    )
    queued = rules.projected(ended, job(state=state("SCHEDULED", 2)))
    assert queued.status == "queued"
    crashed = rules.projected(queued, job(state=state("CRASHED", 3), is_settled=False))
    assert (crashed.status, crashed.end_reason, crashed.finished_at) == (
        "failed",
        "failed",
        START + timedelta(minutes=3),
    )
    again = rules.begun(queued, job(running_since=START + timedelta(minutes=4)))
    assert (again.status, again.attempt) == ("running", 2)


def test_a_state_is_a_line_with_its_own_id():
    line = rules.line_of(state("CANCELLING").model_copy(update={"message": "Cancelled on request"}), 2)
    assert (line.kind, line.text, line.id) == (
        "state.cancelling",
        "Cancelling: Cancelled on request",
        str(UUID(int=1)),
    )
    assert rules.line_of(state("PENDING"), 0).text == "Pending"
    waits = state("SCHEDULED").model_copy(update={"name": "AwaitingConcurrencySlot"})
    assert rules.line_of(waits, 0).text == "Awaiting concurrency slot"


def test_a_writer_without_a_reason_for_an_end_takes_none_away():
    crashed = state("CRASHED", 3)
    why = Reason(code="killed", params={"signal": 9})
    row = rules.projected(job(state=state("RUNNING")), job(state=crashed, reason=why))
    assert rules.projected(row, job(state=crashed, is_settled=False)) is None
    again = rules.projected(row, job(state=state("SCHEDULED", 4)))
    assert again.reason is None


def test_a_failure_that_the_process_told_has_no_second_reason():
    told = rules.saved(
        begun := rules.begun(None, job(running_since=START)),
        begun.model_copy(update={"run_status": "failed", "finished_at": START, "end_reason": "failed"}),
    )
    why = Reason(code="prefect", params={"message": "the key was refused", "state": "Failed"})
    assert rules.projected(told, job(state=state("FAILED", 2), reason=why)).reason is None


def test_the_end_of_a_process_whose_run_is_to_begin_again_counts_no_more():
    begun = rules.begun(None, job(running_since=START))
    rescheduled = rules.projected(begun, job(state=state("SCHEDULED")))
    ended = {"run_status": "completed", "finished_at": START, "end_reason": "all done"}
    late = rules.saved(rescheduled, begun.model_copy(update=ended))
    assert (late.status, late.finished_at) == ("queued", None)
    assert rules.projected(late, job(state=state("CANCELLING", 2))).status == "cancelling"


writes = st.lists(
    st.one_of(
        st.tuples(st.just("state"), st.sampled_from(STATES), st.integers(0, 9)),
        st.tuples(st.just("begin"), st.just(""), st.integers(0, 9)),
        st.tuples(st.just("say"), st.sampled_from(["running", *FINAL_STATUSES]), st.integers(0, 9)),
    ),
    max_size=12,
)


@example([("begin", "", 0), ("state", "SCHEDULED", 1), ("say", "completed", 0), ("state", "CANCELLING", 1)])
@given(writes)
def test_whatever_is_written_the_row_is_whole(written):
    row = rules.projected(None, job(state=state("SCHEDULED", 0)))
    own = row
    for what, value, minute in written:
        before = row
        if what == "state":
            row = rules.projected(row, job(state=state(value, minute), is_settled=False)) or row
            assert row.counts == before.counts
        elif what == "begin":
            own = row = rules.begun(row, job(running_since=START + timedelta(minutes=minute)))
            assert row.status != "completed" or row.state is not None
        elif own.attempt == row.attempt and row.attempt:
            end = {"finished_at": START, "end_reason": "all done"} if value in FINAL_STATUSES else {}
            own = own.model_copy(
                update={"run_status": value, "counts": Counts(stored=minute), "finished_at": None} | end
            )
            row = rules.saved(row, own)
            assert row.state == before.state
        assert row.version >= before.version
        assert (row.finished_at is not None) is row.is_final
        assert (row.end_reason is not None) is row.is_final
        assert row.attempt >= before.attempt
        assert row.status == rules.status_of(row.run_status, row.running_since, row.state)


@pytest.mark.parametrize("said", [None, "running", "completed"])
def test_a_completed_job_is_done_whoever_says_so(said):
    stored = job(run_status=said, attempt=0 if said is None else 1, running_since=START, progress=9)
    seen = stored.model_copy(update={"state": state("COMPLETED")})
    row = rules.projected(stored, seen)
    assert (row.status, row.progress) == ("completed", 100)


@pytest.mark.parametrize("kind", ["FAILED", "CRASHED", "CANCELLED"])
def test_a_job_that_ended_badly_keeps_how_far_it_came(kind):
    stored = job(run_status="running", attempt=1, running_since=START, progress=9)
    row = rules.projected(stored, stored.model_copy(update={"state": state(kind)}))
    assert row.progress == 9


@pytest.mark.parametrize("kind", ["PENDING", "RUNNING"])
def test_an_attempt_that_begins_under_a_clock_that_was_set_back_has_its_own_word(kind):
    """Prefect's server tells of states by its clock, which was set back by an hour since the first of
    them.
    """
    queued = rules.projected(None, job(state=state("SCHEDULED", 60)))
    running = state("RUNNING", 1)
    is_seen_first = kind == "RUNNING"
    if is_seen_first:
        queued = rules.projected(queued, job(state=running.following(queued.state)))
    begun = rules.begun(queued, job(running_since=running.since))
    seen = begun if is_seen_first else rules.projected(begun, job(state=running.following(begun.state)))
    assert (begun.status, seen.status) == ("running", "running")
    end = {"run_status": "completed", "finished_at": START, "end_reason": "time limit"}
    ended = rules.saved(seen, seen.model_copy(update=end))
    assert (ended.status, ended.end_reason) == ("completed", "time limit")
    crashed = state("CRASHED", 2).following(seen.state)
    assert rules.projected(seen, job(state=crashed, is_settled=False)).status == "failed"
