"""How many tokens an answer is given."""

from hypothesis import given
from hypothesis import strategies as st

from flows.core.room import REASONING, Room


def test_room_follows_what_answers_needed():
    room = Room(60, 8)
    for _ in range(50):
        room = room.seen(20, 20 * 30)
    assert 20 * 30 <= room.tokens(20) < 20 * 31 + REASONING


def test_room_grows_with_the_spread_of_the_answers():
    steady, uneven = Room(40, 5), Room(40, 5)
    for n in range(60):
        steady = steady.seen(20, 20 * 40)
        uneven = uneven.seen(20, 20 * (20 if n % 2 else 60))
    assert uneven.tokens(20) > 1.5 * steady.tokens(20)


def test_an_answer_that_fell_short_makes_the_next_room_larger():
    assert Room(40, 5).fell_short().tokens(20) >= 1.15 * Room(40, 5).tokens(20)


def test_answers_about_few_words_teach_nothing():
    assert Room(40, 5).seen(4, 4_000) == Room(40, 5)


@given(st.lists(st.tuples(st.integers(5, 50), st.integers(0, 20_000)), max_size=30), st.integers(1, 50))
def test_room_is_never_less_than_reasoning_takes(answers, words):
    room = Room(60, 8)
    for count, tokens in answers:
        room = room.seen(count, tokens)
    assert room.tokens(words) >= REASONING
    assert room.tokens(words, 2.0) >= 2 * room.tokens(words) - 1
