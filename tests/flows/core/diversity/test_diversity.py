"""Cells, their yields, and which are asked next."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.diversity import (
    BANDS,
    DRY_TIMES,
    LETTERS,
    REQUEST_WORDS,
    SHOWN,
    SMALLEST,
    Cell,
    Survey,
    Yield,
    shares,
    words_left,
)
from flows.knowledge import Category
from tests.flows.core.diversity.diversity_words import ANIMALS, WORDS

cells = st.builds(
    Cell, st.sampled_from(Category), st.sampled_from(sorted(BANDS)), st.sampled_from(["", *LETTERS])
)


@given(cells)
def test_a_label_names_its_cell(cell):
    assert Cell.read(cell.label) == cell


@pytest.mark.parametrize(
    "text",
    [
        "",
        "animal",
        "animal, often",
        "beast, rare",
        "animal, rare, first letter q",
        "animal, rare, a to d, more",
    ],
)
def test_what_is_no_label_is_no_cell(text):
    assert Cell.read(text) is None


def test_a_label_reads_as_people_would_say_it():
    assert ANIMALS.label == "animal, rare"
    assert ANIMALS.parts[0].label == "animal, rare, first letter a to d"


def test_bands_follow_each_other_from_the_commonest_word():
    ranges = list(BANDS.values())
    assert ranges[0].start == 1
    assert all(one.stop == other.start for one, other in pairwise(ranges))
    assert Cell.of(Category.ANIMAL, 1).band == "common"
    assert Cell.of(Category.ANIMAL, ranges[1].start).band == "uncommon"
    assert Cell.of(Category.ANIMAL, ranges[-1].stop) is None


def test_a_cell_is_split_once():
    assert len(ANIMALS.parts) == len(LETTERS)
    assert all(part.parts == () for part in ANIMALS.parts)


def test_small_cells_are_not_opened():
    other = Cell(Category.ACT, "rare")
    assert Survey.over({ANIMALS: SMALLEST, other: SMALLEST - 1}).open == {ANIMALS}


def test_a_cell_is_split_after_two_dry_answers_in_a_row():
    survey = Survey.over({ANIMALS: 1000}).observe(ANIMALS, WORDS, unseen=19)
    assert survey.open == {ANIMALS}
    assert survey.observe(ANIMALS, WORDS, unseen=19).open == set(ANIMALS.parts)
    assert survey.observe(ANIMALS, WORDS, unseen=20).open == {ANIMALS}
    assert survey.observe(ANIMALS, WORDS, unseen=20).observe(ANIMALS, WORDS, unseen=0).open == {ANIMALS}


def test_a_cell_with_hardly_a_new_word_is_retired_unsplit():
    survey = Survey.over({ANIMALS: 1000})
    for _ in range(DRY_TIMES):
        survey = survey.observe(ANIMALS, WORDS, unseen=4)
    assert survey.open == set()
    assert survey.choose(3, random.Random(1)) == ()


def test_a_dry_part_is_retired():
    part = ANIMALS.parts[0]
    survey = Survey(frozenset({part}))
    for _ in range(DRY_TIMES):
        survey = survey.observe(part, WORDS, unseen=10)
    assert survey.open == set()


def test_an_answer_without_words_counts_as_dry():
    assert Yield().after([], 0).dry == 1


def test_older_answers_count_less():
    seen = Yield().after(WORDS, 100).after(WORDS, 0)
    assert (seen.words, seen.unseen) == (150, 50)


def test_words_listed_most_often_are_shown_first_then_the_latest_and_to_parts_too():
    survey = (
        Survey.over({ANIMALS: 1000})
        .observe(ANIMALS, ["cat", "dog", "emu"], unseen=3)
        .observe(ANIMALS, ["dog", "fox"], unseen=1)
    )
    assert survey.unwanted(ANIMALS) == ("dog", "fox", "emu", "cat")
    assert survey.unwanted(ANIMALS.parts[0]) == ("dog", "fox", "emu", "cat")
    assert survey.unwanted(Cell(Category.ACT, "rare")) == ()
    assert len(survey.observe(ANIMALS, [f"w{n}" for n in range(500)], unseen=500).unwanted(ANIMALS)) == SHOWN


@given(st.integers(1, 30), st.integers(0, 1000))
def test_the_chosen_cells_are_open_and_different(count, seed):
    survey = Survey.over({Cell(c, "rare"): 500 for c in list(Category)[:12]})
    chosen = survey.choose(count, random.Random(seed))
    assert len(chosen) == len(set(chosen)) == min(count, 12)
    assert set(chosen) <= survey.open


def test_cells_that_give_more_are_chosen_more_often():
    rich, poor = Cell(Category.ANIMAL, "rare"), Cell(Category.ACT, "rare")
    survey = (
        Survey.over({rich: 500, poor: 500}).observe(rich, WORDS, unseen=90).observe(poor, WORDS, unseen=30)
    )
    firsts = [survey.choose(1, random.Random(seed))[0] for seed in range(100)]
    assert firsts.count(rich) > 90


def test_some_requests_go_to_cells_never_asked():
    asked = [Cell(c, "common") for c in list(Category)[:20]]
    new = {Cell(c, "rare") for c in list(Category)[:20]}
    survey = Survey.over(dict.fromkeys([*asked, *new], 500))
    for cell in asked:
        survey = survey.observe(cell, WORDS, unseen=100)
    for cell in list(new)[:10]:
        survey = survey.observe(cell, WORDS, unseen=21)
    for seed in range(20):
        assert sum(cell not in survey.yields for cell in survey.choose(10, random.Random(seed))) >= 2


@given(st.integers(1, 5000), st.integers(1, 100))
def test_shares_add_up_and_none_is_too_large(wanted, size):
    found = shares(wanted, size)
    assert sum(found) == wanted
    assert max(found) <= size
    assert max(found) - min(found) <= 1


def test_nothing_wanted_is_no_request():
    assert shares(0) == ()
    assert shares(1000) == (REQUEST_WORDS,) * 10


@pytest.mark.parametrize(
    ("sightings", "left"),
    [
        ([], 0),
        ([1], 0),
        ([1, 1], 1),
        ([1] * 10 + [2] * 4, 9),
        ([1] * 10 + [2] * 4 + [3] * 99, 9),
        ([2, 3], 0),
    ],
)
def test_words_left_is_chaos_lower_bound(sightings, left):
    assert words_left(sightings) == left


def test_words_left_of_a_uniform_model_is_near_the_truth():
    chance = random.Random(5)
    seen = [0] * 2000
    for _ in range(3000):
        seen[chance.randrange(2000)] += 1
    unseen = seen.count(0)
    assert words_left(n for n in seen if n) == pytest.approx(unseen, rel=0.2)
