"""What the world's models know of a word: what the lexicon has, completed where a writer would
complete it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from flows.core.words import form_problem, tokens, word_key
from flows.lexicon import compose
from flows.lexicon.reader import LexicalEntry, LexicalSense, Lexicon

MOST_WORDS = 30
_ENOUGH = 90
"""The length in characters at which a definition gets nothing more."""
_SENTENCES = {
    "noun": ("The {} was the first thing that they noticed.", "She wrote a short note about the {}."),
    "verb": ("They had to {} before the evening came.", "Nobody there knew how to {}."),
    "adjective": ("It looked quite {} to all of them.", "He called the whole plan {}."),
    "adverb": ("She did it {} and went home.", "The work was done {}."),
}
_CLOSE = ("example", "subject", "meaning", "language", "description", "term", "concept")


@dataclass(frozen=True)
class Truth:
    """One word with what may be said of it.

    `entry` is None for a word that the lexicon lacks, such as an invented one.
    """

    word: str
    entry: LexicalEntry | None
    lexicon: Lexicon
    evidence: str = ""

    @cached_property
    def sense(self) -> LexicalSense | None:
        """The meaning that the evidence speaks of, or the common one."""
        if self.entry is None:
            return None
        told = set(tokens(self.evidence))
        # Of equals max takes the first, which is the common one.
        return max(
            self.entry.senses,
            key=lambda sense: len(told.intersection(tokens(sense.gloss))) / (4 + len(tokens(sense.gloss))),
        )

    @property
    def part_of_speech(self) -> str:
        return self.sense.part_of_speech if self.sense else "noun"

    @property
    def category(self) -> str:
        return self.sense.category.value if self.sense else "communication"

    @cached_property
    def definition(self) -> str:
        """15 to 600 characters, at most 30 words, mostly without the word itself."""
        if self.sense is None:
            told = self.evidence.split()
            return (
                " ".join(told[:MOST_WORDS])
                if len(told) > 4
                else "A name whose meaning is known to few people and recorded in no large dictionary."
            )
        parts = [self.sense.gloss]
        for addition in self._additions():
            if len("; ".join(parts)) >= _ENOUGH:
                break
            parts.append(addition)
        text = _cut("; ".join(parts), MOST_WORDS)
        return _capital(
            text if len(text) >= compose.SHORTEST or self.entry is None else compose.definition(self.entry)
        )

    @cached_property
    def related(self) -> tuple[str, ...]:
        """Five words: linked ones by turns, then words of the definition, then general ones."""
        found: dict[str, str] = {}
        for word in (*self._linked(), *self._mentioned(), *_CLOSE):
            if word_key(word) != word_key(self.word) and form_problem(word) is None:
                found.setdefault(word_key(word), word)
        return tuple(found.values())[:5]

    @property
    def relations(self) -> tuple[Mapping[str, str], ...]:
        found = self.sense.relations if self.sense else ()
        return tuple(
            {"kind": relation.kind, "word": relation.text}
            for relation in found
            if word_key(relation.text) != word_key(self.word)
        )[:5]

    @cached_property
    def examples(self) -> tuple[str, ...]:
        """Two sentences with the word in them, as it is."""
        found = [
            example
            for example in (self.sense.examples if self.sense else ())
            if self._stands_in(example) and 3 <= len(example.split()) <= 12
        ]
        return tuple(
            [*found, *(sentence.format(self.word) for sentence in _SENTENCES[self.part_of_speech])][:2]
        )

    @property
    def senses(self) -> tuple[Mapping[str, object], ...]:
        senses = self.entry.senses[:3] if self.entry else ()
        return tuple(
            {
                "part_of_speech": s.part_of_speech,
                "gloss": s.gloss,
                "examples": list(s.examples[:1]),
                "category": s.category.value,
            }
            for s in senses
        )

    @cached_property
    def explanation(self) -> str:
        """60 to 120 words, where the lexicon has as many."""
        text = compose.explanation(self.entry, self.lexicon.presentable) if self.entry else self.definition
        words = text.split()
        if len(words) < 60:
            words += (
                f"{self.definition} The word belongs to the field of {self.category}."
                f" {' '.join(self.examples)}".split()
            )
        return _cut(" ".join(words), 120)

    @property
    def applications(self) -> tuple[str, ...]:
        found = compose.applications(self.entry) if self.entry else ()
        return (*found, f"Speaking of {self.related[0]}", f"Writing about {self.related[1]}")[:3]

    @property
    def misconceptions(self) -> tuple[str, ...]:
        return (f"It is not the same as {self.related[2]}, though the two are often named together.",)

    def _linked(self) -> Iterator[str]:
        by_kind: dict[str, list[str]] = {}
        for relation in self.sense.relations if self.sense else ():
            by_kind.setdefault(relation.kind, []).append(relation.text)
        for turn in zip_longest(*by_kind.values()):
            yield from (word for word in turn if word is not None)

    def _mentioned(self) -> list[str]:
        """Words of the meaning that are headwords themselves, the rarest first, since common ones tell
        little.
        """
        if self.sense is None:
            return []
        found = self.lexicon.find(token for token in tokens(self.sense.gloss) if len(token) > 3)
        return [lemma.text for lemma in sorted(found.values(), key=lambda lemma: -lemma.rank)]

    def _stands_in(self, text: str) -> bool:
        return re.search(rf"(?<!\w){re.escape(word_key(self.word))}(?!\w)", word_key(text)) is not None

    def _additions(self) -> Iterable[str]:
        assert self.sense is not None
        own = word_key(self.word)
        for kind, pattern in (
            ("kind of", "a kind of {}"),
            ("synonym", "also called {}"),
            ("parts", "with parts such as {}"),
            ("kinds", "for example {}"),
        ):
            for relation in self.sense.relations:
                if (
                    relation.kind == kind
                    and own not in tokens(relation.text)
                    and word_key(relation.text) != own
                ):
                    yield pattern.format(relation.text)
                    break


class Library:
    """Looks words up, many at once."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon

    def of(self, words: Sequence[str], evidence: Mapping[str, str] | None = None) -> dict[str, Truth]:
        """The truth about each word, by the word as asked."""
        keys = {word: word_key(word) for word in words}
        entries = self.lexicon.lookup(set(keys.values()))
        return {
            word: Truth(word, entries.get(key), self.lexicon, (evidence or {}).get(word, ""))
            for word, key in keys.items()
        }


def _cut(text: str, most_words: int) -> str:
    words = text.split()
    return text if len(words) <= most_words else " ".join(words[:most_words]).rstrip(" ,;:")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
