"""What a job will bring, before it is paid for."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.estimate import GROQ, LEXICON, Rates, estimate_yield, rates_of
from flows.core.quota import QuotaLimits
from flows.knowledge import Counts, Job, Usage, utc_now

FREE = QuotaLimits(
    requests_per_minute=30, tokens_per_minute=8000, requests_per_day=1000, tokens_per_day=200_000
)
RATES = Rates(tokens_in=200, tokens_out=200, requests=0.1, cost_usd=0.0002, per_second=10)


def job(stored=100, seconds=50.0, requests=20, status="completed"):
    usage = Usage(
        requests=requests,
        tokens_in=20_000 if requests else 0,
        tokens_cached=5_000 if requests else 0,
        tokens_out=15_000,
        cost_usd=0.02,
    )
    return Job(
        job_id=uuid4(),
        mode="big",
        status=status,
        counts=Counts(stored=stored),
        usage=usage if requests else Usage(),
        active_seconds=seconds,
        created_at=utc_now(),
    )


def test_tokens_a_minute_bind_a_long_job_on_the_free_plan():
    found = estimate_yield(RATES, minutes=10, entries=None, limits=FREE)
    assert (found.limited_by, found.entries, found.tokens, found.requests) == (
        "tokens a minute",
        200,
        80_000,
        20,
    )
    assert found.cost_usd == pytest.approx(0.04)
    assert found.minutes == 10


def test_what_is_left_of_the_day_binds_when_little_is():
    found = estimate_yield(RATES, minutes=10, entries=None, limits=FREE, spent_tokens=190_000)
    assert (found.limited_by, found.entries) == ("tokens a day", 25)
    assert found.minutes == pytest.approx(1.25)
    assert (
        estimate_yield(RATES, minutes=10, entries=None, limits=FREE, spent_requests=1000).limited_by
        == "requests a day"
    )


def test_a_number_of_words_ends_the_job_early():
    found = estimate_yield(RATES, minutes=10, entries=40, limits=FREE)
    assert (found.limited_by, found.entries, found.minutes) == ("the number of words", 40, 2.0)


def test_requests_a_minute_bind_small_batches():
    one_by_one = RATES.model_copy(update={"requests": 3.0})
    found = estimate_yield(one_by_one, minutes=1, entries=None, limits=FREE)
    assert (found.limited_by, found.entries) == ("requests a minute", 10)


def test_without_limits_the_stages_bind():
    assert (
        estimate_yield(RATES, minutes=1, entries=None, limits=QuotaLimits()).limited_by
        == "the speed of the stages"
    )


def test_the_lexicon_costs_nothing_and_the_time_binds():
    found = estimate_yield(LEXICON, minutes=10, entries=None, limits=QuotaLimits())
    assert (found.limited_by, found.tokens, found.cost_usd, found.entries) == (
        "the time limit",
        0,
        0.0,
        60_000,
    )


def test_history_is_weighed_by_entries_and_cached_tokens_do_not_count():
    rates = rates_of([job(), job(stored=300, seconds=50.0)], GROQ["big"], has_model=True)
    assert (rates.tokens_in, rates.tokens_out, rates.requests) == (75, 75, 0.1)
    assert rates.per_second == pytest.approx(4)
    assert rates.cost_usd == pytest.approx(0.0001)
    assert rates.jobs == 2


def test_jobs_that_tell_little_are_not_asked():
    told = [job(stored=19), job(status="running"), job(requests=0), job(seconds=0.0)]
    assert rates_of(told, GROQ["big"], has_model=True) == GROQ["big"]
    assert rates_of(told, LEXICON, has_model=False).jobs == 1


@given(
    st.floats(0.05, 10),
    st.none() | st.integers(1, 10_000),
    st.builds(QuotaLimits, *(st.none() | st.integers(1, 1_000_000) for _ in range(4))),
    st.integers(0, 1000),
    st.integers(0, 1_000_000),
)
def test_no_limit_is_exceeded(minutes, entries, limits, spent_requests, spent_tokens):
    found = estimate_yield(
        RATES,
        minutes=minutes,
        entries=entries,
        limits=limits,
        spent_requests=spent_requests,
        spent_tokens=spent_tokens,
    )
    assert found.entries >= 0
    assert found.minutes <= minutes + 0.01
    if entries is not None:
        assert found.entries <= entries
    if limits.tokens_per_minute is not None:
        assert found.entries * 400 <= limits.tokens_per_minute * minutes + 1e-6
    if limits.tokens_per_day is not None:
        assert found.entries * 400 <= max(0, limits.tokens_per_day - spent_tokens)
