"""Which of the words that were asked for a name in an answer means."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from typing import Any

from flows.boundary import terms
from flows.boundary.text import clean_text
from flows.core.identity.graphics import graphical_key
from flows.core.words import word_key
from flows.models.base import WORD_CHARACTERS

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


class Wanted:
    """The keys of the words that were asked for, and what else an answer may call them."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = frozenset(keys)
        alike: dict[str, list[str]] = {}
        for key in self.keys:
            for form in {graphical_key(key), graphical_key(word_key(terms.bare(key)))}:
                alike.setdefault(form, []).append(key)
        self._alike = {graphical: keys[0] for graphical, keys in alike.items() if len(keys) == 1}

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, name: str) -> tuple[str, int] | None:
        """The wanted key that a name means, and how far the name is from it: 0 if it is the key itself;
        None if it means none.
        """
        given = clean_text(name, limit=WORD_CHARACTERS)
        forms: tuple[Callable[[str], str], ...] = (str, _unescaped, terms.headword, terms.bare)
        for rank, form in enumerate(forms):
            if (key := word_key(form(given))) in self.keys:
                return key, rank
        for rank, form in enumerate(forms, len(forms)):
            alike = self._alike.get(graphical_key(word_key(form(given))))
            if alike is not None:
                return alike, rank
        return None

    def means(self, name: Any) -> str:  # noqa: ANN401  any JSON
        """The wanted key that a name means, or nothing."""
        found = self.find(name) if isinstance(name, str) else None
        return found[0] if found is not None else ""


def _unescaped(name: str) -> str:
    """A name as it was before being escaped once too often for HTML or JSON."""
    return html.unescape(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), name))
