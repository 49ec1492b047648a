"""What a wiki holds under a title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Page:
    """A page with its texts: `intro` and `more` as plain text, `wikitext` as it is written."""

    title: str
    page_id: int
    intro: str = ""
    more: str = ""
    wikitext: str = ""
    is_disambiguation: bool = False
    links: tuple[str, ...] = ()

    @property
    def revision(self) -> int:
        return 1_200_000_000 + self.page_id

    @property
    def wikibase_item(self) -> str:
        return f"Q{self.page_id}"


@dataclass(frozen=True)
class Redirect:
    """A page that only leads to another one."""

    to: str
    fragment: str | None = None


@dataclass(frozen=True)
class Tricks:
    """What a fault plan does to one answer, by word keys: titles that lead to each other, pages with orders
    in them.
    """

    looping: frozenset[str] = frozenset()
    poisoned: Mapping[str, str] = field(default_factory=dict)


NO_TRICKS = Tricks()


class Site(Protocol):
    """One wiki. `capitalises` tells that a title's first letter is a capital always."""

    name: str
    host: str
    capitalises: bool

    def find(self, titles: Sequence[str], tricks: Tricks = ...) -> Mapping[str, Page | Redirect]:
        """What is there of the titles, which are written as the wiki writes them."""
        ...
