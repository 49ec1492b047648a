"""Why a job ends, and what it still begins until then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.ending import DRY_ROUNDS, Facts, end_reason

IN_ORDER = [
    ({"is_failed": True}, "failed"),
    ({"is_stopped": True}, "stopped"),
    ({"is_reached": True}, "target reached"),
    ({"is_worker_stopping": True}, "worker stopped"),
    ({"is_over": True}, "time limit"),
    ({"is_quota_used_up": True}, "quota used up"),
    ({"is_spent": True}, "all done"),
    ({"dry_rounds": DRY_ROUNDS}, "nothing new"),
]
NAMES = {name for facts, _ in IN_ORDER for name in facts}
facts = st.builds(
    Facts,
    **{name: st.booleans() for name in NAMES - {"dry_rounds"}},
    dry_rounds=st.integers(0, 2 * DRY_ROUNDS),
)


@pytest.mark.parametrize("at", range(len(IN_ORDER)))
def test_a_job_ends_for_the_foremost_reason(at):
    fact, reason = IN_ORDER[at]
    assert end_reason(Facts(**fact)) == reason
    all_behind = {name: value for fact, _ in IN_ORDER[at:] for name, value in fact.items()}
    assert end_reason(Facts(**all_behind)) == reason


def test_a_job_that_nothing_ended_is_all_done():
    assert end_reason(Facts()) == "all done"


def test_words_have_ceased_to_come_after_so_many_rounds_and_no_sooner():
    assert [Facts(dry_rounds=n).proposes for n in range(DRY_ROUNDS + 2)] == [True] * DRY_ROUNDS + [False] * 2


@pytest.mark.parametrize(
    ("fact", "proposes", "begins"),
    [
        ({}, True, True),
        ({"is_reached": True}, False, True),
        ({"is_spent": True}, False, True),
        ({"dry_rounds": DRY_ROUNDS}, False, True),
        ({"is_failed": True}, False, False),
        ({"is_stopped": True}, False, False),
        ({"is_worker_stopping": True}, False, False),
        ({"is_over": True}, False, False),
        ({"is_quota_used_up": True}, False, False),
    ],
)
def test_what_is_still_begun(fact, proposes, begins):
    assert (Facts(**fact).proposes, Facts(**fact).begins_batches) == (proposes, begins)


@given(facts, st.sampled_from(IN_ORDER))
def test_nothing_that_becomes_known_makes_a_job_go_on_again(known, news):
    more = Facts(**{name: getattr(known, name) for name in NAMES} | news[0])
    assert more.proposes <= known.proposes
    assert more.begins_batches <= known.begins_batches
    assert more.begins_batches or not more.proposes
