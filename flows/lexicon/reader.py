"""Reads the lexicon's file."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flows.core.words import LAST_CHARACTER, WORDS_CACHED, word_key
from flows.errors import LexiconMissing
from flows.knowledge import Category, PartOfSpeech

DEFAULT_PATH = Path(__file__).with_name("wordnet.sqlite")
LAYOUT = "2"
HEARD_OF = 60_000
"""Words up to this rank are known to at least some readers."""

PARTS: tuple[PartOfSpeech, ...] = ("noun", "verb", "adjective", "adverb")
"""As the lexicon numbers them."""
_CATEGORIES = {category.value: category for category in Category}
_RELATED_SENSES = 3
_RELATIONS_OF_A_KIND = 10

key_of = lru_cache(maxsize=WORDS_CACHED)(word_key)
"""`word_key`, cached: common words recur as each other's relatives.

For this package's own modules.
"""


@dataclass(frozen=True, slots=True)
class Lemma:
    """A headword. `rank` counts from 1 for the most common."""

    rank: int
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class LexicalRelation:
    """A named link, for example kind="kind of".

    `rank` is the linked word's rank, raised if one of its rarer meanings is linked.
    """

    kind: str
    text: str
    rank: int


@dataclass(frozen=True, slots=True)
class LexicalSense:
    """One meaning.

    `words` are all spellings and synonyms, the usual one first; `tags` is how often the word had this meaning
    in WordNet's tagged corpus.
    """

    synset: int
    part_of_speech: PartOfSpeech
    category: Category
    words: tuple[str, ...]
    gloss: str
    examples: tuple[str, ...]
    tags: int
    relations: tuple[LexicalRelation, ...]


@dataclass(frozen=True, slots=True)
class LexicalEntry:
    """Everything in the lexicon about one headword; senses are sorted by commonness, and the first three have
    relations.
    """

    key: str
    text: str
    rank: int
    senses: tuple[LexicalSense, ...]


class Lexicon:
    """WordNet 3.1, read-only.

    One instance may serve several threads, one query at a time; opening takes a few milliseconds. Use it as a
    context manager, or call `close`. Raises LexiconMissing if the file is missing or is not a lexicon of this
    version.
    """

    def __init__(self, path: Path = DEFAULT_PATH) -> None:
        self.path = path
        self._lock = threading.Lock()
        if not path.is_file():
            raise LexiconMissing(
                f"The lexicon {path} is missing. Run `make setup` in a checkout, or reinstall the package."
            )
        try:
            # immutable: no locks and no journal, since nothing ever writes to an installed lexicon.
            self._connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise self._unreadable(error) from error
        try:
            self._connection.execute("PRAGMA cache_size = -4096")
            meta = dict(self._connection.execute("SELECT name, value FROM meta"))
            self.spellings = _both_ways(meta.get("spellings", ""))
            """By key, the other spellings of single words that mean the same mainly."""
            self._kinds: dict[int, str] = dict(self._connection.execute("SELECT id, name FROM kind"))
            self.size = int(meta["lemmas"])
            """Number of headwords."""
            self.presentable = int(meta["presentable"])
            """Headwords after this rank are slurs, numerals and single letters."""
        except (sqlite3.Error, KeyError, ValueError) as error:
            self._connection.close()
            raise self._unreadable(error) from error
        if meta.get("layout") != LAYOUT:
            self._connection.close()
            raise LexiconMissing(
                f"The lexicon {path} has layout {meta.get('layout')}, not {LAYOUT}. Run `make setup` in a"
                " checkout, or reinstall the package."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Closing twice is harmless."""
        with self._lock:
            self._connection.close()

    def lemmas(self, after_rank: int = 0, limit: int = 1000) -> list[Lemma]:
        """The next headwords in order of commonness, at most `limit`; empty at the end."""
        return [
            Lemma(*row)
            for row in self.rows(
                "SELECT rank, key, text FROM lemma WHERE rank > ? ORDER BY rank LIMIT ?", (after_rank, limit)
            )
        ]

    def find(self, keys: Iterable[str]) -> dict[str, Lemma]:
        """The headwords among the keys."""
        rows = self.rows(
            "SELECT rank, key, text FROM lemma WHERE key IN (SELECT value FROM json_each(?))",
            (as_array(keys),),
        )
        return {row[1]: Lemma(*row) for row in rows}

    def contains(self, keys: Iterable[str]) -> frozenset[str]:
        """The keys that are headwords."""
        rows = self.rows(
            "SELECT key FROM lemma WHERE key IN (SELECT value FROM json_each(?))", (as_array(keys),)
        )
        return frozenset(key for (key,) in rows)

    def starting_with(self, prefix: str, limit: int = 2000) -> list[str]:
        """Keys with this prefix, most common first."""
        rows = self.rows(
            "SELECT key FROM lemma WHERE key >= ? AND key < ? ORDER BY rank LIMIT ?",
            (prefix, prefix + LAST_CHARACTER, limit),
        )
        return [key for (key,) in rows]

    def lookup(self, keys: Collection[str]) -> dict[str, LexicalEntry]:
        """Everything about each headword, in five queries in all; keys that are not headwords are absent."""
        found = self.find(keys)
        senses: dict[int, list[Sequence[Any]]] = defaultdict(list)
        for row in self.rows(
            "SELECT s.lemma, s.synset, s.tags, y.part, y.category, y.words, y.gloss, y.examples FROM sense s"
            " JOIN synset y ON y.id = s.synset WHERE s.lemma IN (SELECT value FROM json_each(?)) ORDER BY"
            " s.lemma, s.position",
            (as_array(lemma.rank for lemma in found.values()),),
        ):
            senses[row[0]].append(row)
        wanted = {row[1] for rows in senses.values() for row in rows[:_RELATED_SENSES]}
        shared = self._relations(wanted)
        own = self._links(senses)
        synonyms = self.find(
            key_of(word)
            for rows in senses.values()
            for row in rows[:_RELATED_SENSES]
            for word in row[5].split("\n")
        )
        return {
            key: LexicalEntry(
                key,
                lemma.text,
                lemma.rank,
                tuple(
                    LexicalSense(
                        synset=row[1],
                        part_of_speech=PARTS[row[3]],
                        category=_CATEGORIES[row[4]],
                        words=tuple(row[5].split("\n")),
                        gloss=row[6],
                        examples=tuple(row[7].split("\n")) if row[7] else (),
                        tags=row[2],
                        relations=(
                            *_synonyms(key, row[5], synonyms, place),
                            *own.get((lemma.rank, row[1]), ()),
                            *shared.get(row[1], ()),
                        ),
                    )
                    for place, row in enumerate(senses[lemma.rank])
                ),
            )
            for key, lemma in found.items()
        }

    def bases(self, forms: Iterable[str]) -> dict[str, frozenset[str]]:
        """The headwords that each form is an inflection of, according to the dictionary of forms: single
        words, no phrases.
        """
        found: dict[str, set[str]] = defaultdict(set)
        for form, base in self.rows(
            "SELECT form, base FROM inflection WHERE form IN (SELECT value FROM json_each(?))",
            (as_array(forms),),
        ):
            found[form].add(base)
        return {form: frozenset(bases) for form, bases in found.items()}

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The result of one query; for this package's own modules.

        Raises LexiconMissing if the file is not readable.
        """
        try:
            with self._lock:
                return self._connection.execute(statement, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._unreadable(error) from error

    def kind_ids(self, names: Collection[str]) -> list[int]:
        """The numbers of kinds of relations in the file; for this package's own modules."""
        return [at for at, name in self._kinds.items() if name in names]

    def _relations(self, synsets: Iterable[int]) -> dict[int, list[LexicalRelation]]:
        found: dict[int, list[LexicalRelation]] = defaultdict(list)
        for synset, kind, words, rank in self.rows(
            "SELECT r.synset, r.kind, y.words, y.weight FROM json_each(?) j JOIN relation r ON r.synset ="
            " j.value JOIN synset y ON y.id = r.target WHERE r.position < ? ORDER BY r.synset, r.kind,"
            " r.position",
            (as_array(synsets), _RELATIONS_OF_A_KIND),
        ):
            found[synset].append(LexicalRelation(self._kinds[kind], words.partition("\n")[0], rank))
        return found

    def _links(self, lemmas: Iterable[int]) -> dict[tuple[int, int], list[LexicalRelation]]:
        found: dict[tuple[int, int], list[LexicalRelation]] = defaultdict(list)
        for lemma, synset, kind, text, rank in self.rows(
            "SELECT k.lemma, k.synset, k.kind, k.text, k.weight FROM json_each(?) j JOIN link k ON k.lemma ="
            " j.value ORDER BY k.lemma, k.synset, k.weight, k.target",
            (as_array(lemmas),),
        ):
            found[lemma, synset].append(LexicalRelation(self._kinds[kind], text, rank))
        return found

    def _unreadable(self, error: Exception) -> LexiconMissing:
        return LexiconMissing(
            f"The lexicon {self.path} is not readable ({error}). Run `make setup` in a checkout, or reinstall"
            " the package."
        )


def _both_ways(pairs: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs.split():
        one, _, other = pair.partition(":")
        found[one] = (*found.get(one, ()), other)
        found[other] = (*found.get(other, ()), one)
    return found


def _synonyms(key: str, words: str, found: Mapping[str, Lemma], place: int) -> Iterator[LexicalRelation]:
    for word in words.split("\n") if place < _RELATED_SENSES else ():
        other = key_of(word)
        if other != key and other in found:
            yield LexicalRelation("synonym", word, found[other].rank)


def as_array(values: Iterable[object]) -> str:
    """The values as one query parameter for json_each; for this package's own modules."""
    return json.dumps(sorted(set(values), key=str), ensure_ascii=False)
