"""Limits and what a provider says of them."""

from __future__ import annotations

from hypothesis import strategies as st

from flows.core.quota import (
    Granted,
    QuotaLimits,
    Seen,
    reserve,
)

BUCKETS = ("minute_requests", "minute_tokens", "day_requests", "day_tokens")


limits = st.builds(
    QuotaLimits,
    requests_per_minute=st.none() | st.integers(1, 60),
    tokens_per_minute=st.none() | st.integers(1, 20_000),
    requests_per_day=st.none() | st.integers(1, 5_000),
    tokens_per_day=st.none() | st.integers(1, 500_000),
)


def levels(state):
    return tuple(getattr(state, name).level for name in BUCKETS)


FREE = QuotaLimits(
    requests_per_minute=30, tokens_per_minute=8_000, requests_per_day=1_000, tokens_per_day=200_000
)


counts = st.none() | st.integers(0, 30_000)


reported_s = st.none() | st.floats(0, 100_000)


answers = st.builds(
    Seen,
    limit_requests_per_day=counts,
    remaining_requests=counts,
    reset_requests_s=reported_s,
    limit_tokens_per_minute=counts,
    remaining_tokens=counts,
    reset_tokens_s=reported_s,
    retry_after_s=reported_s,
    day_used_up_for_s=reported_s,
    refused=st.none() | st.sampled_from(list(vars(FREE))),
    refused_limit=counts,
    refused_used=counts,
)


def granted(state, now_s, tokens):
    outcome = reserve(state, now_s, tokens)
    assert isinstance(outcome, Granted), outcome
    return outcome.state
