"""The model that lists words: it repeats itself as real ones do, or goes through the lexicon in order.

As real ones do: each word of an answer is drawn by Zipf's law (exponent 1.1) from the 50,000 commonest lemmas, from the cell that was asked
for 70 % of the time and from all of them otherwise. An answer is a list of different words; between answers nothing is remembered.
"""

from __future__ import annotations

import random
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, chain, cycle, islice
from typing import Any, Literal

from flows.core.words import form_problem, word_key
from flows.lexicon.neighbourhood import neighbourhood
from flows.lexicon.reader import Lexicon

LEMMAS = 50_000
EXPONENT = 1.1
OBEDIENCE = 0.7
_NEAR = 3_000
"""Words near a topic among which a model draws."""
_PATIENCE = 200
"""Draws for one word: then nothing comes to the model's mind."""

Way = Literal["zipf", "lexicon"]


@dataclass(frozen=True)
class Cell:
    """Where words are asked for: a category and a range of ranks, both open when they could not be read."""

    category: str | None = None
    first: int = 1
    last: int = LEMMAS
    count: int | None = None


class Draw:
    """Draws from an ordered list by Zipf's law: the first word most often."""

    def __init__(self, words: Sequence[str], exponent: float = EXPONENT) -> None:
        self._words = words
        self._sums = list(accumulate((at + 1) ** -exponent for at in range(len(words))))

    def __bool__(self) -> bool:
        return bool(self._words)

    def word(self, chance: random.Random) -> str:
        return self._words[bisect_left(self._sums, chance.random() * self._sums[-1])]


@dataclass
class _Turn:
    """One answer as it comes together."""

    topic: str | None
    avoided: set[str]
    chance: random.Random
    said: set[str] = field(default_factory=set)


