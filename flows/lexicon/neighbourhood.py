"""Words near a topic: nearest first, and common ones first among equally near ones."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from flows.core.words import word_key
from flows.lexicon.morphology import Morphology
from flows.lexicon.reader import Lemma, Lexicon, as_array

STEPS = 4
"""Largest distance of a neighbour, in relations."""
LIMIT = 20_000
"""Most neighbours returned."""

_NEAR = frozenset(
    {
        "kinds",
        "instances",
        "parts",
        "members",
        "made of",
        "terms",
        "similar",
        "opposite",
        "attribute",
        "entails",
        "causes",
        "see also",
    }
)
_UP = frozenset({"kind of", "part of", "member of", "about", "instance of"})
_FAR = frozenset({"kinds", "instances", "parts", "members", "terms", "similar"})
_EMPTY_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "for",
        "from",
        "in",
        "into",
        "of",
        "on",
        "or",
        "the",
        "to",
        "up",
        "with",
    ]
)
_WIDE = 300
"""How many words below the broader terms still count as near; the narrowest broader term always counts, up to
ten times as many.
"""
_FEW = 200


def neighbourhood(lexicon: Lexicon, topic: str) -> Iterator[Lemma]:
    """The words near a topic, without the topic itself and without duplicates; empty if the topic is unknown.

    Each step is read lazily, so the first words of a large neighbourhood take a few milliseconds.
    """
    key = word_key(topic)
    seen: set[int] = set()
    for found in _tiers(lexicon, key):
        for lemma in found:
            if lemma.rank not in seen and lemma.rank <= lexicon.presentable and lemma.key != key:
                seen.add(lemma.rank)
                yield lemma
                if len(seen) == LIMIT:
                    return


def suggestions(lexicon: Lexicon, topic: str, limit: int = 3) -> list[str]:
    """Headwords spelled like the topic, closest first."""
    from difflib import get_close_matches

    key = word_key(topic)
    known = lexicon.starting_with(key[:2]) if len(key) > 2 else []
    return get_close_matches(key, known, n=limit, cutoff=0.7)


def _tiers(lexicon: Lexicon, key: str) -> Iterator[list[Lemma]]:
    known = _headwords(lexicon, key)
    count = 0
    for tier in _around(lexicon, known) if known else ():
        yield tier
        count += len(tier)
    if count > _FEW:
        return
    words = [word for word in key.replace("-", " ").split() if word not in _EMPTY_WORDS]
    if known and len(words) < 2:
        return
    yield _mentioned(lexicon, words, is_phrase=True)
    parts = [found for word in words if (found := _headwords(lexicon, word))]
    if len(parts) < len(words) and len(words) > 1:
        parts = [found for found in parts if min(_ranks(lexicon, found)) > 100]
    # The rarer word of a phrase says more about it: "learning" in "machine learning", "climate" in "climate
    # change".
    for found in sorted(parts, key=lambda found: -min(_ranks(lexicon, found))):
        yield list(lexicon.find(found).values())
        yield from _around(lexicon, found)


def _headwords(lexicon: Lexicon, key: str) -> tuple[str, ...]:
    return (key,) if lexicon.contains((key,)) else Morphology(lexicon).base_forms(key)


def _ranks(lexicon: Lexicon, keys: Iterable[str]) -> list[int]:
    return [lemma.rank for lemma in lexicon.find(keys).values()]


def _around(lexicon: Lexicon, keys: Sequence[str]) -> Iterator[list[Lemma]]:
    start = _main_synsets(lexicon, keys)
    yield _synonyms(lexicon, start)
    seen = set(start)
    edge = _step(lexicon, start, _NEAR, seen)
    yield [*_linked(lexicon, keys, start), *_heads(lexicon, edge)]
    yield _mentioned(lexicon, keys, is_phrase=False)
    above = _step(lexicon, start, _UP, seen)
    yield _heads(lexicon, above)
    narrow = _narrow(lexicon, above)
    edge = [*_step(lexicon, edge, _FAR, seen), *_step(lexicon, narrow, _FAR, seen)]
    for _ in range(STEPS):
        if not edge:
            return
        yield _heads(lexicon, edge)
        edge = _step(lexicon, edge, _FAR, seen)


def _main_synsets(lexicon: Lexicon, keys: Sequence[str]) -> list[int]:
    """The synsets of the common meanings; only nouns if there are any, since a topic is a thing."""
    rows = lexicon.rows(
        "SELECT s.synset, s.tags, y.part FROM lemma l JOIN sense s ON s.lemma = l.rank JOIN synset y ON y.id"
        " = s.synset WHERE l.key IN (SELECT value FROM json_each(?)) ORDER BY s.tags DESC, s.position",
        (as_array(keys),),
    )
    rows = [row for row in rows if row[2] == 0] or rows
    if not rows or not rows[0][1]:
        return [synset for synset, _, _ in rows[:1]]
    return [synset for synset, tags, _ in rows if tags >= rows[0][1] / 5][:4]


def _step(lexicon: Lexicon, synsets: Collection[int], kinds: Collection[str], seen: set[int]) -> list[int]:
    rows = lexicon.rows(
        "SELECT DISTINCT target FROM relation WHERE synset IN (SELECT value FROM json_each(?)) AND kind IN"
        " (SELECT value FROM json_each(?))",
        (as_array(synsets), as_array(lexicon.kind_ids(kinds))),
    )
    found = [target for (target,) in rows if target not in seen]
    seen.update(found)
    return found


def _narrow(lexicon: Lexicon, synsets: Collection[int]) -> list[int]:
    rows = lexicon.rows(
        "SELECT synset, count(*) FROM relation WHERE synset IN (SELECT value FROM json_each(?)) GROUP BY"
        " synset ORDER BY count(*), synset",
        (as_array(synsets),),
    )
    found: list[int] = []
    total = 0
    for synset, count in rows:
        total += count
        if total > (_WIDE if found else 10 * _WIDE):
            break
        found.append(synset)
    return found


def _heads(lexicon: Lexicon, synsets: Collection[int]) -> list[Lemma]:
    rows = lexicon.rows(
        "SELECT l.rank, l.key, l.text FROM synset y JOIN lemma l ON l.rank = y.head JOIN sense s ON s.lemma ="
        " l.rank AND s.synset = y.id WHERE y.id IN (SELECT value FROM json_each(?)) ORDER BY y.weight,"
        " l.rank",
        (as_array(synsets),),
    )
    return [Lemma(*row) for row in rows]


def _synonyms(lexicon: Lexicon, synsets: Collection[int]) -> list[Lemma]:
    rows = lexicon.rows(
        "SELECT words FROM synset WHERE id IN (SELECT value FROM json_each(?))", (as_array(synsets),)
    )
    return _sorted(lexicon.find(word_key(word) for (words,) in rows for word in words.split("\n")).values())


def _linked(lexicon: Lexicon, keys: Sequence[str], synsets: Collection[int]) -> list[Lemma]:
    rows = lexicon.rows(
        "SELECT t.rank, t.key, t.text FROM lemma l JOIN link k ON k.lemma = l.rank JOIN lemma t ON t.rank ="
        " k.target WHERE l.key IN (SELECT value FROM json_each(?)) AND k.synset IN (SELECT value FROM"
        " json_each(?)) ORDER BY t.rank",
        (as_array(keys), as_array(synsets)),
    )
    return [Lemma(*row) for row in rows]


def _mentioned(lexicon: Lexicon, words: Sequence[str], *, is_phrase: bool) -> list[Lemma]:
    """The words whose glosses mention all the words (a phrase) or any of them; one pass over all glosses
    takes about 50 ms.
    """
    condition = (" AND " if is_phrase else " OR ").join("y.gloss LIKE ?" for _ in words)
    if not words:
        return []
    rows = lexicon.rows(
        "SELECT l.rank, l.key, l.text, y.gloss FROM synset y JOIN lemma l ON l.rank = y.head JOIN sense s ON"
        f" s.lemma = l.rank AND s.synset = y.id WHERE {condition} ORDER BY y.weight, l.rank",
        [f"%{word}%" for word in words],
    )
    patterns = [re.compile(rf"(?<!\w){re.escape(word)}(?:s|es)?(?!\w)", re.IGNORECASE) for word in words]
    test = all if is_phrase else any
    return [
        Lemma(rank, key, text)
        for rank, key, text, gloss in rows
        if test(pattern.search(gloss) for pattern in patterns)
    ]


def _sorted(lemmas: Iterable[Lemma]) -> list[Lemma]:
    return sorted(set(lemmas), key=lambda lemma: lemma.rank)
