"""What one model still gives, and how that stays in step with what its provider counts."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.quota import (
    DAY_S,
    LONGEST_REFUSAL_S,
    LONGEST_WAIT_S,
    MINUTE_S,
    DayUsedUp,
    Granted,
    Limits,
    Quota,
    QuotaBucket,
    Seen,
    TooLarge,
    Wait,
    left,
    observe,
    parse_duration,
    read_headers,
    remember,
    reserve,
    settle,
    spent,
)
from flows.errors import InvalidInput

FREE = Limits(requests_per_minute=30, tokens_per_minute=8_000, requests_per_day=1_000, tokens_per_day=200_000)
BUCKETS = ("minute_requests", "minute_tokens", "day_requests", "day_tokens")

limits = st.builds(
    Limits,
    requests_per_minute=st.none() | st.integers(1, 60),
    tokens_per_minute=st.none() | st.integers(1, 20_000),
    requests_per_day=st.none() | st.integers(1, 5_000),
    tokens_per_day=st.none() | st.integers(1, 500_000),
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


def levels(state):
    return tuple(getattr(state, name).level for name in BUCKETS)


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
    assert getattr(Limits(**{name: 1}), name) == 1
    with pytest.raises(
        InvalidInput, match=rf"^{name}: 0 cannot be a limit\. Give at least 1, or nothing for no limit\.$"
    ):
        Limits(**{name: 0})


def test_a_full_quota_has_all_of_its_limits():
    assert levels(Quota.full(FREE, 0.0)) == (30, 8_000, 1_000, 200_000)
    assert [getattr(Quota.full(FREE, 0.0), name).window_s for name in BUCKETS] == [60, 60, 86_400, 86_400]
    assert levels(Quota.full(Limits(), 0.0)) == (math.inf,) * 4
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
    assert reserve(Quota.full(Limits(tokens_per_day=10, tokens_per_minute=50), 0.0), 0.0, 11) == TooLarge(10)
    assert isinstance(reserve(Quota.full(Limits(), 0.0), 0.0, 10**9), Granted)


def test_a_day_that_frees_late_is_used_up_and_one_that_frees_soon_is_waited_for():
    state = granted(Quota.full(Limits(tokens_per_day=86_400), 0.0), 5.0, 86_400)
    assert reserve(state, 5.0, 60) == Wait(60.001)
    assert reserve(state, 5.0, 61) == DayUsedUp(66)
    state = granted(Quota.full(Limits(requests_per_day=864), 0.0), 0.0, 5)
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
            state = settle(outcome.state, tokens, used)


@given(limits, st.lists(st.tuples(st.floats(0, 60), st.integers(1, 3_000)), max_size=40), st.floats(1, 120))
def test_in_any_stretch_of_time_at_most_the_limit_and_what_fills_meanwhile_is_granted(
    limits, requests, stretch_s
):
    state, now_s, grants = Quota.full(limits, 0.0), 0.0, []
    for after_s, tokens in requests:
        now_s += after_s
        outcome = reserve(state, now_s, tokens)
        if isinstance(outcome, Granted):
            state = settle(outcome.state, tokens, tokens)
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
                state = settle(taken, tokens, tokens)
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


def test_settling_exchanges_reserved_tokens_for_actual_ones():
    taken = granted(Quota.full(FREE, 0.0), 0.0, 1_000)
    settled = settle(taken, 1_000, 300, 100)
    assert levels(settled) == (29, 7_800, 999, 199_800)
    assert (settled.pending_requests, settled.pending_tokens) == (0, 0)
    assert settle(taken, 1_000, 1_500).minute_tokens.level == 6_500
    assert settle(taken, 1_000, 50, 80).minute_tokens.level == 8_000


def test_a_failed_request_gives_its_tokens_back_but_not_itself():
    settled = settle(granted(Quota.full(FREE, 0.0), 0.0, 1_000), 1_000, 0)
    assert levels(settled) == (29, 8_000, 999, 200_000)


def test_each_grant_is_settled_by_itself():
    state = granted(granted(Quota.full(FREE, 0.0), 0.0, 100), 0.0, 50)
    settled = settle(state, 100, 10)
    assert (settled.pending_requests, settled.pending_tokens) == (1, 50)
    over = settle(settle(settled, 50, 0), 50, 0)
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
            state = settle(outcome.state, tokens, actual, cached)
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
    assert observe(settle(state, 1_000, 0), 0.0, Seen(remaining_tokens=8_000)).minute_tokens.level == 7_500


def test_a_limit_that_the_provider_names_replaces_ours_and_keeps_what_is_missing():
    state = settle(granted(Quota.full(FREE, 0.0), 0.0, 1_000), 1_000, 1_000)
    larger = observe(state, 0.0, Seen(limit_tokens_per_minute=10_000, limit_requests_per_day=2_000))
    assert (larger.minute_tokens.capacity, larger.minute_tokens.level) == (10_000, 9_000)
    assert (larger.day_requests.capacity, larger.day_requests.level) == (2_000, 1_999)
    smaller = observe(state, 0.0, Seen(limit_tokens_per_minute=600))
    assert (smaller.minute_tokens.capacity, smaller.minute_tokens.level) == (600, 0)
    assert observe(state, 0.0, Seen(limit_tokens_per_minute=0)) == state


def test_a_limit_is_learned_where_there_was_none():
    state = observe(Quota.full(Limits(), 0.0), 0.0, Seen(limit_tokens_per_minute=8_000))
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
    assert spent(Quota.full(Limits(), 0.0), 0.0, "day") == (0, 0)


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
        levels(remember(Quota.full(Limits(), 0.0), "day", requests=1, tokens=5, age_s=1)) == (math.inf,) * 4
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


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("547ms", 0.547),
        ("7.66s", 7.66),
        ("2m59.56s", 179.56),
        ("1h2m3.4s", 3_723.4),
        ("1h53m56.832s", 6_836.832),
        ("1.5h", 5_400),
        (".5s", 0.5),
        ("1.s", 1),
        ("2us", 2e-6),
        ("2µs", 2e-6),
        ("2μs", 2e-6),
        ("3ns", 3e-9),
        ("1m1m", 120),
        ("0s", 0),
        ("0", 0),
        ("30", 30),
        ("2.5", 2.5),
        (" 7 ", 7),
    ],
)
def test_durations_are_read_in_the_grammar_of_go_or_as_seconds(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "s",
        ".",
        ".s",
        "5x",
        "1m 2s",
        "-5s",
        "+5s",
        "5S",
        "1e3",
        "inf",
        "nan",
        "٣s",
        "5s!",
        "!5s",
        "m5",
        "2m5",
        "9" * 400,
    ],
)
def test_other_texts_are_no_duration(text):
    with pytest.raises(ValueError, match=r"is no duration$"):
        parse_duration(text)


def test_a_refused_duration_is_named_as_far_as_40_characters():
    with pytest.raises(ValueError, match=r"^'" + "x" * 40 + r"' is no duration$"):
        parse_duration("x" * 41)


def in_go(nanoseconds):
    """As Go's `time.Duration.String` writes it."""
    if nanoseconds < 1_000_000_000:
        unit, size = next(
            (unit, size)
            for unit, size in (("ms", 10**6), ("µs", 10**3), ("ns", 1))
            if nanoseconds >= size or size == 1
        )
        whole = nanoseconds // size
        return f"{whole}{decimals(nanoseconds % size, size)}{unit}"
    seconds, rest = divmod(nanoseconds, 10**9)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return (
        (f"{hours}h" if hours else "")
        + (f"{minutes}m" if hours or minutes else "")
        + f"{seconds}{decimals(rest, 10**9)}s"
    )


