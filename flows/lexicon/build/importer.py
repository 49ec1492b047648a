"""Builds the lexicon's SQLite file from WordNet's database files (build time): `python -m
flows.lexicon.build.importer DICT TARGET`.

The same input yields the same file. Rows read together are stored together: a lemma's number is its rank, so
that common words fill few pages; relations are stored in reading order. A *weight* is a rank that treats a
word as rarer when one of its rarer meanings is meant: "mate" is a common word, but not as a drink.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path

import wordfreq
from simplemma.strategies import dictionaries

from flows.core.words import word_key
from flows.lexicon.build.commonness import UNPRESENTABLE, TaggedSense, is_offensive, order_senses, score
from flows.lexicon.build.irregular import IRREGULAR, true_forms
from flows.lexicon.build.spellings import add_spellings
from flows.lexicon.build.wndb import KINDS, RawSynset, read_synsets, read_tags

VERSION = "2"
"""Increases with the file's layout; a reader rejects any other."""

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE lemma (rank INTEGER PRIMARY KEY, key TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE synset (id INTEGER PRIMARY KEY, part INTEGER NOT NULL, category TEXT NOT NULL,
    head INTEGER NOT NULL, weight INTEGER NOT NULL, words TEXT NOT NULL, gloss TEXT NOT NULL, examples TEXT);
CREATE TABLE sense (lemma INTEGER, position INTEGER, synset INTEGER NOT NULL, tags INTEGER NOT NULL,
    PRIMARY KEY (lemma, position)) WITHOUT ROWID;
CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE relation (synset INTEGER, kind INTEGER, position INTEGER, target INTEGER NOT NULL,
    PRIMARY KEY (synset, kind, position)) WITHOUT ROWID;
CREATE TABLE link (lemma INTEGER, synset INTEGER, kind INTEGER, target INTEGER,
    target_synset INTEGER NOT NULL, text TEXT NOT NULL, weight INTEGER NOT NULL,
    PRIMARY KEY (lemma, synset, kind, target)) WITHOUT ROWID;
CREATE TABLE inflection (form TEXT, base TEXT, PRIMARY KEY (form, base)) WITHOUT ROWID;
"""
INDEX = "CREATE UNIQUE INDEX lemma_key ON lemma (key);"


def build(folder: Path, target: Path, *, stamp: str = "") -> None:
    """Write the lexicon of the WordNet database files in `folder` to `target`, completely or not at all.

    `stamp` is stored in the file, so that a later build can tell whether the file is up to date. Raises
    MalformedWordNet, or OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    draft.unlink(missing_ok=True)
    try:
        connection = sqlite3.connect(draft)
        try:
            connection.executescript(
                "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA
            )
            with connection:
                _fill(connection, folder, stamp)
            connection.executescript(INDEX + "ANALYZE; VACUUM;")
        finally:
            connection.close()
        add_spellings(draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _fill(connection: sqlite3.Connection, folder: Path, stamp: str) -> None:
    synsets = list(read_synsets(folder))
    keys = {word_key(word) for synset in synsets for word in synset.words}
    inflections = _inflections(keys)
    senses = _senses(synsets, read_tags(folder), _verbal_shares(inflections))
    scores = _scores(synsets, senses, {form for form, _ in inflections})
    ranks = {
        key: rank
        for rank, key in enumerate(sorted(scores, key=lambda key: (-scores[key], len(key), key)), start=1)
    }
    presentable = sum(value > UNPRESENTABLE for value in scores.values())
    number = {synset.id: at for at, synset in enumerate(synsets, start=1)}
    kinds = {name: at for at, name in enumerate(dict.fromkeys(KINDS.values()))}
    places = {
        (key, sense.synset.id): (place, sense.tags)
        for key, found in senses.items()
        for place, sense in enumerate(found)
    }

    def weigh(key: str, synset: tuple[int, int]) -> int:
        rank, found, (place, tags) = ranks[key], senses[key], places[key, synset]
        share = (tags + 0.5) / (sum(sense.tags for sense in found) + 0.5 * len(found))
        return rank if rank > presentable else min(presentable, int(rank * (1 + place) / share))

    def members(synset: RawSynset) -> list[str]:
        """Its words: those that mean it most often first, then the familiar ones."""
        weight: dict[str, int] = {}
        for key in map(word_key, synset.words):
            weight[_plain(key)] = min(weight.get(_plain(key), len(ranks)), weigh(key, synset.id))

        def usual(word: str) -> tuple[int, int, int]:
            key = word_key(word)
            return (-places[key, synset.id][1], weight[_plain(key)], synset.words.index(word))

        return sorted(dict.fromkeys(synset.words), key=usual)

    words = {synset.id: members(synset) for synset in synsets}
    # A slur is never suggested as a relative, however common its spelling is in another meaning.
    slurs = {synset.id for synset in synsets if is_offensive(synset)}
    heads = {at: len(ranks) if at in slurs else ranks[word_key(found[0])] for at, found in words.items()}
    weights = {
        at: len(ranks) if at in slurs else weigh(word_key(found[0]), at) for at, found in words.items()
    }
    connection.executemany(
        "INSERT INTO meta VALUES (?, ?)",
        [
            ("layout", VERSION),
            ("wordnet", "3.1"),
            ("stamp", stamp),
            ("lemmas", str(len(ranks))),
            ("presentable", str(presentable)),
        ],
    )
    connection.executemany("INSERT INTO kind VALUES (?, ?)", ((at, name) for name, at in kinds.items()))
    connection.executemany(
        "INSERT INTO lemma VALUES (?, ?, ?)",
        ((rank, key, senses[key][0].form) for key, rank in ranks.items()),
    )
    connection.executemany(
        "INSERT INTO synset VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                number[s.id],
                s.id[0],
                s.category.value,
                heads[s.id],
                weights[s.id],
                "\n".join(words[s.id]),
                s.gloss,
                "\n".join(s.examples) or None,
            )
            for s in synsets
        ),
    )
    connection.executemany(
        "INSERT INTO sense VALUES (?, ?, ?, ?)",
        (
            (rank, position, number[sense.synset.id], sense.tags)
            for key, rank in ranks.items()
            for position, sense in enumerate(senses[key])
        ),
    )
    connection.executemany(
        "INSERT INTO relation VALUES (?, ?, ?, ?)", _relations(synsets, number, weights, kinds)
    )
    connection.executemany(
        "INSERT OR IGNORE INTO link VALUES (?, ?, ?, ?, ?, ?, ?)",
        _links(synsets, number, ranks, kinds, weigh),
    )
    meanings = {key: {sense.synset.id for sense in found} for key, found in senses.items()}
    connection.executemany(
        "INSERT INTO inflection VALUES (?, ?)", sorted({*true_forms(inflections, meanings, ranks)})
    )


