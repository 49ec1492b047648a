"""What a person types, as terms, and whether texts hold them all: the rule of the full-text search."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

SHORTEST_PREFIX = 3
MOST_TERMS = 12


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Words that must all be in the texts, each as a whole; the last may be incomplete if `is_open`."""

    words: tuple[str, ...]
    is_open: bool

    @classmethod
    def parse(cls, query: str) -> Self | None:
        """The terms of a query. None if there is nothing to search for."""
        words = tuple(_tokens(query))[:MOST_TERMS]
        if not words:
            return None
        return cls(words=words, is_open=len(words[-1]) >= SHORTEST_PREFIX and _is_token(query[-1]))

    def are_in(self, texts: Iterable[str]) -> bool:
        """Whether every term is in one of the texts, without regard to case and accents."""
        found = {_folded(word) for text in texts for word in _tokens(text)}
        *whole, last = map(_folded, self.words)
        if not found.issuperset(whole):
            return False
        return last in found or (self.is_open and any(word.startswith(last) for word in found))


def _tokens(text: str) -> list[str]:
    return "".join(c if _is_token(c) else " " for c in text).split()


def _is_token(c: str) -> bool:
    """Whether the tokenizer `unicode61` treats the character as part of a word: letters, numbers, their
    marks, private use.
    """
    category = unicodedata.category(c)
    return category[0] in "LNM" or category == "Co"


def _folded(word: str) -> str:
    plain = unicodedata.normalize("NFD", word.lower())
    return "".join(c for c in plain if unicodedata.category(c) != "Mn")
