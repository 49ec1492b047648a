"""The model that lists words: it repeats itself as real ones do, or goes through the lexicon in order.

As real ones do: each word of an answer is drawn by Zipf's law (exponent 1.1) from the 50,000 commonest
lemmas, by the same law from those of the cell that was asked for 70 % of the time, and from all of them
otherwise. An answer is a list of different words; between answers nothing is remembered.
"""

from __future__ import annotations

import random
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, cycle, islice
from pathlib import Path
from typing import Any, Literal

from flows.core.diversity import BANDS
from flows.core.words import word_key
from flows.knowledge import Category
from flows.lexicon.neighbourhood import neighbourhood
from flows.lexicon.reader import Lemma, Lexicon

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
    """Where words are asked for: a category, a range of ranks and first letters, all open when they could not
    be read.
    """

    category: str | None = None
    first: int = 1
    last: int = LEMMAS
    count: int | None = None
    letters: tuple[str, str] | None = None


class Draw:
    """Draws lemmas by Zipf's law on their ranks.

    From some of them it draws as it would from all, when only these were listened to.
    """

    def __init__(self, lemmas: Sequence[Lemma], exponent: float = EXPONENT) -> None:
        self._lemmas = lemmas
        self._sums = list(accumulate(lemma.rank**-exponent for lemma in lemmas))

    def __bool__(self) -> bool:
        return bool(self._lemmas)

    def lemma(self, chance: random.Random) -> Lemma:
        return self._lemmas[bisect_left(self._sums, chance.random() * self._sums[-1])]


def by_category(lexicon: Lexicon, most: int = LEMMAS) -> dict[str | None, list[Lemma]]:
    """The commonest lemmas by the category of their common meaning, in order; under None all of them.

    Read once a process.
    """
    place = lexicon.path, most
    if place not in _READ:
        found: dict[str | None, list[Lemma]] = {None: []}
        for rank, key, text, category in lexicon.rows(
            "SELECT l.rank, l.key, l.text, y.category FROM lemma l JOIN sense s ON s.lemma = l.rank AND"
            " s.position = 0 JOIN synset y ON y.id = s.synset WHERE l.rank <= ? ORDER BY l.rank",
            (min(most, lexicon.presentable),),
        ):
            lemma = Lemma(rank, key, text)
            found[None].append(lemma)
            found.setdefault(category, []).append(lemma)
        _READ[place] = found
    return _READ[place]


_READ: dict[tuple[Path, int], dict[str | None, list[Lemma]]] = {}


@dataclass
class _Turn:
    """One answer as it comes together."""

    topic: str | None
    avoided: set[str]
    chance: random.Random
    said: set[str] = field(default_factory=set)


