"""How many words go into one batch."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.budget import RECENT_MARKS, Mark, batch_size, batches_at_once, words_per_s


@pytest.mark.parametrize(
    ("pace", "least", "most", "size"),
    [
        (None, 20, 200, 20),  # nothing is measured yet
        (0.0, 20, 200, 20),
        (4.0, 20, 200, 20),  # a model behind a quota
        (29.0, 20, 200, 20),
        (31.0, 20, 200, 40),  # to the nearest whole call
        (60.0, 20, 200, 60),
        (104.0, 20, 200, 100),
        (200.0, 20, 200, 200),
        (5000.0, 20, 200, 200),  # at most a round
        (5000.0, 20, 1000, 1000),
        (90.0, 20, 50, 50),  # a round need not be whole calls
        (90.0, 20, 5, 20),  # a round smaller than a batch leaves the batch alone
        (3.0, 1, 200, 3),
        (math.inf, 20, 200, 20),
        (math.nan, 20, 200, 20),
        (-5.0, 20, 200, 20),
    ],
)
def test_a_batch_is_worth_a_second_of_work(pace, least, most, size):
    assert batch_size(pace, least=least, most=most) == size


@pytest.mark.parametrize(
    ("marks", "pace"),
    [
        ([], None),
        ([(0.0, 0)], None),
        ([(0.0, 0), (0.1, 20)], None),
        ([(0.0, 0), (1.0, 20)], 20.0),
        ([(5.0, 100), (7.0, 300)], 100.0),
        ([(3.0, 10), (3.0, 30)], None),  # two batches that end at one moment
        # an old slow stretch is forgotten
        ([(0.0, 0), *((100.0 + n, 20 * n) for n in range(RECENT_MARKS))], 20.0),
    ],
)
def test_the_pace_is_that_of_the_latest_batches(marks, pace):
    assert words_per_s([Mark(*mark) for mark in marks]) == pace


@pytest.mark.parametrize(
    ("size", "least", "at_once", "batches"),
    [
        (20, 20, 4, 4),
        (40, 20, 4, 2),
        (60, 20, 4, 2),
        (80, 20, 4, 1),
        (200, 20, 4, 1),
        (20, 20, 12, 12),
        (5, 20, 4, 4),
    ],
)
def test_larger_batches_are_fewer(size, least, at_once, batches):
    assert batches_at_once(size, least=least, at_once=at_once) == batches


@given(
    pace=st.none() | st.floats(allow_nan=True),
    least=st.integers(1, 50),
    most=st.integers(1, 1000),
    at_once=st.integers(1, 32),
)
def test_it_is_within_its_bounds_and_keeps_all_hands_busy(pace, least, most, at_once):
    size = batch_size(pace, least=least, most=most)
    assert least <= size <= max(least, most)
    batches = batches_at_once(size, least=least, at_once=at_once)
    assert 1 <= batches <= at_once
    assert batches * size >= at_once * least
