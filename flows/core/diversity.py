"""Which kinds of words to ask a language model for: cells of category and commonness, chosen by how many new
words they still yield.

A model asked for just any words soon repeats itself. Asked for narrow kinds of words it does not, until a
kind runs dry. The choice is Thompson sampling (Thompson 1933, https://doi.org/10.2307/2332286) on each cell's
share of unseen words; the newest answers count most.
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
"""Bands of commonness by name, as ranges of word ranks."""
SMALLEST = 100
"""A cell with fewer known lemmas is not worth a request."""
LETTERS = ("a to d", "e to l", "m to r", "s to z")
"""First letters that split a cell into parts of about equal size."""
REQUEST_WORDS = 100
"""Words per request: more lower the quality, fewer raise the cost (facts on batching: arXiv 2603.22608)."""
EXPLORED = 0.15
"""Share of a round's requests that goes to cells never asked before, while there are any."""
MEMORY = 0.5
"""Decay of a cell's earlier answers each time a new one arrives."""
PRIOR_WORDS = 20.0
"""Weight, in words, of the band average in the estimate for a cell that was never asked."""
DRY = 0.2
DRY_FOR_GOOD = 0.05
DRY_TIMES = 2
"""Consecutive answers with an unseen share below `DRY` before a cell is split, or a part is retired."""
SHOWN = 120
"""Most words of a cell shown to the model as unwanted: those it listed most often, then the latest."""


@dataclass(frozen=True, order=True)
class Cell:
    """A kind of words: category, commonness and, for a part of a split cell, first letters."""

    category: Category
    band: str
    letters: str = ""

    @property
    def label(self) -> str:
        """The cell's name in prompts and rounds: "animal, rare, first letter a to d"."""
        return f"{self.category}, {self.band}{f', first letter {self.letters}' if self.letters else ''}"

    @classmethod
    def read(cls, label: str) -> Cell | None:
        """The cell with a label; None for an unknown label."""
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
        """The cell of a lemma; None for a lemma too rare for any."""
        return next((cls(category, band) for band, ranks in BANDS.items() if rank in ranks), None)

    @property
    def parts(self) -> tuple[Cell, ...]:
        """The parts that a dry cell is split into; none for a cell that is already a part."""
        return () if self.letters else tuple(replace(self, letters=letters) for letters in LETTERS)


@dataclass(frozen=True)
class Yield:
    """What a cell has yielded: words and unseen words, discounted by age, and consecutive dry answers."""

    words: float = 0.0
    unseen: float = 0.0
    dry: int = 0
    is_dry_for_good: bool = False
    listed: Mapping[str, int] = field(default_factory=dict)
    """How often each word was listed, ordered by first appearance."""

    def after(self, words: Sequence[str], unseen: int) -> Yield:
        """With one more answer; an answer without words counts as dry."""
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
    """The open cells, and the yield of those asked so far."""

    open: frozenset[Cell] = field(
        default_factory=lambda: frozenset(Cell(c, b) for c, b in product(Category, BANDS))
    )
    yields: Mapping[Cell, Yield] = field(default_factory=dict)

    @classmethod
    def over(cls, sizes: Mapping[Cell, int]) -> Survey:
        """The cells with enough lemmas, with the number of lemmas in each."""
        return cls(frozenset(cell for cell, size in sizes.items() if size >= SMALLEST))

    def observe(self, cell: Cell, words: Sequence[str], *, unseen: int) -> Survey:
        """With one more answer of a cell: its valid words, and how many of them were unseen."""
        seen = self.yields.get(cell, Yield()).after(words, unseen)
        still_open = self.open
        if seen.dry >= DRY_TIMES and cell in still_open:
            still_open = (still_open - {cell}) | (
                frozenset() if seen.is_dry_for_good else frozenset(cell.parts)
            )
        return Survey(still_open, {**self.yields, cell: seen})

    def choose(self, count: int, chance: random.Random) -> tuple[Cell, ...]:
        """The cells to ask next, at most `count` distinct ones; fewer if fewer are open, none if all
        are dry.
        """
        cells = sorted(self.open)
        new = [cell for cell in cells if cell not in self.yields]
        explored = chance.sample(new, min(len(new), max(1, round(count * EXPLORED)), count))
        means = {band: self._mean(band) for band in BANDS}
        drawn = {cell: self._draw(cell, means[cell.band], chance) for cell in cells if cell not in explored}
        best = sorted(drawn, key=lambda cell: (-drawn[cell], cell))
        return (*explored, *best[: count - len(explored)])

    def unwanted(self, cell: Cell) -> tuple[str, ...]:
        """Words that the model has listed for the cell or its parent and is likely to list again, at most
        120.
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
    """How many words to ask for in each request: `wanted` in total, at most `size` per request."""
    count = -(-wanted // size)
    return tuple(wanted // count + (at < wanted % count) for at in range(count)) if wanted > 0 else ()


def words_left(sightings: Iterable[int]) -> int:
    """How many more words the model would still list, at least, estimated from how often each word came so
    far.

    The lower bound of Chao (1984, https://www.jstor.org/stable/4615964) in its bias-corrected form, f1 (f1 -
    1) / 2 (f2 + 1), where f1 words came once and f2 twice.
    """
    times = Counter(sightings)
    return times[1] * (times[1] - 1) // (2 * (times[2] + 1))