@dataclass
class Proposer:
    """Lists words on demand.

    `distinct=False` lets an answer hold a word more than once, as plain draws do.
    """

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
        self._in_order: dict[Any, Iterator[Lemma]] = {}

    def propose(
        self, count: int, cells: Sequence[Any] = (), topic: str | None = None, avoid: Sequence[str] = ()
    ) -> list[str]:
        """At most `count` words, spread evenly over the cells; fewer when it has no more to say."""
        self._calls += 1
        wanted = [read_cell(cell, self.lemmas) for cell in cells] or [Cell()]
        shares = [
            cell.count if cell.count is not None else count // len(wanted) + (at < count % len(wanted))
            for at, cell in enumerate(wanted)
        ]
        turn = _Turn(
            topic, {word_key(word) for word in avoid}, random.Random(f"propose {self.seed} {self._calls}")
        )
        way = self._next_in_order if self.way == "lexicon" else self._drawn
        return [word for cell, share in zip(wanted, shares, strict=True) for word in way(cell, share, turn)][
            :count
        ]

    def _drawn(self, cell: Cell, share: int, turn: _Turn) -> list[str]:
        inside, outside = self._draw((turn.topic, cell)), self._draw((None, Cell(last=self.lemmas)))
        words: list[str] = []
        for _ in range(share):
            obeys = turn.chance.random() < self.obedience
            lemma = self._fresh(inside if inside and obeys else outside, turn, obeys=obeys)
            if lemma is not None:
                turn.said.add(lemma.key)
                words.append(lemma.text)
        return words

    def _fresh(self, draw: Draw, turn: _Turn, *, obeys: bool) -> Lemma | None:
        """One that this answer has not had; who obeys also leaves out the unwanted ones.

        None when the draw seems to have no more.
        """
        barred = turn.avoided if obeys else set[str]()
        for _ in range(_PATIENCE):
            lemma = draw.lemma(turn.chance)
            if lemma.key not in barred and not (self.distinct and lemma.key in turn.said):
                return lemma
        return None

    def _next_in_order(self, cell: Cell, share: int, turn: _Turn) -> list[str]:
        supply = self._in_order.setdefault((turn.topic, cell), iter(self._pool(turn.topic, cell)))
        lemmas = list(islice((lemma for lemma in supply if lemma.key not in turn.avoided | turn.said), share))
        turn.said.update(lemma.key for lemma in lemmas)
        return [lemma.text for lemma in lemmas]

    def _draw(self, place: tuple[str | None, Cell]) -> Draw:
        if place not in self._draws:
            self._draws[place] = Draw(self._pool(*place), self.exponent)
        return self._draws[place]

    def _pool(self, topic: str | None, cell: Cell) -> Sequence[Lemma]:
        if topic:
            return list(islice(neighbourhood(self.lexicon, topic), _NEAR))
        lemmas = by_category(self.lexicon, self.lemmas).get(cell.category, [])
        first = bisect_left(lemmas, cell.first, key=lambda lemma: lemma.rank)
        within = lemmas[
            first : bisect_left(lemmas, min(cell.last, self.lemmas) + 1, key=lambda lemma: lemma.rank)
        ]
        if cell.letters is None:
            return within
        return [lemma for lemma in within if cell.letters[0] <= lemma.key[:1] <= cell.letters[1]]


def read_cell(cell: Any, lemmas: int = LEMMAS) -> Cell:
    """A cell as a prompt writes it: "animal, rare, first letter a to d", "animal, 5000-10000", or a mapping
    with `category` and `band`.
    """
    if isinstance(cell, dict):
        band = cell.get("band")
        first, last = _ranks(band if band is not None else cell, lemmas)
        return Cell(_category(cell.get("category")), first, last, cell.get("count"))
    text = str(cell)
    first, last = _ranks(text, lemmas)
    letters = re.search(r"first letter ([a-z]) to ([a-z])", text)
    return Cell(
        _category(re.split(r"[^a-z]", text.casefold(), maxsplit=1)[0]),
        first,
        last,
        letters=(letters[1], letters[2]) if letters else None,
    )


def _category(name: Any) -> str | None:
    text = str(name or "").casefold().strip()
    return text if text in set(Category) else None


def _ranks(band: Any, lemmas: int) -> tuple[int, int]:
    if isinstance(band, dict):
        first, last = (
            band.get("first", band.get("from", band.get("low", 1))),
            band.get("last", band.get("to", band.get("high", lemmas))),
        )
        return int(first or 1), int(last or lemmas)
    if isinstance(band, (list, tuple)) and len(band) == 2:
        return int(band[0] or 1), int(band[1] or lemmas)
    text = str(band).casefold()
    numbers = [int(number.replace(",", "").replace("_", "")) for number in re.findall(r"\d[\d,_]*", text)]
    if len(numbers) >= 2:
        return numbers[0], numbers[1]
    found = sorted((name for name in BANDS if re.search(rf"\b{name}\b", text)), key=len)
    return (BANDS[found[-1]][0], BANDS[found[-1]][-1]) if found else (1, lemmas)


def invented(chance: random.Random, count: int) -> list[str]:
    """Words that are none, though they could be."""
    beginnings, middles, ends = (
        "bl gr st v tr m fl z sk dr".split(),
        "a o i e u oa ee ai".split(),
        "mble rvish xip ntle rgle zz ndorf lquist pthy vane".split(),
    )
    syllables = cycle(chain(middles))
    return [
        f"{chance.choice(beginnings)}{next(syllables)}{chance.choice(middles)[0]}{chance.choice(ends)}"
        for _ in range(count)
    ]
