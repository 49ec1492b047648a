"""What of the bookkeeping goes: by age, and oldest first by size."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from store_documents import job

from flows.knowledge import PrefectState
from flows.stores.retention import Books, RetentionLimits, prunable

NOW = datetime(2030, 6, 1, tzinfo=UTC)
LIMITS = RetentionLimits(details=timedelta(days=14), jobs=timedelta(days=90), most_bytes=100)


def books(number, status="completed", days=1.0, size=10):
    ended = None if days is None else NOW - timedelta(days=days)
    return Books(UUID(int=number), status, ended, size)


def pruned(*some, limits=LIMITS):
    return [(each.job_id.int, each.part, each.why) for each in prunable(some, limits, now=NOW)]


@pytest.mark.parametrize(
    ("some", "gone"),
    [
        ([], []),
        ([books(1, days=13.9)], []),
        ([books(1, days=14)], [(1, "details", "age")]),
        ([books(1, days=14, size=0)], []),  # they went before
        ([books(1, days=90)], [(1, "job", "age")]),
        ([books(1, days=90, size=0)], [(1, "job", "age")]),
        # what can be retried keeps its details as long as its row
        ([books(1, "failed", days=89)], []),
        ([books(1, "cancelled", days=89)], []),
        ([books(1, "failed", days=90)], [(1, "job", "age")]),
        # what has not ended stays, however old and large
        ([books(1, "running", days=None, size=10**9)], []),
        ([books(1, "queued", days=None), books(2, "cancelling", days=None)], []),
        # a clock that was wrong: an end in the future is not old
        ([books(1, days=-400)], []),
        # oldest first
        (
            [books(1, days=20), books(2, days=100), books(3, days=40)],
            [(2, "job", "age"), (3, "details", "age"), (1, "details", "age")],
        ),
        # by size, until the rest fits: 60 + 60 + 60 > 100
        (
            [books(1, days=1, size=60), books(2, days=3, size=60), books(3, days=2, size=60)],
            [(2, "details", "size"), (3, "details", "size")],
        ),
        ([books(1, days=1, size=50), books(2, days=3, size=50)], []),
        # what goes by age counts no more
        ([books(1, days=1, size=60), books(2, days=30, size=60)], [(2, "details", "age")]),
        # what may not go counts too
        ([books(1, "running", days=None, size=99), books(2, days=1, size=2)], [(2, "details", "size")]),
        ([books(1, "failed", days=9, size=99), books(2, days=1, size=2)], [(2, "details", "size")]),
        # one job alone is more than the limit
        ([books(1, days=0, size=500)], [(1, "details", "size")]),
    ],
)
def test_the_rule(some, gone):
    assert pruned(*some) == gone


def test_without_limits_nothing_goes():
    old = [books(n, days=4000, size=10**12) for n in range(3)]
    assert pruned(*old, limits=RetentionLimits()) == []
    assert pruned(*old, limits=RetentionLimits(jobs=timedelta(days=5000), most_bytes=10**13)) == []


def test_the_limits_are_the_settings():
    assert RetentionLimits.of(details_days=0, jobs_days=0, mb=0) == RetentionLimits()
    limits = RetentionLimits.of(details_days=1, jobs_days=2, mb=3)
    assert limits == RetentionLimits(timedelta(days=1), timedelta(days=2), 3_000_000)


@pytest.mark.parametrize(
    ("row", "ended_at"),
    [
        (job(status="running"), None),
        (job(status="completed", finished_at=NOW), NOW),
        (job(status="completed", finished_at=NOW, is_settled=False), None),
        # killed: only Prefect says when
        (
            job(
                status="failed", state=PrefectState(id=UUID(int=9), type="CRASHED", name="Crashed", since=NOW)
            ),
            NOW,
        ),
        (job(status="cancelled", updated_at=NOW), NOW),
        (job(status="cancelled"), job().created_at),
    ],
)
def test_when_a_job_ended(row, ended_at):
    assert Books.of(row, 0).ended_at == ended_at
