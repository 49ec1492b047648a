"""Cells, their yields, and which are asked next."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.diversity import (
    BANDS,
    DRY,
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

cells = st.builds(
    Cell, st.sampled_from(Category), st.sampled_from(sorted(BANDS)), st.sampled_from(["", *LETTERS])
)
ANIMALS = Cell(Category.ANIMAL, "rare")
WORDS = [f"word {n}" for n in range(100)]


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


@pytest.mark.parametrize(
    ("rank", "band"),
    [
        (1, "common"),
        (6_000, "common"),
        (6_001, "uncommon"),
        (15_001, "rare"),
        (30_000, "rare"),
        (30_001, "very rare"),
        (60_000, "very rare"),
    ],
)
def test_a_lemma_belongs_to_the_band_of_its_rank(rank, band):
    assert Cell.of(Category.FOOD, rank) == Cell(Category.FOOD, band)


def test_at_first_every_cell_is_open():
    assert Survey().open == {Cell(category, band) for category in Category for band in BANDS}
    assert Survey().yields == {}


def test_an_answer_counts_and_earlier_ones_count_half():
    first = Yield().after(["a", "b", "b", "c"], 2)
    assert (first.words, first.unseen, first.dry, first.is_dry_for_good) == (4, 2, 0, False)
    assert first.listed == {"a": 1, "b": 2, "c": 1}
    second = first.after(["c", "d"], 1)
    assert (second.words, second.unseen) == (4, 2)
    assert second.listed == {"a": 1, "b": 2, "c": 2, "d": 1}
    assert first.listed == {"a": 1, "b": 2, "c": 1}


@pytest.mark.parametrize(
    ("unseen", "dry", "is_dry_for_good"),
    [(20, 0, False), (19, 1, False), (5, 1, False), (4, 1, True), (0, 1, True)],
)
def test_an_answer_with_few_unseen_words_is_dry(unseen, dry, is_dry_for_good):
    seen = Yield().after(WORDS, unseen)
    assert (seen.dry, seen.is_dry_for_good) == (dry, is_dry_for_good)


def test_an_empty_answer_is_dry_and_a_good_one_ends_the_row():
    seen = Yield().after([], 0)
    assert (seen.dry, seen.is_dry_for_good) == (1, True)
    assert seen.after([], 0).dry == 2
    assert seen.after(WORDS[:10], 9).dry == 0
    assert not seen.after(WORDS[:10], 9).is_dry_for_good


def test_an_observation_changes_no_earlier_survey():
    before = Survey(frozenset({ANIMALS}))
    before.observe(ANIMALS, WORDS[:10], unseen=9)
    assert before == Survey(frozenset({ANIMALS}))


def test_of_cells_that_give_alike_each_is_asked_at_times():
    state = Survey(frozenset({ANIMALS, Cell(Category.PLANT, "rare")}))
    for cell in sorted(state.open):
        state = state.observe(cell, WORDS[:20], unseen=10)
    chosen = [state.choose(1, random.Random(seed))[0] for seed in range(200)]
    assert 40 < chosen.count(ANIMALS) < 160


def test_a_few_new_cells_are_explored_beside_the_good_ones():
    good = [Cell(category, "rare") for category in list(Category)[:20]]
    state = Survey(frozenset([*good, *(Cell(category, "common") for category in list(Category)[:20])]))
    for cell in good:
        state = state.observe(cell, WORDS, unseen=95)
    for seed in range(20):
        chance = random.Random(seed)
        assert [cell in good for cell in state.choose(10, chance)] == [False] * 2 + [True] * 8
        assert [cell in good for cell in state.choose(20, chance)] == [False] * 3 + [True] * 17
        assert [cell in good for cell in state.choose(3, chance)] == [False] + [True] * 2
        assert [cell in good for cell in state.choose(1, chance)] == [False]
        assert state.choose(0, chance) == ()


def test_a_new_cell_is_believed_to_give_what_its_band_gives():
    rich, poor = Cell(Category.FOOD, "rare"), Cell(Category.FOOD, "common")
    others = {
        band: [Cell(category, band) for category in Category if category is not Category.FOOD][:8]
        for band in ("rare", "common")
    }
    state = Survey(frozenset({rich, poor, *others["rare"], *others["common"]}))
    for _ in range(2):
        for cell in others["rare"]:
            state = state.observe(cell, WORDS, unseen=90)
        for cell in others["common"]:
            state = state.observe(cell, WORDS, unseen=30)
    chosen = [cell for seed in range(60) for cell in state.choose(8, random.Random(seed))[1:]]
    assert chosen.count(rich) > 5 * max(1, chosen.count(poor))


@given(
    st.integers(0, 12),
    st.integers(0, 2**32),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 100)), max_size=30),
)
def test_different_open_cells_are_chosen_as_many_as_there_are(count, seed, answers):
    state = Survey(frozenset(sorted(Survey().open)[:10]))
    for at, unseen in answers:
        state = state.observe(sorted(Survey().open)[at], WORDS, unseen=unseen)
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
        state = state.observe(cell, WORDS, unseen=unseen)
        assert state.open - before in (frozenset(), frozenset(cell.parts))
        assert before - state.open in (frozenset(), frozenset({cell}))
        seen = state.yields[cell]
        assert 0 <= seen.unseen <= seen.words < 200
        assert cell not in state.open or seen.dry < DRY_TIMES or unseen >= 100 * DRY


def test_a_part_does_not_want_the_words_of_its_whole():
    part = ANIMALS.parts[0]
    state = (
        Survey(frozenset({ANIMALS}))
        .observe(ANIMALS, ["ant", "bee"], unseen=2)
        .observe(part, ["cat", "ant"], unseen=1)
    )
    assert set(state.unwanted(part)) == {"ant", "bee", "cat"}
    assert set(state.unwanted(ANIMALS)) == {"ant", "bee"}


@pytest.mark.parametrize(
    ("wanted", "size", "requests"),
    [
        (250, 100, (84, 83, 83)),
        (200, 100, (100, 100)),
        (201, 100, (67, 67, 67)),
        (1, 100, (1,)),
        (0, 100, ()),
        (-3, 100, ()),
        (5, 2, (2, 2, 1)),
    ],
)
def test_words_are_shared_evenly_among_requests(wanted, size, requests):
    assert shares(wanted, size) == requests
