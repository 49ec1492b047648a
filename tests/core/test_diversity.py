"""Where a language model is asked for new words, and when a kind of words is dry."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.diversity import BANDS, DRY, DRY_TIMES, LETTERS, SHOWN, SMALLEST, Cell, Survey, Yield, shares, words_left
from flows.knowledge import Category

ANIMALS = Cell(Category.ANIMAL, "rare")
PLANTS = Cell(Category.PLANT, "common")
cells = st.builds(Cell, st.sampled_from(Category), st.sampled_from(list(BANDS)), st.sampled_from(["", *LETTERS]))


def words(count):
    return [f"word {n}" for n in range(count)]


def survey(*open_cells):
    return Survey(frozenset(open_cells))


def test_a_cell_is_named_for_people_and_for_the_model():
    assert ANIMALS.label == "animal, rare"
    assert Cell(Category.ANIMAL, "very rare", "a to d").label == "animal, very rare, first letter a to d"


@given(cells)
def test_a_label_is_read_back(cell):
    assert Cell.read(cell.label) == cell


@pytest.mark.parametrize(
    "label", ["", "animal", "beast, rare", "animal, often", "animal, rare, first letter a to z", "animal, rare, q", "rare, animal"]
)
def test_other_texts_are_no_label(label):
    assert Cell.read(label) is None


@pytest.mark.parametrize(
    ("rank", "band"),
    [(1, "common"), (6_000, "common"), (6_001, "uncommon"), (15_001, "rare"), (30_000, "rare"), (30_001, "very rare"), (60_000, "very rare")],
)
def test_a_lemma_belongs_to_the_band_of_its_rank(rank, band):
    assert Cell.of(Category.FOOD, rank) == Cell(Category.FOOD, band)


@pytest.mark.parametrize("rank", [0, -1, 60_001])
def test_the_rarest_lemmas_belong_to_no_cell(rank):
    assert Cell.of(Category.FOOD, rank) is None


def test_a_cell_has_parts_by_first_letter_and_a_part_has_none():
    assert ANIMALS.parts == tuple(Cell(Category.ANIMAL, "rare", letters) for letters in LETTERS)
    assert ANIMALS.parts[0].parts == ()


def test_at_first_every_cell_is_open():
    assert Survey().open == {Cell(category, band) for category in Category for band in BANDS}
    assert Survey().yields == {}


def test_small_cells_are_not_worth_a_request():
    assert Survey.over({ANIMALS: SMALLEST, PLANTS: SMALLEST - 1}).open == {ANIMALS}


def test_an_answer_counts_and_earlier_ones_count_half():
    first = Yield().after(["a", "b", "b", "c"], 2)
    assert (first.words, first.unseen, first.dry, first.is_dry_for_good) == (4, 2, 0, False)
    assert first.listed == {"a": 1, "b": 2, "c": 1}
    second = first.after(["c", "d"], 1)
    assert (second.words, second.unseen) == (4, 2)
    assert second.listed == {"a": 1, "b": 2, "c": 2, "d": 1}
    assert first.listed == {"a": 1, "b": 2, "c": 1}


@pytest.mark.parametrize(("unseen", "dry", "is_dry_for_good"), [(20, 0, False), (19, 1, False), (5, 1, False), (4, 1, True), (0, 1, True)])
def test_an_answer_with_few_unseen_words_is_dry(unseen, dry, is_dry_for_good):
    seen = Yield().after(words(100), unseen)
    assert (seen.dry, seen.is_dry_for_good) == (dry, is_dry_for_good)


def test_an_empty_answer_is_dry_and_a_good_one_ends_the_row():
    seen = Yield().after([], 0)
    assert (seen.dry, seen.is_dry_for_good) == (1, True)
    assert seen.after([], 0).dry == 2
    assert seen.after(words(10), 9).dry == 0
    assert not seen.after(words(10), 9).is_dry_for_good


def test_a_cell_that_is_dry_twice_is_split():
    once = survey(ANIMALS, PLANTS).observe(ANIMALS, words(100), unseen=10)
    assert once.open == {ANIMALS, PLANTS}
    twice = once.observe(ANIMALS, words(100), unseen=10)
    assert twice.open == {PLANTS, *ANIMALS.parts}
    assert twice.yields.keys() == {ANIMALS}
    assert twice.observe(ANIMALS, words(100), unseen=10).open == twice.open


def test_a_cell_that_is_dry_for_good_and_a_dry_part_are_closed():
    closed = survey(ANIMALS, PLANTS).observe(ANIMALS, words(100), unseen=10).observe(ANIMALS, words(100), unseen=0)
    assert closed.open == {PLANTS}
    part = ANIMALS.parts[1]
    assert survey(part, PLANTS).observe(part, words(100), unseen=10).observe(part, words(100), unseen=10).open == {PLANTS}


def test_a_good_answer_between_dry_ones_keeps_a_cell_open():
    state = survey(ANIMALS)
    for unseen in (0, 50, 0, 50, 0):
        state = state.observe(ANIMALS, words(100), unseen=unseen)
    assert state.open == {ANIMALS}


def test_an_observation_changes_no_earlier_survey():
    before = survey(ANIMALS)
    before.observe(ANIMALS, words(10), unseen=9)
    assert before == survey(ANIMALS)


def test_a_cell_that_gives_more_is_asked_more_often():
    state = survey(ANIMALS, PLANTS)
    for _ in range(3):
        state = state.observe(ANIMALS, words(100), unseen=90).observe(PLANTS, words(100), unseen=25)
    chosen = [state.choose(1, random.Random(seed))[0] for seed in range(200)]
    assert chosen.count(ANIMALS) > 190


def test_of_cells_that_give_alike_each_is_asked_at_times():
    state = survey(ANIMALS, Cell(Category.PLANT, "rare"))
    for cell in sorted(state.open):
        state = state.observe(cell, words(20), unseen=10)
    chosen = [state.choose(1, random.Random(seed))[0] for seed in range(200)]
    assert 40 < chosen.count(ANIMALS) < 160


def test_new_cells_are_explored_beside_the_good_ones():
    state = Survey()
    good = sorted(state.open)[:20]
    for cell in good:
        state = state.observe(cell, words(100), unseen=95)
    for seed in range(20):
        chosen = state.choose(10, random.Random(seed))
        assert sum(cell not in state.yields for cell in chosen) >= 2
        assert sum(cell not in state.yields for cell in chosen[:2]) == 2
        assert len(state.choose(1, random.Random(seed))) == 1
        assert state.choose(1, random.Random(seed))[0] not in state.yields


def test_a_new_cell_is_believed_to_give_what_its_band_gives():
    rich, poor = Cell(Category.FOOD, "rare"), Cell(Category.FOOD, "common")
    others = {band: [Cell(category, band) for category in Category if category is not Category.FOOD][:8] for band in ("rare", "common")}
    state = survey(rich, poor, *others["rare"], *others["common"])
    for _ in range(2):
        for cell in others["rare"]:
            state = state.observe(cell, words(100), unseen=90)
        for cell in others["common"]:
            state = state.observe(cell, words(100), unseen=30)
    chosen = [cell for seed in range(60) for cell in state.choose(8, random.Random(seed))[1:]]
    assert chosen.count(rich) > 5 * max(1, chosen.count(poor))


@given(st.integers(0, 12), st.integers(0, 2**32), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 100)), max_size=30))
def test_different_open_cells_are_chosen_as_many_as_there_are(count, seed, answers):
    state = Survey(frozenset(sorted(Survey().open)[:10]))
    for at, unseen in answers:
        state = state.observe(sorted(Survey().open)[at], words(100), unseen=unseen)
    chosen = state.choose(count, random.Random(seed))
    assert chosen == state.choose(count, random.Random(seed))
    assert len(set(chosen)) == len(chosen) == min(count, len(state.open))
    assert set(chosen) <= state.open


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100)), max_size=40))
def test_a_survey_only_ever_splits_or_closes_cells(answers):
    start = sorted(Survey().open)[:4]
    state = Survey(frozenset(start))
    for at, unseen in answers:
        before, cell = state.open, start[at]
        state = state.observe(cell, words(100), unseen=unseen)
        assert state.open - before in (frozenset(), frozenset(cell.parts))
        assert before - state.open in (frozenset(), frozenset({cell}))
        seen = state.yields[cell]
        assert 0 <= seen.unseen <= seen.words < 200
        assert cell not in state.open or seen.dry < DRY_TIMES or unseen >= 100 * DRY


def test_words_listed_most_often_and_then_the_latest_are_unwanted():
    state = survey(ANIMALS).observe(ANIMALS, ["a", "b", "c"], unseen=3).observe(ANIMALS, ["b", "d"], unseen=1)
    assert state.unwanted(ANIMALS) == ("b", "d", "c", "a")
    assert state.unwanted(PLANTS) == ()
    assert len(state.observe(ANIMALS, words(SHOWN + 9), unseen=9).unwanted(ANIMALS)) == SHOWN


def test_a_part_does_not_want_the_words_of_its_whole():
    part = ANIMALS.parts[0]
    state = survey(ANIMALS).observe(ANIMALS, ["ant", "bee"], unseen=2).observe(part, ["cat", "ant"], unseen=1)
    assert set(state.unwanted(part)) == {"ant", "bee", "cat"}
    assert set(state.unwanted(ANIMALS)) == {"ant", "bee"}


@pytest.mark.parametrize(
    ("wanted", "size", "requests"),
    [(250, 100, (84, 83, 83)), (200, 100, (100, 100)), (201, 100, (67, 67, 67)), (1, 100, (1,)), (0, 100, ()), (-3, 100, ()), (5, 2, (2, 2, 1))],
)
def test_words_are_shared_evenly_among_requests(wanted, size, requests):
    assert shares(wanted, size) == requests


def test_a_request_is_for_a_hundred_words_unless_told():
    assert shares(100) == (100,)
    assert shares(101) == (51, 50)


@given(st.integers(0, 2_000), st.integers(1, 150))
def test_shares_add_up_and_none_is_too_large(wanted, size):
    requests = shares(wanted, size)
    assert sum(requests) == wanted
    assert all(0 < request <= size for request in requests)
    assert not requests or max(requests) - min(requests) <= 1


@pytest.mark.parametrize(
    ("sightings", "left"),
    [([], 0), ([1], 0), ([1, 1], 1), ([1] * 10, 45), ([1] * 10 + [2] * 4, 9), ([2, 2, 3], 0), ([1, 1, 1, 2], 1), ([1] * 6 + [2] + [3] * 9, 7)],
)
def test_words_left_are_guessed_from_those_that_came_once_and_twice(sightings, left):
    assert words_left(sightings) == left
