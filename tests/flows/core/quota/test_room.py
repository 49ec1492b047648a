"""How many tokens an answer is given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.quota.room import LEAST_WORDS, REASONING, Room

rooms = st.builds(Room, st.floats(1, 500), st.floats(0, 100))


def test_room_is_for_reasoning_and_for_each_word_with_three_deviations():
    assert Room(40.0, 5.0).tokens(10) == REASONING + 550
    assert Room(40.0, 5.0).tokens(10, 1.5) == 1_155
    assert Room(0.1, 0.0).tokens(1) == REASONING + 1


def test_an_answer_moves_mean_and_deviation_a_fifth_of_the_way():
    assert Room(40.0, 5.0).seen(10, 500) == Room(42.0, 6.0)
    assert Room(40.0, 5.0).seen(10, 300) == Room(38.0, 6.0)
    assert Room(40.0, 5.0).seen(10, 400) == Room(40.0, 4.0)


def test_answers_about_few_words_tell_nothing():
    room = Room(40.0, 5.0)
    assert room.seen(LEAST_WORDS - 1, 9_000) == room
    assert room.seen(LEAST_WORDS, 9_000) != room


def test_an_answer_that_did_not_fit_adds_a_tenth_of_the_mean_to_the_deviation():
    assert Room(40.0, 5.0).fell_short() == Room(40.0, 9.0)


def test_room_grows_with_the_spread_of_the_answers():
    steady, uneven = Room(40, 5), Room(40, 5)
    for n in range(60):
        steady = steady.seen(20, 20 * 40)
        uneven = uneven.seen(20, 20 * (20 if n % 2 else 60))
    assert uneven.tokens(20) > 1.5 * steady.tokens(20)


def test_an_answer_that_fell_short_makes_the_next_room_larger():
    assert Room(40, 5).fell_short().tokens(20) >= 1.15 * Room(40, 5).tokens(20)


@given(st.lists(st.tuples(st.integers(5, 50), st.integers(0, 20_000)), max_size=30), st.integers(1, 50))
def test_room_is_never_less_than_reasoning_takes(answers, words):
    room = Room(60, 8)
    for count, tokens in answers:
        room = room.seen(count, tokens)
    assert room.tokens(words) >= REASONING
    assert room.tokens(words, 2.0) >= 2 * room.tokens(words) - 1


@given(rooms, st.integers(LEAST_WORDS, 40), st.floats(1, 400))
def test_room_settles_a_little_over_what_answers_of_one_length_need(room, words, a_word):
    for _ in range(80):
        room = room.seen(words, round(a_word * words))
    needed = round(a_word * words)
    assert needed <= room.tokens(words) - REASONING + 1 <= needed + 12 * words


@given(rooms, st.integers(1, 40), st.integers(0, 20_000))
def test_room_is_whole_and_never_less_than_for_reasoning(room, words, tokens):
    after = room.seen(words, tokens)
    assert after.deviation >= 0
    assert isinstance(after.tokens(words), int)
    assert after.tokens(words) >= REASONING
    assert after.fell_short().tokens(words) >= after.tokens(words)


@pytest.mark.parametrize("words", [1, 5, 20])
def test_more_words_get_more_room(words):
    assert Room(40.0, 5.0).tokens(words + 1) - Room(40.0, 5.0).tokens(words) == 55
