"""Pairs of single words that are spellings of one word, found among WordNet's headwords (build time)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from flows.core.identity.spelling import spelling_variants
from flows.lexicon.morphology import Morphology
from flows.lexicon.reader import Lexicon

_RARER_MEANINGS = (
    "kerb:curb storey:story tyre:tire practise:practice metre:meter centre:center okay:ok ageing:aging"
)
"""British spellings of one meaning of a word, or of one that WordNet counts otherwise."""
_TWO_WORDS = frozenset({("divers", "diverse")})
"""What the rules and WordNet's synsets take for spellings, and readers for two words."""


def spellings(lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    """The pairs, each once and sorted: what differs by a rule of spelling and means the same mainly."""
    morphology = Morphology(lexicon)
    lemmas = lexicon.lemmas(limit=lexicon.size)
    keys = {lemma.key for lemma in lemmas if lemma.text.isalpha() and lemma.text.islower()}
    pairs = (pair.split(":") for pair in _RARER_MEANINGS.split())
    yield from ((british, american) for british, american in pairs if lexicon.contains((british,)))
    for key in sorted(keys):
        for other in sorted(spelling_variants(key) & keys):
            is_new = key < other and (key, other) not in _TWO_WORDS
            if is_new and morphology.are_variants(key, other) and morphology.are_variants(other, key):
                yield key, other


def add_spellings(draft: Path) -> None:
    """Note which words are spellings of one another, which the rules find in the lexicon itself."""
    with Lexicon(draft) as lexicon:
        found = sorted(set(spellings(lexicon)))
    connection = sqlite3.connect(draft)
    try:
        with connection:
            pairs = "\n".join(f"{one}:{other}" for one, other in found)
            connection.execute("INSERT INTO meta VALUES ('spellings', ?)", (pairs,))
    finally:
        connection.close()