def decimals(rest, size):
    return f".{rest:0{len(str(size)) - 1}d}".rstrip("0") if rest else ""


@given(st.integers(0, 10**15))
def test_what_go_writes_is_read_back(nanoseconds):
    assert parse_duration(in_go(nanoseconds)) == pytest.approx(nanoseconds / 10**9, rel=1e-9)


@given(st.text(max_size=12) | st.text("0123456789.hmsnuµ ", max_size=12))
def test_any_text_is_a_duration_or_refused(text):
    try:
        seconds = parse_duration(text)
    except ValueError:
        return
    assert 0 <= seconds < math.inf


def test_headers_are_read_as_the_provider_means_them():
    headers = {
        "x-ratelimit-limit-requests": "1000",
        "x-ratelimit-limit-tokens": "8000",
        "x-ratelimit-remaining-requests": "998",
        "x-ratelimit-remaining-tokens": "7927",
        "x-ratelimit-reset-requests": "2m52.8s",
        "x-ratelimit-reset-tokens": "547ms",
        "retry-after": "7",
    }
    assert read_headers(headers) == Seen(
        limit_requests_per_day=1_000,
        remaining_requests=998,
        reset_requests_s=172.8,
        limit_tokens_per_minute=8_000,
        remaining_tokens=7_927,
        reset_tokens_s=0.547,
        retry_after_s=7,
    )
    assert read_headers({}) == Seen()


@pytest.mark.parametrize("text", ["", "many", "-5", "1.5", " 7", "²", "٣", "9" * 400, "9" * 5_000])
def test_counts_that_cannot_be_read_count_as_not_said(text):
    assert read_headers({"x-ratelimit-remaining-tokens": text}) == Seen()


@pytest.mark.parametrize("text", ["", "soon", "-5", "Wed, 21 Oct 2026 07:28:00 GMT", "9" * 400])
def test_times_that_cannot_be_read_count_as_not_said(text):
    assert (
        read_headers(
            {"retry-after": text, "x-ratelimit-reset-tokens": text, "x-ratelimit-reset-requests": text}
        )
        == Seen()
    )


@given(
    limits,
    st.dictionaries(
        st.sampled_from(
            [
                "x-ratelimit-limit-requests",
                "x-ratelimit-remaining-tokens",
                "x-ratelimit-limit-tokens",
                "x-ratelimit-reset-tokens",
                "retry-after",
            ]
        ),
        st.text("0123456789.hms", max_size=30),
    ),
)
def test_no_header_breaks_the_quota(limits, headers):
    state = observe(Quota.full(limits, 0.0), 0.0, read_headers(headers))
    assert all(
        0 <= level <= getattr(state, name).capacity
        for name, level in zip(BUCKETS, levels(state), strict=True)
    )


def test_a_refusal_for_longer_than_a_stage_may_wait_counts_as_the_days():
    state = Quota.full(Limits(tokens_per_minute=8000), 0.0)
    assert reserve(observe(state, 0.0, Seen(retry_after_s=LONGEST_REFUSAL_S)), 0.0, 10) == Wait(
        LONGEST_REFUSAL_S + 0.001
    )
    assert reserve(observe(state, 0.0, Seen(retry_after_s=900.0)), 0.0, 10) == DayUsedUp(900.0)
