"""What settling, observing and remembering make of a quota."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.quota import (
    LONGEST_REFUSAL_S,
    DayUsedUp,
    Granted,
    Quota,
    QuotaBucket,
    QuotaLimits,
    Seen,
    Wait,
    charge,
    left,
    observe,
    remember,
    reserve,
    spent,
)
from tests.flows.core.quota.quota_parts import BUCKETS, FREE, answers, granted, levels, limits


def test_settling_exchanges_reserved_tokens_for_actual_ones():
    taken = granted(Quota.full(FREE, 0.0), 0.0, 1_000)
    settled = charge(taken, 1_000, 300, 100)
    assert levels(settled) == (29, 7_800, 999, 199_800)
    assert (settled.pending_requests, settled.pending_tokens) == (0, 0)
    assert charge(taken, 1_000, 1_500).minute_tokens.level == 6_500
    assert charge(taken, 1_000, 50, 80).minute_tokens.level == 8_000


def test_a_failed_request_gives_its_tokens_back_but_not_itself():
    settled = charge(granted(Quota.full(FREE, 0.0), 0.0, 1_000), 1_000, 0)
    assert levels(settled) == (29, 8_000, 999, 200_000)


def test_each_grant_is_settled_by_itself():
    state = granted(granted(Quota.full(FREE, 0.0), 0.0, 100), 0.0, 50)
    settled = charge(state, 100, 10)
    assert (settled.pending_requests, settled.pending_tokens) == (1, 50)
    over = charge(charge(settled, 50, 0), 50, 0)
    assert (over.pending_requests, over.pending_tokens) == (0, 0)


@given(
    limits,
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 6_000), st.integers(0, 6_000)), max_size=10),
    answers,
    st.floats(-5, 10**5),
)
def test_levels_stay_between_empty_and_full_whatever_is_said(limits, requests, seen, now_s):
    state = Quota.full(limits, 0.0)
    for tokens, actual, cached in requests:
        outcome = reserve(state, now_s, tokens)
        if isinstance(outcome, Granted):
            state = charge(outcome.state, tokens, actual, cached)
        state = observe(state, now_s, seen)
        for name in BUCKETS:
            bucket = getattr(state, name)
            assert 0 <= bucket.level <= bucket.capacity
            assert bucket.missing >= 0
        assert state.pending_requests == state.pending_tokens == 0


def test_the_provider_corrects_what_is_left():
    state = observe(Quota.full(FREE, 0.0), 0.0, Seen(remaining_requests=400, remaining_tokens=2_000))
    assert levels(state) == (30, 2_000, 400, 200_000)
    state = observe(state, 0.0, Seen(remaining_requests=500, remaining_tokens=3_000))
    assert levels(state) == (30, 3_000, 500, 200_000)
    assert levels(observe(state, 0.0, Seen(remaining_tokens=9_999_999))) == (30, 8_000, 500, 200_000)


def test_pending_requests_may_or_may_not_be_counted_by_the_provider():
    state = granted(granted(Quota.full(FREE, 0.0), 0.0, 1_000), 0.0, 500)
    assert observe(state, 0.0, Seen(remaining_tokens=8_000)).minute_tokens.level == 6_500
    assert observe(state, 0.0, Seen(remaining_tokens=7_000)).minute_tokens.level == 6_500
    assert observe(state, 0.0, Seen(remaining_tokens=6_000)).minute_tokens.level == 6_000
    assert observe(state, 0.0, Seen(remaining_requests=1_000)).day_requests.level == 998
    assert observe(state, 0.0, Seen(remaining_requests=997)).day_requests.level == 997
    assert observe(charge(state, 1_000, 0), 0.0, Seen(remaining_tokens=8_000)).minute_tokens.level == 7_500


def test_a_limit_that_the_provider_names_replaces_ours_and_keeps_what_is_missing():
    state = charge(granted(Quota.full(FREE, 0.0), 0.0, 1_000), 1_000, 1_000)
    larger = observe(state, 0.0, Seen(limit_tokens_per_minute=10_000, limit_requests_per_day=2_000))
    assert (larger.minute_tokens.capacity, larger.minute_tokens.level) == (10_000, 9_000)
    assert (larger.day_requests.capacity, larger.day_requests.level) == (2_000, 1_999)
    smaller = observe(state, 0.0, Seen(limit_tokens_per_minute=600))
    assert (smaller.minute_tokens.capacity, smaller.minute_tokens.level) == (600, 0)
    assert observe(state, 0.0, Seen(limit_tokens_per_minute=0)) == state


def test_a_limit_is_learned_where_there_was_none():
    state = observe(Quota.full(QuotaLimits(), 0.0), 0.0, Seen(limit_tokens_per_minute=8_000))
    assert levels(state) == (math.inf, 8_000, math.inf, math.inf)
    assert levels(observe(state, 0.0, Seen(remaining_requests=5, remaining_tokens=10))) == (
        math.inf,
        10,
        math.inf,
        math.inf,
    )


def test_the_time_to_full_tells_what_is_left_when_nothing_else_does():
    assert observe(Quota.full(FREE, 0.0), 0.0, Seen(reset_tokens_s=15.0)).minute_tokens.level == 6_000
    assert observe(
        Quota.full(FREE, 0.0), 0.0, Seen(reset_requests_s=172.8)
    ).day_requests.level == pytest.approx(998)
    assert (
        observe(
            Quota.full(FREE, 0.0), 0.0, Seen(reset_tokens_s=15.0, remaining_tokens=70)
        ).minute_tokens.level
        == 70
    )
    assert observe(Quota.full(FREE, 0.0), 0.0, Seen(reset_tokens_s=90.0)).minute_tokens.level == 0


@pytest.mark.parametrize(("bound", "bucket"), list(zip(vars(FREE), BUCKETS, strict=True)))
def test_a_refusal_names_the_limit_that_was_reached(bound, bucket):
    state = observe(Quota.full(FREE, 0.0), 0.0, Seen(refused=bound, refused_limit=100, refused_used=70))
    assert getattr(state, bucket) == QuotaBucket(100.0, getattr(state, bucket).window_s, 30.0)
    assert replace(state, **{bucket: getattr(Quota.full(FREE, 0.0), bucket)}) == Quota.full(FREE, 0.0)
    more = observe(state, 0.0, Seen(refused=bound, refused_limit=100, refused_used=60))
    assert getattr(more, bucket).level == 30
    assert getattr(observe(state, 0.0, Seen(refused=bound, refused_limit=80)), bucket).level == 10
    assert observe(state, 0.0, Seen(refused=bound)) == state
    assert observe(state, 0.0, Seen(refused_limit=5, refused_used=5)) == state


def test_observing_fills_up_to_the_moment_first():
    state = granted(Quota.full(FREE, 0.0), 0.0, 8_000)
    later = observe(state, 30.0, Seen())
    assert later.at_s == 30
    assert levels(later) == (30, 4_000, pytest.approx(999.347, abs=1e-3), pytest.approx(192_069.4, abs=0.1))


def test_saying_nothing_changes_nothing():
    state = Quota.full(FREE, 0.0)
    assert observe(state, 0.0, Seen()) == state
    assert reserve(observe(state, 0.0, Seen(retry_after_s=0, day_used_up_for_s=0)), 0.0, 1) == reserve(
        state, 0.0, 1
    )


@given(limits, answers, st.integers(0, 5_000), st.floats(0, 100))
def test_observing_twice_is_observing_once(limits, seen, tokens, now_s):
    outcome = reserve(Quota.full(limits, 0.0), 0.0, tokens)
    state = outcome.state if isinstance(outcome, Granted) else Quota.full(limits, 0.0)
    once = observe(state, now_s, seen)
    twice = observe(once, now_s, seen)
    # to the last digits of floating point: two contradicting limits in one answer resize a bucket twice
    assert levels(twice) == pytest.approx(levels(once), rel=1e-12, abs=1e-9)
    assert replace(twice, **{name: getattr(once, name) for name in BUCKETS}) == once
    assert [getattr(twice, name).capacity for name in BUCKETS] == [
        getattr(once, name).capacity for name in BUCKETS
    ]


@given(limits, st.lists(st.integers(1, 3_000), max_size=12), st.floats(0, 100))
def test_what_is_left_is_told_of_each_limit_that_there_is_and_can_be_had(limits, requests, now_s):
    state = Quota.full(limits, 0.0)
    for tokens in requests:
        outcome = reserve(state, 0.0, tokens)
        state = outcome.state if isinstance(outcome, Granted) else state
    found = left(state, now_s)
    assert {bound: size for bound, (_, size) in found.items()} == {
        name: limit for name, limit in vars(limits).items() if limit is not None
    }
    assert all(0 <= amount <= size for amount, size in found.values())
    tokens = min(
        (amount for bound, (amount, _) in found.items() if bound.startswith("tokens")), default=1_000_000
    )
    if all(amount for bound, (amount, _) in found.items() if bound.startswith("requests")):
        assert isinstance(reserve(state, now_s, tokens), Granted)


def test_what_was_spent_is_said_by_window_and_comes_back_with_time():
    state = granted(granted(Quota.full(FREE, 0.0), 0.0, 4_000), 0.0, 1_000)
    assert spent(state, 0.0, "minute") == (2, 5_000)
    assert spent(state, 30.0, "minute") == (0, 1_000)
    assert spent(state, 3.0, "minute") == (1, 4_600)
    assert spent(state, 60.0, "day") == (2, 4_862)
    assert spent(Quota.full(QuotaLimits(), 0.0), 0.0, "day") == (0, 0)


def test_a_restart_remembers_each_window_by_itself():
    state = remember(Quota.full(FREE, 0.0), "minute", requests=10, tokens=4_000, age_s=15)
    assert levels(state) == (27.5, 6_000, 1_000, 200_000)
    state = remember(state, "day", requests=100, tokens=50_000, age_s=4_320)
    assert levels(state) == (27.5, 6_000, 950, 160_000)
    assert levels(remember(state, "minute", requests=10, tokens=4_000, age_s=60)) == levels(state)
    assert (
        remember(Quota.full(FREE, 0.0), "minute", requests=1, tokens=800, age_s=-30).minute_tokens.level
        == 7_200
    )
    assert (
        levels(remember(Quota.full(QuotaLimits(), 0.0), "day", requests=1, tokens=5, age_s=1))
        == (math.inf,) * 4
    )


@given(limits, st.lists(st.tuples(st.floats(0, 20), st.integers(0, 2_000)), max_size=20), st.floats(0, 1_000))
def test_a_restart_never_has_more_than_was_left(limits, requests, age_s):
    state, now_s = Quota.full(limits, 0.0), 0.0
    for after_s, tokens in requests:
        now_s += after_s
        outcome = reserve(state, now_s, tokens)
        state = outcome.state if isinstance(outcome, Granted) else state
    anew = Quota.full(limits, now_s + age_s)
    for window in ("minute", "day"):
        requests_spent, tokens_spent = spent(state, now_s, window)
        anew = remember(anew, window, requests=requests_spent, tokens=tokens_spent, age_s=age_s)
    left = observe(state, now_s + age_s, Seen())
    for mine, theirs in zip(levels(anew), levels(left), strict=True):
        assert mine <= theirs + 1e-6 * max(1.0, theirs) or math.isinf(theirs)


def test_a_bucket_gives_and_takes_within_its_bounds():
    bucket = QuotaBucket(100.0, 60.0, 40.0)
    assert bucket.filled(6.0).level == 50
    assert bucket.filled(60.0).level == 100
    assert bucket.add(-50).level == 0
    assert bucket.add(5).level == 45
    assert bucket.set(101).level == 100
    assert bucket.missing == 60
    assert bucket.wait_s(40) == 0
    assert bucket.wait_s(50) == 6
    assert bucket.resized(80.0) == QuotaBucket(80.0, 60.0, 20.0)
    assert bucket.resized(50.0) == QuotaBucket(50.0, 60.0, 0.0)
    assert QuotaBucket(math.inf, 60.0, math.inf).filled(5.0).level == math.inf
    assert QuotaBucket(math.inf, 60.0, math.inf).filled(0.0).level == math.inf
    assert QuotaBucket(math.inf, 60.0, math.inf).resized(50.0) == QuotaBucket(50.0, 60.0, 50.0)


def test_a_refusal_for_longer_than_a_stage_may_wait_counts_as_the_days():
    state = Quota.full(QuotaLimits(tokens_per_minute=8000), 0.0)
    assert reserve(observe(state, 0.0, Seen(retry_after_s=LONGEST_REFUSAL_S)), 0.0, 10) == Wait(
        LONGEST_REFUSAL_S + 0.001
    )
    assert reserve(observe(state, 0.0, Seen(retry_after_s=900.0)), 0.0, 10) == DayUsedUp(900.0)
