"""How many lemmas there are of each kind of word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from flows.core.diversity import BANDS, Cell
from flows.knowledge import Category
from flows.lexicon.reader import Lexicon


def cell_sizes(lexicon: Lexicon) -> Mapping[Cell, int]:
    """Lemmas by category of their common meaning and by commonness; takes about 60 ms."""
    last = min(lexicon.presentable, max(ranks.stop for ranks in BANDS.values()) - 1)
    rows = lexicon.rows(
        "SELECT l.rank, y.category FROM lemma l JOIN sense s ON s.lemma = l.rank AND s.position = 0 JOIN"
        " synset y ON y.id = s.synset WHERE l.rank <= ?",
        (last,),
    )
    found = (Cell.of(Category(category), rank) for rank, category in rows)
    return Counter(cell for cell in found if cell is not None)
