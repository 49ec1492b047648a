from __future__ import annotations

import random
from collections import Counter
from itertools import islice

import pytest

from flows.core import diversity
from flows.knowledge import Category
from flows.lexicon.neighbourhood import neighbourhood
from flows.lexicon.reader import Lemma, Lexicon
from tests.world.writing.proposing import LEMMAS, Cell, Draw, Proposer, by_category, read_cell


@pytest.fixture(scope="module")
def lexicon():
    with Lexicon() as opened:
        yield opened


@pytest.fixture(scope="module")
def categories(lexicon):
    """Rank and category by word."""
    return {
        lemma.text: (lemma.rank, category)
        for category, lemmas in by_category(lexicon).items()
        if category
        for lemma in lemmas
    }


def test_draws_follow_zipf(lexicon):
    chance = random.Random(1)
    draw = Draw([Lemma(rank, str(rank), str(rank)) for rank in range(1, LEMMAS + 1)])
    counts = Counter(draw.lemma(chance).rank for _ in range(40_000))
    assert counts[1] / counts[2] == pytest.approx(2**1.1, rel=0.15)
    assert counts[1] / counts[10] == pytest.approx(10**1.1, rel=0.25)


def test_a_model_repeats_itself_from_answer_to_answer_but_not_within_one(lexicon):
    proposer = Proposer(lexicon, seed=1)
    answers = [proposer.propose(100) for _ in range(10)]
    assert all(len(set(answer)) == 100 for answer in answers)
    assert len({word for answer in answers for word in answer}) < 700


def test_plain_draws_repeat_within_an_answer_too(lexicon):
    words = Proposer(lexicon, seed=1, distinct=False).propose(200)
    assert len(words) == 200
    assert len(set(words)) < 150


def test_a_cell_is_obeyed_as_often_as_it_says(lexicon, categories):
    words = Proposer(lexicon, seed=2).propose(200, ["animal, 2000-20000"])
    inside = sum(categories[word][1] == "animal" and 2000 <= categories[word][0] <= 20_000 for word in words)
    assert 0.6 < inside / len(words) < 0.8
    obedient = Proposer(lexicon, seed=2, obedience=1.0).propose(
        100, [{"category": "plant", "band": [1, 30_000]}]
    )
    assert {categories[word][1] for word in obedient} == {"plant"}


def test_words_are_spread_evenly_over_cells(lexicon, categories):
    words = Proposer(lexicon, seed=2, obedience=1.0).propose(90, ["animal", "plant", "food"])
    assert Counter(categories[word][1] for word in words) == {"animal": 30, "plant": 30, "food": 30}


def test_unwanted_words_come_less_often(lexicon):
    common = [lemma.text for lemma in lexicon.lemmas(0, 60)]
    free = len(set(Proposer(lexicon, seed=4).propose(100)) & set(common))
    told = len(set(Proposer(lexicon, seed=4).propose(100, avoid=common)) & set(common))
    assert 0 < told < free


def test_a_topic_is_drawn_from_its_neighbourhood(lexicon):
    near = {lemma.text for lemma in islice(neighbourhood(lexicon, "astronomy"), 3000)}
    words = Proposer(lexicon, seed=4, obedience=1.0).propose(60, topic="astronomy")
    assert len(words) == 60
    assert set(words) <= near


def test_in_order_no_word_comes_twice_and_none_is_unwanted(lexicon):
    proposer = Proposer(lexicon, way="lexicon")
    common = [lemma.text for lemma in lexicon.lemmas(0, 400)]
    first, second = proposer.propose(50), proposer.propose(50, avoid=common[60:80])
    assert first == sorted(first, key=common.index)
    assert not set(second) & {*first, *common[60:80]}
    assert len({*first, *second}) == 100


def test_a_small_cell_runs_dry(lexicon):
    words = Proposer(lexicon, seed=1, obedience=1.0).propose(100, ["motive, 1-3000"])
    assert 0 < len(words) < 100


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("animal, 5,000-10,000", Cell("animal", 5000, 10_000)),
        ("food", Cell("food", 1, LEMMAS)),
        *(
            (diversity.Cell(Category.FOOD, band).label, Cell("food", ranks[0], ranks[-1]))
            for band, ranks in diversity.BANDS.items()
        ),
        (
            diversity.Cell(Category.FOOD, "rare", "m to r").label,
            Cell("food", 15_001, 30_000, letters=("m", "r")),
        ),
        ({"category": "plant", "band": {"first": 10, "last": 20}, "count": 3}, Cell("plant", 10, 20, 3)),
        ("nothing that anyone could read", Cell(None, 1, LEMMAS)),
    ],
)
def test_cells_are_read_as_prompts_write_them(cell, read):
    assert read_cell(cell) == read


def test_first_letters_are_obeyed(lexicon):
    words = Proposer(lexicon, seed=1, obedience=1.0).propose(40, ["animal, very rare, first letter a to d"])
    assert len(words) == 40
    assert {word[0].casefold() for word in words} <= set("abcd")