@dataclass
class Proposer:
    """Lists words on demand. `distinct=False` lets an answer hold a word more than once, as plain draws do."""

    lexicon: Lexicon
    seed: int = 0
    way: Way = "zipf"
    obedience: float = OBEDIENCE
    exponent: float = EXPONENT
    lemmas: int = LEMMAS
    distinct: bool = True
    _draws: dict[Any, Draw] = field(default_factory=dict)
    _calls: int = 0

    def __post_init__(self) -> None:
        self._in_order: dict[Any, Iterator[str]] = {}

    def propose(self, count: int, cells: Sequence[Any] = (), topic: str | None = None, avoid: Sequence[str] = ()) -> list[str]:
        """At most `count` words, spread evenly over the cells; fewer when it has no more to say."""
        self._calls += 1
        wanted = [read_cell(cell, self.lemmas) for cell in cells] or [Cell()]
        shares = [cell.count if cell.count is not None else count // len(wanted) + (at < count % len(wanted)) for at, cell in enumerate(wanted)]
        turn = _Turn(topic, {word_key(word) for word in avoid}, random.Random(f"propose {self.seed} {self._calls}"))
        way = self._next_in_order if self.way == "lexicon" else self._drawn
        return [word for cell, share in zip(wanted, shares, strict=True) for word in way(cell, share, turn)][:count]

    def _drawn(self, cell: Cell, share: int, turn: _Turn) -> list[str]:
        inside, outside = self._draw((turn.topic, cell)), self._draw((None, Cell(last=self.lemmas)))
        words: list[str] = []
        for _ in range(share):
            obeys = turn.chance.random() < self.obedience
            word = self._fresh(inside if inside and obeys else outside, turn, obeys=obeys)
            if word is not None:
                turn.said.add(word_key(word))
                words.append(word)
        return words

    def _fresh(self, draw: Draw, turn: _Turn, *, obeys: bool) -> str | None:
        """A word that this answer has not had; who obeys also leaves out the unwanted ones. None when the draw seems to have no more."""
        barred = turn.avoided if obeys else set[str]()
        for _ in range(_PATIENCE):
            word = draw.word(turn.chance)
            if word_key(word) not in barred and not (self.distinct and word_key(word) in turn.said):
                return word
        return None

    def _next_in_order(self, cell: Cell, share: int, turn: _Turn) -> list[str]:
        supply = self._in_order.setdefault((turn.topic, cell), iter(self._pool(turn.topic, cell)))
        fresh = (word for word in supply if word_key(word) not in turn.avoided | turn.said)
        words = list(islice(fresh, share))
        turn.said.update(map(word_key, words))
        return words

    def _draw(self, place: tuple[str | None, Cell]) -> Draw:
        if place not in self._draws:
            self._draws[place] = Draw(self._pool(*place), self.exponent)
        return self._draws[place]

    def _pool(self, topic: str | None, cell: Cell) -> list[str]:
        if topic:
            return [lemma.text for lemma in islice(neighbourhood(self.lexicon, topic), _NEAR) if form_problem(lemma.text) is None]
        ranks = range(max(1, cell.first), min(cell.last, self.lemmas) + 1)
        table = self._table
        return [table[rank][0] for rank in ranks if rank in table and cell.category in {None, table[rank][1]}]

    @cached_property
    def _table(self) -> dict[int, tuple[str, str]]:
        """Word and category of its common meaning, by rank."""
        rows = self.lexicon.rows(
            "SELECT l.rank, l.text, y.category FROM lemma l JOIN sense s ON s.lemma = l.rank AND s.position = 0 JOIN synset y ON y.id = s.synset "
            "WHERE l.rank <= ?",
            (min(self.lemmas, self.lexicon.presentable),),
        )
        return {rank: (text, category) for rank, text, category in rows if form_problem(text) is None}


def read_cell(cell: Any, lemmas: int = LEMMAS) -> Cell:
    """A cell as a prompt writes it: a mapping with `category` and `band`, or "animal, 5000-10000" in one text."""
    if isinstance(cell, dict):
        band = cell.get("band")
        first, last = _ranks(band if band is not None else cell, lemmas)
        return Cell(_category(cell.get("category")), first, last, cell.get("count"))
    text = str(cell)
    first, last = _ranks(text, lemmas)
    return Cell(_category(re.split(r"[^a-z]", text.casefold(), maxsplit=1)[0]), first, last)


def _category(name: Any) -> str | None:
    from flows.knowledge import Category

    text = str(name or "").casefold().strip()
    return text if text in set(Category) else None


_NAMES = {
    "very common": (1, 2_000), "common": (2_001, 6_000), "uncommon": (6_001, 15_000), "rare": (15_001, 30_000), "very rare": (30_001, LEMMAS),
}  # fmt: skip


def _ranks(band: Any, lemmas: int) -> tuple[int, int]:
    if isinstance(band, dict):
        first, last = band.get("first", band.get("from", band.get("low", 1))), band.get("last", band.get("to", band.get("high", lemmas)))
        return int(first or 1), int(last or lemmas)
    if isinstance(band, (list, tuple)) and len(band) == 2:
        return int(band[0] or 1), int(band[1] or lemmas)
    text = str(band).casefold()
    numbers = [int(number.replace(",", "").replace("_", "")) for number in re.findall(r"\d[\d,_]*", text)]
    if len(numbers) >= 2:
        return numbers[0], numbers[1]
    found = sorted((name for name in _NAMES if re.search(rf"\b{name}\b", text)), key=len)
    return _NAMES[found[-1]] if found else (1, lemmas)


def invented(chance: random.Random, count: int) -> list[str]:
    """Words that are none, though they could be."""
    beginnings, middles, ends = (
        "bl gr st v tr m fl z sk dr".split(),
        "a o i e u oa ee ai".split(),
        "mble rvish xip ntle rgle zz ndorf lquist pthy vane".split(),
    )
    syllables = cycle(chain(middles))
    return [
        f"{chance.choice(beginnings)}{next(syllables)}{chance.choice(middles)[0]}{chance.choice(ends)}{at % 7 or ''}".rstrip("0123456789")
        for at in range(count)
    ]