def _plain(key: str) -> str:
    """One key for British and American spellings, so that they keep WordNet's order of preference."""
    return key.replace("our", "or").replace("is", "iz")


def _senses(
    synsets: list[RawSynset],
    tags: Mapping[tuple[str, int, int], tuple[int, int]],
    verbal_shares: Mapping[str, float],
) -> dict[str, list[TaggedSense]]:
    found: dict[str, dict[tuple[int, int], TaggedSense]] = defaultdict(dict)
    for synset in synsets:
        counts = [tags.get((word.lower().replace(" ", "_"), *synset.id), (99, 0)) for word in synset.words]
        total = sum(count for _, count in counts)
        for word, (number, count) in zip(synset.words, counts, strict=True):
            found[word_key(word)].setdefault(synset.id, TaggedSense(synset, word, number, count, total))
    return {
        key: order_senses(found[key].values(), verbal_share=verbal_shares.get(key)) for key in sorted(found)
    }


def _inflections(keys: Collection[str]) -> set[tuple[str, str]]:
    """(form, base) for every form in simplemma's English dictionary whose base is a headword."""
    pairs = dictionaries.DefaultDictionaryFactory().get_dictionary("en").items()
    keyed = ((word_key(form), word_key(base)) for form, base in pairs)
    return {(form, base) for form, base in (*keyed, *IRREGULAR) if form != base and base in keys}


def _verbal_shares(inflections: Iterable[tuple[str, str]]) -> dict[str, float]:
    """The share of each word's use in forms such as "walked" and "walking"."""
    total: dict[str, float] = defaultdict(float)
    verbal: dict[str, float] = defaultdict(float)
    for form, base in sorted(inflections):
        frequency = wordfreq.word_frequency(form, "en")
        total[base] += frequency
        if form.endswith(("ed", "ing")):
            verbal[base] += frequency
    return {
        base: verbal[base] / whole
        for base, inflected in total.items()
        if (whole := inflected + wordfreq.word_frequency(base, "en"))
    }


def _scores(
    synsets: list[RawSynset], senses: Mapping[str, list[TaggedSense]], forms: set[str]
) -> dict[str, float]:
    by_id = {synset.id: synset for synset in synsets}

    def is_marked(sense: TaggedSense) -> bool:
        place = sense.synset.words.index(sense.form) + 1
        usages = [
            by_id[p.synset].words[0]
            for p in sense.synset.pointers
            if p.kind == "usage" and p.source in {0, place}
        ]
        return is_offensive(sense.synset, usages)

    return {
        key: round(
            score(
                key,
                found,
                zipf=wordfreq.zipf_frequency(key, "en"),
                is_inflection=key in forms,
                is_offensive=is_marked(found[0]),
            ),
            6,
        )
        for key, found in senses.items()
    }


def _relations(
    synsets: list[RawSynset],
    number: Mapping[tuple[int, int], int],
    weights: Mapping[tuple[int, int], int],
    kinds: Mapping[str, int],
) -> Iterator[tuple[int, int, int, int]]:
    """Relations between whole synsets, most common target first."""
    for synset in synsets:
        targets: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for pointer in synset.pointers:
            if not pointer.source:
                targets[pointer.kind].add(pointer.synset)
        for kind, found in sorted(targets.items()):
            for position, target in enumerate(sorted(found, key=lambda at: (weights[at], at))):
                yield number[synset.id], kinds[kind], position, number[target]


def _links(
    synsets: list[RawSynset],
    number: Mapping[tuple[int, int], int],
    ranks: Mapping[str, int],
    kinds: Mapping[str, int],
    weigh: Callable[[str, tuple[int, int]], int],
) -> Iterator[tuple[int, int, int, int, int, str, int]]:
    words = {synset.id: synset.words for synset in synsets}
    for synset in synsets:
        for pointer in synset.pointers:
            if pointer.source:
                source = word_key(synset.words[pointer.source - 1])
                text = words[pointer.synset][max(pointer.target, 1) - 1]
                target = word_key(text)
                if source != target:
                    at = number[synset.id], kinds[pointer.kind]
                    yield (
                        ranks[source],
                        *at,
                        ranks[target],
                        number[pointer.synset],
                        text,
                        weigh(target, pointer.synset),
                    )


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
