"""How far a job is, and how durations and counts are said."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.progress import format_count, format_duration, percent

seconds = st.floats(0, allow_nan=False, allow_infinity=False)
counts = st.integers(0, 10**6)
targets = st.none() | st.integers(1, 10**6)


@pytest.mark.parametrize(
    ("active_s", "stored", "max_entries", "shown"),
    [
        (0, 0, None, 0),
        (300, 0, None, 50),
        (300, 0, 100, 50),
        (60, 25, 100, 25),
        (7.2, 0, None, 1),
        (7.1, 0, None, 1),
        (5.9, 0, None, 0),
        (299.9, 0, None, 49),
        (599.9, 0, None, 99),
        (600, 0, None, 99),
        (9000, 0, None, 99),
        (0, 100, 100, 99),
        (0, 1, 3, 33),
        (-5, 0, None, 0),
        (60, 50, None, 10),
    ],
)
def test_percent_is_the_larger_share_of_time_and_of_entries(active_s, stored, max_entries, shown):
    assert percent(active_s, 600, stored, max_entries, is_final=False) == shown


def test_percent_is_100_when_the_job_has_ended():
    assert percent(1, 600, 0, None, is_final=True) == 100


def test_percent_without_any_time_is_as_far_as_it_gets():
    assert percent(0, 0, 0, None, is_final=False) == 99
    assert percent(0, 0.5, 0, None, is_final=False) == 0


@given(seconds, seconds, counts, targets, st.booleans())
def test_percent_is_whole_bounded_and_100_only_at_the_end(active_s, limit_s, stored, max_entries, is_final):
    shown = percent(active_s, limit_s, stored, max_entries, is_final=is_final)
    assert isinstance(shown, int)
    assert 0 <= shown <= 100
    assert (shown == 100) == is_final


@given(st.tuples(seconds, seconds).map(sorted), st.tuples(counts, counts).map(sorted), seconds, targets)
def test_percent_never_falls_while_a_job_works(times, stored, limit_s, max_entries):
    before = percent(times[0], limit_s, stored[0], max_entries, is_final=False)
    assert before <= percent(times[1], limit_s, stored[1], max_entries, is_final=False)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (0.04, "0 s"),
        (0.4, "0.4 s"),
        (9.9, "9.9 s"),
        (9.96, "10 s"),
        (10.0, "10 s"),
        (10.4, "10 s"),
        (45.4, "45 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (570, "9 min 30 s"),
        (3599.7, "1 h"),
        (3900, "1 h 5 min"),
        (7200, "2 h"),
        (4_000_000, "1,111 h 6 min"),
    ],
)
def test_durations_are_said_in_their_two_largest_units(value, shown):
    assert format_duration(value) == shown


@given(st.floats(0, 10**7))
def test_a_duration_is_said_to_the_second_below_an_hour_and_to_the_minute_above(value):
    units_s = {"h": 3600, "min": 60, "s": 1}
    parts = format_duration(value).replace(",", "").split()
    said_s = sum(float(number) * units_s[unit] for number, unit in zip(parts[::2], parts[1::2], strict=True))
    off_s = 0.051 if value < 9.9 else 0.51 if value < 3599 else 60
    assert math.isclose(said_s, value, abs_tol=off_s, rel_tol=0)
    assert len(parts) <= 4


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ((1234,), "1,234"),
        ((1, "word"), "1 word"),
        ((0, "word"), "0 words"),
        ((2000, "word"), "2,000 words"),
        ((2, "entry", "entries"), "2 entries"),
        ((1, "entry", "entries"), "1 entry"),
    ],
)
def test_counts_are_said_with_their_noun(arguments, shown):
    assert format_count(*arguments) == shown
