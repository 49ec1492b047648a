"""What a person types, as an FTS5 query."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from flows.stores.matching import Terms
from flows.stores.rules import Filter

COMMON = 5_000
"""A term in more entries than this is too common to rank by: matches are then shown latest first."""
_TEXTS = "{word definition related_concepts examples explanation}"


@dataclass(frozen=True, kw_only=True)
class TextQuery:
    """Terms that an entry's texts must all contain. `terms` are FTS5 expressions."""

    terms: tuple[str, ...]

    @classmethod
    def parse(cls, query: str) -> Self | None:
        """The terms of a query; the last one may be incomplete. None if there is nothing to search for."""
        found = Terms.parse(query)
        if found is None:
            return None
        terms = [f'{_TEXTS} : "{word}"' for word in found.words]
        if found.is_open:
            terms[-1] += " *"
        return cls(terms=tuple(dict.fromkeys(terms)))

    def match(self, condition: Filter | None) -> str:
        """The complete expression.

        With a condition, the index itself skips the entries that do not meet it.
        """
        facets = (
            (f'facets : "{re.sub("[-_]", "", "".join(condition)).replace("jobid", "job")}"',)
            if condition
            else ()
        )
        return " AND ".join((*facets, *self.terms))
