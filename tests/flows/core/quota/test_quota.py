"""What one model still gives, and how that stays in step with what its provider counts."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.quota import (
    LONGEST_WAIT_S,
    MINUTE_S,
    DayUsedUp,
    Granted,
    Quota,
    QuotaLimits,
    Seen,
    TooLarge,
    Wait,
    charge,
    observe,
    reserve,
    spent,
)
from flows.errors import InvalidInput
from flows.knowledge import DAY_S
from tests.flows.core.quota.quota_parts import BUCKETS, FREE, answers, granted, levels, limits


class Provider:
    """Counts as a provider does, exactly: a bucket of what is allowed that fills steadily."""

    def __init__(self, limit, window_s):
        self.limit, self.window_s, self.level, self.at_s = limit, window_s, Fraction(limit or 0), Fraction(0)

    def has(self, now_s, amount):
        """Count the amount in and say whether it was still there, but for what floating point loses."""
        if self.limit is None:
            return True
        passed_s, self.at_s = Fraction(now_s) - self.at_s, Fraction(now_s)
        self.level = (
            min(Fraction(self.limit), self.level + passed_s * self.limit / Fraction(self.window_s)) - amount
        )
        return self.level > Fraction(-1, 1000)


@pytest.mark.parametrize(
    "name", ["requests_per_minute", "tokens_per_minute", "requests_per_day", "tokens_per_day"]
)
def test_a_limit_is_at_least_1(name):
    assert getattr(QuotaLimits(**{name: 1}), name) == 1
    with pytest.raises(
        InvalidInput, match=rf"^{name}: must be at least 1 \(is 0\)\. Leave it out for no limit\.$"
    ):
        QuotaLimits(**{name: 0})


def test_a_full_quota_has_all_of_its_limits():
    assert levels(Quota.full(FREE, 0.0)) == (30, 8_000, 1_000, 200_000)
    assert [getattr(Quota.full(FREE, 0.0), name).window_s for name in BUCKETS] == [60, 60, 86_400, 86_400]
    assert levels(Quota.full(QuotaLimits(), 0.0)) == (math.inf,) * 4
    assert Quota.full(FREE, 7.0).at_s == 7


def test_a_grant_is_taken_out_of_every_bucket():
    state = granted(granted(Quota.full(FREE, 0.0), 0.0, 100), 0.0, 50)
    assert levels(state) == (28, 7_850, 998, 199_850)
    assert (state.pending_requests, state.pending_tokens) == (2, 150)


def test_buckets_fill_steadily_and_never_over_their_limit():
    state = granted(Quota.full(FREE, 0.0), 0.0, 4_000)
    assert reserve(state, 15.0, 5_999).state.minute_tokens.level == pytest.approx(1)
    assert levels(granted(state, 90_000.0, 1)) == (29, 7_999, 999, 199_999)


def test_a_clock_that_goes_back_fills_nothing():
    state = granted(Quota.full(FREE, 100.0), 100.0, 4_000)
    again = granted(state, 50.0, 1_000)
    assert again.at_s == 100
    assert again.minute_tokens.level == 3_000
    assert spent(again, 100.0, "minute") == (2, 5_000)


def test_a_minute_that_is_used_up_is_waited_for():
    state = granted(Quota.full(FREE, 0.0), 0.0, 8_000)
    assert reserve(state, 0.0, 800) == Wait(pytest.approx(6.001))
    assert reserve(state, 0.0, 100) == Wait(pytest.approx(0.751))
    for _ in range(29):
        state = granted(state, 0.0, 0)
    assert reserve(state, 0.0, 0) == Wait(pytest.approx(2.001))


def test_a_request_over_the_limit_is_never_waited_for():
    assert reserve(Quota.full(FREE, 0.0), 0.0, 8_001) == TooLarge(8_000)
    assert isinstance(reserve(Quota.full(FREE, 0.0), 0.0, 8_000), Granted)
    assert reserve(
        Quota.full(QuotaLimits(tokens_per_day=10, tokens_per_minute=50), 0.0), 0.0, 11
    ) == TooLarge(10)
    assert isinstance(reserve(Quota.full(QuotaLimits(), 0.0), 0.0, 10**9), Granted)


def test_a_day_that_frees_late_is_used_up_and_one_that_frees_soon_is_waited_for():
    state = granted(Quota.full(QuotaLimits(tokens_per_day=86_400), 0.0), 5.0, 86_400)
    assert reserve(state, 5.0, 60) == Wait(60.001)
    assert reserve(state, 5.0, 61) == DayUsedUp(66)
    state = granted(Quota.full(QuotaLimits(requests_per_day=864), 0.0), 0.0, 5)
    for _ in range(863):
        state = granted(state, 0.0, 5)
    assert reserve(state, 0.0, 5) == DayUsedUp(100)
    assert reserve(state, 50.0, 5) == Wait(pytest.approx(50.001))


def test_a_refusal_is_waited_for_and_outlives_a_shorter_one():
    state = observe(Quota.full(FREE, 0.0), 0.0, Seen(retry_after_s=7))
    state = observe(state, 1.0, Seen(retry_after_s=2))
    assert reserve(state, 1.0, 5) == Wait(6.001)
    assert isinstance(reserve(state, 7.0, 5), Granted)


def test_a_day_that_the_provider_calls_used_up_is_over():
    state = observe(Quota.full(FREE, 0.0), 10.0, Seen(day_used_up_for_s=600))
    state = observe(state, 10.0, Seen(day_used_up_for_s=5))
    assert reserve(state, 10.0, 5) == DayUsedUp(610)
    assert reserve(state, 555.0, 5) == Wait(55.001)
    assert isinstance(reserve(state, 610.0, 5), Granted)
    assert isinstance(reserve(observe(state, 610.0, Seen()), 610.0, 5), Granted)


@given(limits, st.lists(st.tuples(st.floats(0, 40), st.integers(0, 6_000), st.integers(0, 100)), max_size=40))
def test_no_grant_is_above_any_limit_of_the_provider(limits, requests):
    state, now_s, providers = (
        Quota.full(limits, 0.0),
        0.0,
        [
            Provider(limits.requests_per_minute, MINUTE_S),
            Provider(limits.tokens_per_minute, MINUTE_S),
            Provider(limits.requests_per_day, DAY_S),
            Provider(limits.tokens_per_day, DAY_S),
        ],
    )
    for after_s, tokens, used_percent in requests:
        now_s += after_s
        outcome = reserve(state, now_s, tokens)
        if isinstance(outcome, Granted):
            used = tokens * used_percent // 100
            assert all(p.has(now_s, amount) for p, amount in zip(providers, (1, used, 1, used), strict=True))
            state = charge(outcome.state, tokens, used)


@given(limits, st.lists(st.tuples(st.floats(0, 60), st.integers(1, 3_000)), max_size=40), st.floats(1, 120))
def test_in_any_stretch_of_time_at_most_the_limit_and_what_fills_meanwhile_is_granted(
    limits, requests, stretch_s
):
    state, now_s, grants = Quota.full(limits, 0.0), 0.0, []
    for after_s, tokens in requests:
        now_s += after_s
        outcome = reserve(state, now_s, tokens)
        if isinstance(outcome, Granted):
            state = charge(outcome.state, tokens, tokens)
            grants.append((now_s, tokens))
    for begin_s, _ in grants:
        within = [tokens for at_s, tokens in grants if begin_s <= at_s <= begin_s + stretch_s]
        if limits.tokens_per_minute:
            assert sum(within) <= limits.tokens_per_minute * (1 + stretch_s / MINUTE_S) + 0.001
        if limits.requests_per_minute:
            assert len(within) <= limits.requests_per_minute * (1 + stretch_s / MINUTE_S) + 0.001


@given(limits, st.lists(st.integers(0, 20_000), max_size=30), answers)
def test_what_was_waited_for_is_there(limits, requests, seen):
    state, now_s = observe(Quota.full(limits, 0.0), 0.0, seen), 0.0
    for tokens in requests:
        match reserve(state, now_s, tokens):
            case Granted(state=taken):
                state = charge(taken, tokens, tokens)
            case Wait(seconds=wait_s):
                assert wait_s > 0
                now_s += wait_s
                state = granted(state, now_s, tokens)
            case DayUsedUp(until_s=until_s):
                assert until_s > now_s + LONGEST_WAIT_S
                assert isinstance(reserve(state, until_s + 0.001, tokens), Granted | Wait)
            case TooLarge(limit=limit):
                assert tokens > limit
                assert isinstance(reserve(state, now_s + 10**6, limit), Granted)


@given(limits, answers, st.integers(0, 20_000))
def test_asking_changes_nothing(limits, seen, tokens):
    state = observe(Quota.full(limits, 0.0), 0.0, seen)
    before = replace(state)
    assert reserve(state, 1.0, tokens) == reserve(state, 1.0, tokens)
    assert state == before
