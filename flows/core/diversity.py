"""Where to ask a language model for new words: cells of category and commonness, chosen by how many new words
they still give.

A model that is asked for just any words soon repeats itself. Asked for narrow kinds of words it does not,
until a kind is dry. The choice is Thompson sampling (Thompson 1933, https://doi.org/10.2307/2332286) on each
cell's share of unseen words, the newest answers counting most.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from flows.knowledge import Category

BANDS: Mapping[str, range] = {
    "common": range(1, 6_001),
    "uncommon": range(6_001, 15_001),
    "rare": range(15_001, 30_001),
    "very rare": range(30_001, 60_001),
}
"""By name the ranks of words in order of commonness."""
SMALLEST = 100
"""Cells of fewer known lemmas are not worth a request."""
LETTERS = ("a to d", "e to l", "m to r", "s to z")
"""First letters of the parts of a cell that was split: about as many words in each."""
REQUEST_WORDS = 100
"""Words in one request: more come out worse, fewer cost more (facts on batching: arXiv 2603.22608)."""
EXPLORED = 0.15
"""Share of a round's requests that goes to cells never asked before, while there are any."""
MEMORY = 0.5
"""What an earlier answer of a cell still counts when the next one comes."""
PRIOR_WORDS = 20.0
"""Words' worth of belief in what the cells of a band give on average, for a cell that was not asked yet."""
DRY = 0.2
DRY_FOR_GOOD = 0.05
DRY_TIMES = 2
"""Answers in a row with a lower share of unseen words than `DRY` after which a cell is split, a part of one
retired.
"""
SHOWN = 120
"""Words of a cell that are shown to the model as not wanted again: those that it listed most often, then the
latest.
"""


@dataclass(frozen=True, order=True)
class Cell:
    """A kind of words: category, commonness and, for a part of a split cell, first letters."""

    category: Category
    band: str
    letters: str = ""

    @property
    def label(self) -> str:
        """The cell as a prompt and a round name it: "animal, rare, first letter a to d"."""
        return f"{self.category}, {self.band}{f', first letter {self.letters}' if self.letters else ''}"

    @classmethod
    def read(cls, label: str) -> Cell | None:
        """The cell of a label; None for what is no label."""
        category, _, rest = label.partition(", ")
        band, _, letters = rest.partition(", first letter ")
        cell = (
            cls(Category(category), band, letters)
            if category in set(Category) and band in BANDS and letters in {"", *LETTERS}
            else None
        )
        return cell if cell is not None and cell.label == label else None

    @classmethod
    def of(cls, category: Category, rank: int) -> Cell | None:
        """The cell of a lemma; None for one that is too rare for any."""
        return next((cls(category, band) for band, ranks in BANDS.items() if rank in ranks), None)

    @property
    def parts(self) -> tuple[Cell, ...]:
        """The cells that a dry one is split into; none for one that is a part itself."""
        return () if self.letters else tuple(replace(self, letters=letters) for letters in LETTERS)


@dataclass(frozen=True)
class Yield:
    """What a cell has given: words and unseen words, the older the less they count, and answers in a row that
    were dry.
    """

    words: float = 0.0
    unseen: float = 0.0
    dry: int = 0
    is_dry_for_good: bool = False
    listed: Mapping[str, int] = field(default_factory=dict)
    """How often each word was listed, in order of the first time."""

    def after(self, words: Sequence[str], unseen: int) -> Yield:
        """With one more answer; one without a word counts as dry."""
        share = unseen / len(words) if words else 0.0
        listed = dict(self.listed)
        for word in words:
            listed[word] = listed.get(word, 0) + 1
        return Yield(
            words=self.words * MEMORY + len(words),
            unseen=self.unseen * MEMORY + unseen,
            dry=self.dry + 1 if share < DRY else 0,
            is_dry_for_good=share < DRY_FOR_GOOD,
            listed=listed,
        )


@dataclass(frozen=True)
class Survey:
    """The cells that are open, and what those that were asked have given."""

    open: frozenset[Cell] = field(
        default_factory=lambda: frozenset(Cell(c, b) for c, b in product(Category, BANDS))
    )
    yields: Mapping[Cell, Yield] = field(default_factory=dict)

    @classmethod
    def over(cls, sizes: Mapping[Cell, int]) -> Survey:
        """Of the cells that hold enough lemmas, by how many lemmas each holds."""
        return cls(frozenset(cell for cell, size in sizes.items() if size >= SMALLEST))

    def observe(self, cell: Cell, words: Sequence[str], *, unseen: int) -> Survey:
        """With one more answer of a cell: its words of acceptable form, and how many of them nobody knew."""
        seen = self.yields.get(cell, Yield()).after(words, unseen)
        still_open = self.open
        if seen.dry >= DRY_TIMES and cell in still_open:
            still_open = (still_open - {cell}) | (
                frozenset() if seen.is_dry_for_good else frozenset(cell.parts)
            )
        return Survey(still_open, {**self.yields, cell: seen})

    def choose(self, count: int, chance: random.Random) -> tuple[Cell, ...]:
        """The cells to ask next, at most `count` different ones; fewer when fewer are open, none when all are
        dry.
        """
        cells = sorted(self.open)
        new = [cell for cell in cells if cell not in self.yields]
        explored = chance.sample(new, min(len(new), max(1, round(count * EXPLORED)), count))
        means = {band: self._mean(band) for band in BANDS}
        drawn = {cell: self._draw(cell, means[cell.band], chance) for cell in cells if cell not in explored}
        best = sorted(drawn, key=lambda cell: (-drawn[cell], cell))
        return (*explored, *best[: count - len(explored)])

    def unwanted(self, cell: Cell) -> tuple[str, ...]:
        """Words that the model has listed for the cell, or for the one that it is a part of, and is likely to
        list again, at most 120.
        """
        listed = {
            **self.yields.get(replace(cell, letters=""), Yield()).listed,
            **self.yields.get(cell, Yield()).listed,
        }
        latest_first = list(reversed(listed))
        return tuple(sorted(latest_first, key=lambda word: -listed[word])[:SHOWN])

    def _mean(self, band: str) -> float:
        found = [seen for cell, seen in self.yields.items() if cell.band == band]
        return (1 + sum(seen.unseen for seen in found)) / (2 + sum(seen.words for seen in found))

    def _draw(self, cell: Cell, mean: float, chance: random.Random) -> float:
        seen = self.yields.get(cell, Yield())
        return chance.betavariate(
            PRIOR_WORDS * mean + seen.unseen, PRIOR_WORDS * (1 - mean) + seen.words - seen.unseen
        )


def shares(wanted: int, size: int = REQUEST_WORDS) -> tuple[int, ...]:
    """How many words to ask for in each request, so that they add up to `wanted` and none asks for more than
    `size`.
    """
    count = -(-wanted // size)
    return tuple(wanted // count + (at < wanted % count) for at in range(count)) if wanted > 0 else ()


def words_left(sightings: Iterable[int]) -> int:
    """How many words the model would still come up with, at least, from how often each word came so far.

    The lower bound of Chao (1984, https://www.jstor.org/stable/4615964) in its bias-corrected form, f1 (f1 -
    1) / 2 (f2 + 1), where f1 words came once and f2 twice.
    """
    times = Counter(sightings)
    return times[1] * (times[1] - 1) // (2 * (times[2] + 1))
