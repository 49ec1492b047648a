"""How many lemmas there are of each kind of word."""

from __future__ import annotations

from collections.abc import Mapping

from flows.core.diversity import BANDS, Cell
from flows.knowledge import Category
from flows.lexicon.reader import Lexicon


def cell_sizes(lexicon: Lexicon) -> Mapping[Cell, int]:
    """Lemmas by category of their common meaning and by commonness; SQLite counts them, in some 40 ms."""
    last = min(lexicon.presentable, max(ranks.stop for ranks in BANDS.values()) - 1)
    bands = " ".join(f"WHEN l.rank < {ranks.stop} THEN '{band}'" for band, ranks in BANDS.items())
    rows = lexicon.rows(
        f"SELECT y.category, CASE {bands} END AS band, count(*) FROM lemma l JOIN sense s ON s.lemma = l.rank"
        " AND s.position = 0 JOIN synset y ON y.id = s.synset WHERE l.rank <= ? GROUP BY y.category, band",
        (last,),
    )
    return {Cell(Category(category), band): count for category, band, count in rows}
