"""How long a job may work, and how much it may learn."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.budget import (
    BACKSTOP_S,
    MARGIN,
    MARGIN_S,
    MAX_MINUTES,
    RECENT_BATCHES,
    Budget,
)
from flows.errors import InvalidInput

minutes = st.floats(0, MAX_MINUTES, exclude_min=True)
seconds = st.floats(0, 2000)
durations = st.lists(st.floats(0, 900), max_size=30)


@pytest.mark.parametrize("wrong", [0, -1, 10.001, math.inf, math.nan])
def test_minutes_are_over_0_and_at_most_10(wrong):
    with pytest.raises(
        InvalidInput, match=r"^minutes: must be more than 0 and at most 10 \(got .+\)\.$"
    ) as raised:
        Budget(minutes=wrong)
    assert raised.value.field == "minutes"


def test_a_target_is_at_least_one_entry():
    with pytest.raises(
        InvalidInput, match=r"^max_entries: must be at least 1 \(got 0\)\. Leave it out for no limit\.$"
    ):
        Budget(max_entries=0)
    assert Budget(max_entries=1).is_reached(1)


def test_a_budget_is_ten_minutes_without_a_target_unless_told():
    budget = Budget()
    assert budget.limit_s == 600
    assert budget.wanted(10**9, 5) is None
    assert not budget.is_reached(10**9)


def test_the_backstop_stands_behind_the_longest_budget():
    assert Budget(minutes=MAX_MINUTES).limit_s < BACKSTOP_S


def test_time_is_up_at_the_limit():
    budget = Budget(minutes=0.5)
    assert not budget.is_over(29.999)
    assert budget.is_over(30)
    assert budget.remaining_s(12) == 18
    assert budget.remaining_s(31) == 0


def test_words_in_work_count_towards_the_target():
    budget = Budget(max_entries=10)
    assert budget.wanted(stored=3, in_work=4) == 3
    assert budget.wanted(stored=8, in_work=4) == 0
    assert not budget.is_reached(9)
    assert budget.is_reached(11)


def test_a_batch_starts_when_the_usual_time_and_its_margin_fit():
    budget = Budget(minutes=1)
    assert budget.may_start(48.5, [10.0])
    assert not budget.may_start(48.6, [10.0])
    assert budget.may_start(48.5, [10.0, 10, 10, 10, 55])
    assert not budget.may_start(48.5, [10.0, 10, 10, 11, 55])


def test_only_the_latest_batches_say_how_long_the_next_takes():
    slow, fast = [50.0] * RECENT_BATCHES, [1.0] * RECENT_BATCHES
    assert Budget(minutes=1).may_start(30, slow + fast)
    assert not Budget(minutes=1).may_start(30, fast + slow)
    assert not Budget(minutes=1).may_start(30, [1.0] + [50.0] * 5 + [1.0] * 15)


def test_while_nothing_was_measured_a_batch_may_start_until_time_is_up():
    assert Budget(minutes=1).may_start(59.9, [])
    assert not Budget(minutes=1).may_start(60, [])


@given(minutes, seconds, durations)
def test_no_batch_starts_past_the_limit(minutes, active_s, batch_s):
    budget = Budget(minutes=minutes)
    if budget.is_over(active_s):
        assert not budget.may_start(active_s, batch_s)


@given(minutes, st.floats(0, 1), st.lists(st.floats(0, 60), min_size=1, max_size=30))
def test_a_batch_like_most_recent_ones_ends_before_the_limit(minutes, share, batch_s):
    budget = Budget(minutes=minutes)
    active_s = share * budget.limit_s
    recent = batch_s[-RECENT_BATCHES:]
    in_time = sum(active_s + s * (1 + MARGIN) + MARGIN_S <= budget.limit_s + 1e-6 for s in recent)
    assert not budget.may_start(active_s, batch_s) or in_time >= 0.8 * len(recent)


@given(minutes, seconds, seconds, durations)
def test_a_batch_that_may_not_start_now_may_not_start_later(minutes, now_s, later_s, batch_s):
    budget = Budget(minutes=minutes)
    now_s, later_s = sorted((now_s, later_s))
    assert budget.may_start(now_s, batch_s) or not budget.may_start(later_s, batch_s)


@given(minutes, seconds)
def test_remaining_time_is_bounded_and_used_up_when_over(minutes, active_s):
    budget = Budget(minutes=minutes)
    assert 0 <= budget.remaining_s(active_s) <= budget.limit_s
    assert budget.is_over(active_s) == (budget.remaining_s(active_s) == 0)


@given(st.integers(1, 500), st.integers(0, 600), st.integers(0, 600))
def test_what_is_wanted_never_leads_past_the_target(max_entries, stored, in_work):
    budget = Budget(max_entries=max_entries)
    wanted = budget.wanted(stored, in_work)
    assert wanted >= 0
    assert stored + in_work + wanted == max(max_entries, stored + in_work)
