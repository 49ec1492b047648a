"""What holds of every survey of cells, whatever was asked and answered."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.diversity import (
    BANDS,
    DRY,
    DRY_TIMES,
    Cell,
    Survey,
    Yield,
    shares,
)
from flows.knowledge import Category
from tests.flows.core.diversity.diversity_words import ANIMALS, WORDS


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
