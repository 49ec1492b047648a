"""Wiktionary as a research source: meanings of words on which Wikipedia has nothing, up to fifty titles per
request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from flows.boundary.wikitext import Meaning, meanings
from flows.knowledge import Evidence, Word, utc_now
from flows.sources.wikimedia.action_api import ActionApi
from flows.sources.wikimedia.wiki import WikiPage, cite

MOST_SENSES = 3
_PAGES = {"prop": "revisions|info", "rvprop": "ids|content", "rvslots": "main", "inprop": "url"}


class Wiktionary:
    """Evidence from the numbered meanings of a word's English section.

    Titles are case-sensitive there, so each word is requested as written and with the case of its first
    letter swapped. A word that is only a form of another, as “mice” is, gets the other word's meanings. The
    caller closes the API.
    """

    name = "wiktionary"
    batch_size = 25
    stands_in_for: str | None = "wikipedia"

    def __init__(self, api: ActionApi, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._api = api
        self._clock = clock

    async def look_up(
        self,
        words: Sequence[Word],
        *,
        topic: str | None = None,  # noqa: ARG002  all meanings count
    ) -> Mapping[str, tuple[Evidence, ...]]:
        """At most three meanings per word, current ones first; words without an English meaning are
        absent.
        """
        titles = {word: _spellings(word.text) for word in words}
        pages = await self._read([title for spellings in titles.values() for title in spellings])
        entries: dict[str, tuple[WikiPage, Sequence[Meaning]]] = {}
        forms: dict[str, Meaning] = {}
        for word, spellings in titles.items():
            for page, found in (pages[title] for title in spellings if title in pages):
                telling = [meaning for meaning in found if meaning.form_of is None]
                if telling:
                    entries[word.key] = page, telling
                    forms.pop(word.key, None)
                    break
                forms.setdefault(word.key, found[0])
        evidence = {key: self._pieces(page, found) for key, (page, found) in entries.items()}
        return evidence | await self._lemmas(forms)

    async def _read(self, titles: Sequence[str]) -> dict[str, tuple[WikiPage, tuple[Meaning, ...]]]:
        """Pages with meanings, by requested title."""
        found = await self._api.find(list(dict.fromkeys(titles)), **_PAGES) if titles else {}
        # In a thread, since fifty long pages take half a second.
        return await asyncio.to_thread(_with_meanings, {title: item.page for title, item in found.items()})

    async def _lemmas(self, forms: Mapping[str, Meaning]) -> dict[str, tuple[Evidence, ...]]:
        """The meanings of the lemmas of forms. A lemma that is itself a form is not followed further."""
        pages = await self._read([form.form_of for form in forms.values() if form.form_of])
        evidence = {}
        for key, form in forms.items():
            page, found = pages.get(form.form_of or "", (None, ()))
            telling = [meaning for meaning in found if meaning.form_of is None]
            same_part = [
                meaning for meaning in telling if meaning.part_of_speech == form.part_of_speech
            ] or telling
            if page is not None and same_part:
                evidence[key] = self._pieces(page, same_part, opening=f"{form.text.rstrip('.')}: ")
        return evidence

    def _pieces(self, page: WikiPage, found: Sequence[Meaning], *, opening: str = "") -> tuple[Evidence, ...]:
        now = self._clock()
        return tuple(
            Evidence(
                source=self.name,
                text=opening + meaning.text,
                part_of_speech=meaning.part_of_speech,
                citation=cite(
                    page,
                    source="Wiktionary",
                    quote_=meaning.text,
                    fragment="#English",
                    now=now,
                    fallback_url=self._api.pages_url,
                ),
            )
            for meaning in found[:MOST_SENSES]
        )


def _with_meanings(pages: Mapping[str, WikiPage]) -> dict[str, tuple[WikiPage, tuple[Meaning, ...]]]:
    read = {title: (page, meanings(page.wikitext)) for title, page in pages.items()}
    return {title: (page, senses) for title, (page, senses) in read.items() if senses}


def _spellings(text: str) -> tuple[str, ...]:
    """Titles under which a word may appear, likeliest first."""
    other = text[:1].upper() + text[1:] if text == text.lower() else text.lower()
    return tuple(dict.fromkeys((text, other)))
