"""The answers of a wiki's Action API, and the path from a requested title to its page (facts:
mediawiki.org/wiki/API:Query).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from pydantic import BaseModel, Field

from flows.knowledge import Citation

LICENCE = "CC BY-SA 4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by-sa/4.0/"
MAX_TITLE_BYTES = 255
_MOST_STEPS = 10
_NO_TITLE = re.compile(r"[#<>\[\]{}|\x00-\x1f\x7f\ufffd]|^[:\s]|~{3}")
_LONGEST_URL = 2000


class Slot(BaseModel):
    """One part of a revision."""

    content: str = ""


class Revision(BaseModel):
    """One version of a page."""

    revid: int | None = None
    slots: dict[str, Slot] = Field(default_factory=dict)


class WikiPage(BaseModel):
    """A page as the API returns it in format version 2; properties not asked for are empty.

    Unknown keys are ignored.
    """

    title: str
    ns: int = 0
    missing: bool = False
    invalid: bool = False
    lastrevid: int | None = None
    canonicalurl: str = ""
    extract: str = ""
    pageprops: dict[str, Any] | list[Any] = Field(default_factory=dict)
    revisions: list[Revision] = Field(default_factory=list)

    @property
    def is_disambiguation(self) -> bool:
        """Whether it only lists the pages that share its name."""
        return "disambiguation" in self.pageprops

    @property
    def wikitext(self) -> str:
        """The source of the newest revision, if it was requested."""
        return self.revisions[0].slots.get("main", Slot()).content if self.revisions else ""


class TitleStep(BaseModel):
    """One step from a title to another: a normalisation or a redirect."""

    from_: str = Field(alias="from")
    to: str
    fromencoded: bool = False


class WikiQuery(BaseModel):
    """The `query` of an answer, all its continuations merged."""

    normalized: list[TitleStep] = Field(default_factory=list)
    redirects: list[TitleStep] = Field(default_factory=list)
    pages: list[WikiPage] = Field(default_factory=list)


@dataclass(frozen=True)
class FoundPage:
    """The page that a requested title led to."""

    page: WikiPage
    is_redirected: bool = False
    """Whether the title belongs to another page than this one, which may cover a broader subject."""


def may_be_title(text: str) -> bool:
    """Whether a page can have this title; an invalid one may even name another page, as “C#” names “C”."""
    return (
        bool(text.strip())
        and not _NO_TITLE.search(text)
        and len(text.encode(errors="replace")) <= MAX_TITLE_BYTES
    )


def title_of(text: str) -> str:
    """A title as the API returns it unchanged: NFC, single white space, no underscores."""
    return " ".join(unicodedata.normalize("NFC", text.replace("_", " ")).split())


def find_pages(asked: Iterable[str], query: WikiQuery) -> dict[str, FoundPage]:
    """The article that each title led to, through normalisations and chains of redirects.

    Titles of missing pages, of other name spaces and of other wikis are absent, and those whose redirects
    form a circle or exceed ten steps. Two titles may lead to one page.
    """
    normal = {unquote(step.from_) if step.fromencoded else step.from_: step.to for step in query.normalized}
    redirects = {step.from_: step.to for step in query.redirects}
    pages = {
        page.title: page for page in query.pages if not page.missing and not page.invalid and page.ns == 0
    }
    found = {}
    for title in asked:
        start = normal.get(title, title)
        end = _follow(start, redirects)
        if end is not None and end in pages:
            found[title] = FoundPage(pages[end], is_redirected=end != start)
    return found


def cite(
    page: WikiPage, *, source: str, quote_: str, fragment: str = "", now: datetime, fallback_url: str
) -> Citation:
    """A complete attribution, as the licence of Wikimedia's texts requires."""
    url = page.canonicalurl
    if not url.startswith(("https://", "http://")) or len(url) > _LONGEST_URL:
        url = f"{fallback_url}{quote(page.title.replace(' ', '_'), safe=':/')}"
    revision = page.revisions[0].revid if page.revisions else page.lastrevid
    return Citation(
        source=source,
        title=page.title,
        url=url + fragment,
        revision=None if revision is None else str(revision),
        licence=LICENCE,
        licence_url=LICENCE_URL,
        retrieved_at=now,
        quote=quote_,
    )


def merge_queries(queries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One query merged from answers that continue one another: later ones fill what was missing in a page."""
    pages: dict[str, dict[str, Any]] = {}
    steps: dict[str, dict[str, Any]] = {"normalized": {}, "redirects": {}}
    for query in queries:
        for kind, seen in steps.items():
            seen.update({step["from"]: step for step in query.get(kind, ())})
        for page in query.get("pages", ()):
            pages.setdefault(page["title"], {}).update(page)
    return {"pages": list(pages.values()), **{kind: list(seen.values()) for kind, seen in steps.items()}}


def _follow(title: str, redirects: Mapping[str, str]) -> str | None:
    seen = {title}
    while title in redirects:
        title = redirects[title]
        if title in seen or len(seen) > _MOST_STEPS:
            return None
        seen.add(title)
    return title
