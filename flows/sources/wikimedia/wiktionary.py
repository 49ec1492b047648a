"""Wiktionary as a research source: meanings of words on which Wikipedia has nothing, up to fifty titles per
request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from flows.boundary.wikitext import Meaning, WikitextPage, read_page
from flows.knowledge import Evidence, Word, utc_now
from flows.sources.base import MOST_SENSES, Partial
from flows.sources.wikimedia.action_api import ActionApi
from flows.sources.wikimedia.expander import Expander
from flows.sources.wikimedia.wiki import WikiPage, cite

_Read = tuple[WikiPage, tuple[Meaning, ...]]

_PAGES = {"prop": "revisions|info", "rvprop": "ids|content", "rvslots": "main", "inprop": "url"}


class Wiktionary:
    """Evidence from the numbered meanings of a word's English section.

    Titles are case-sensitive there, so each word is requested as written and with the case of its first
    letter swapped. A word that is only a form of another, as “mice” is, gets the other word's meanings.
    Templates that our reader does not know are expanded by the wiki; where it can't be asked, the meanings
    that hold them are left out. The caller closes the API.
    """

    name = "wiktionary"
    batch_size = 25
    stands_in_for: str | None = "wikipedia"

    def __init__(self, api: ActionApi, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._api = api
        self._clock = clock
        self._expander = Expander(api)

    async def look_up(
        self,
        words: Sequence[Word],
        *,
        topic: str | None = None,  # noqa: ARG002  all meanings count
    ) -> Mapping[str, tuple[Evidence, ...]]:
        """At most three meanings per word, current ones first; words without an English meaning are
        absent. Partial if templates could not be expanded now.
        """
        titles = {word: _spellings(word.text) for word in words}
        pages, unsure = await self._read([title for spellings in titles.values() for title in spellings])
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
        of_lemmas, unsure_lemmas = await self._lemmas(forms)
        found_ = evidence | of_lemmas
        unsure_keys = {word.key for word, spellings in titles.items() if unsure & set(spellings)}
        unsure_keys |= {key for key, form in forms.items() if form.form_of in unsure_lemmas}
        return Partial(found_, unsure=unsure_keys) if unsure_keys else found_

    async def _read(self, titles: Sequence[str]) -> tuple[dict[str, _Read], set[str]]:
        """Pages with meanings, by requested title, and the titles for which more may be found later."""
        found = await self._api.find(list(dict.fromkeys(titles)), **_PAGES) if titles else {}
        pages = {title: item.page for title, item in found.items()}
        # In a thread, since fifty long pages take half a second.
        read = await asyncio.to_thread(_read_all, pages, {})
        wanted = {title: page.unknown for title, page in read.items() if page.unknown}
        unsure: set[str] = set()
        if wanted:
            expansions, is_all = await self._expander.expand(wanted)
            read |= await asyncio.to_thread(_read_all, {title: pages[title] for title in wanted}, expansions)
            unsure = set() if is_all else {title for title in wanted if read[title].unknown}
        return {title: (pages[title], page.meanings) for title, page in read.items() if page.meanings}, unsure

    async def _lemmas(self, forms: Mapping[str, Meaning]) -> tuple[dict[str, tuple[Evidence, ...]], set[str]]:
        """The meanings of the lemmas of forms, and the lemmas for which more may be found later.

        If a lemma is itself a form, it is not followed further.
        """
        pages, unsure = await self._read([form.form_of for form in forms.values() if form.form_of])
        evidence = {}
        for key, form in forms.items():
            page, found = pages.get(form.form_of or "", (None, ()))
            telling = [meaning for meaning in found if meaning.form_of is None]
            same_part = [
                meaning for meaning in telling if meaning.part_of_speech == form.part_of_speech
            ] or telling
            if page is not None and same_part:
                evidence[key] = self._pieces(page, same_part, opening=f"{form.text.rstrip('.')}: ")
        return evidence, unsure

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


def _read_all(
    pages: Mapping[str, WikiPage], expansions: Mapping[str, Mapping[str, str]]
) -> dict[str, WikitextPage]:
    return {
        title: read_page(page.wikitext, expansions=expansions.get(title)) for title, page in pages.items()
    }


def _spellings(text: str) -> tuple[str, ...]:
    """Titles under which a word may appear, likeliest first."""
    other = text[:1].upper() + text[1:] if text == text.lower() else text.lower()
    return tuple(dict.fromkeys((text, other)))
