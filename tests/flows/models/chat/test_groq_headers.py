"""What Groq's headers say of a quota."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.quota import Quota, Seen, observe
from flows.models.chat.headers import parse_duration, read_headers
from tests.flows.core.quota.quota_parts import BUCKETS, levels, limits


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
    with pytest.raises(ValueError, match=r"is not a duration$"):
        parse_duration(text)


def test_a_refused_duration_is_named_as_far_as_40_characters():
    with pytest.raises(ValueError, match=r"^'" + "x" * 40 + r"' is not a duration$"):
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


@pytest.mark.parametrize("text", ["", "soon", "-5", "Wed, 21 Oct 2015 07:28:00 GMT", "9" * 400])
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
