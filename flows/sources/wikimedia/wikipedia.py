"""Wikipedia as a research source: the introductions of articles, twenty words per request."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from flows.boundary.remains import visible, without_hollow_brackets
from flows.core.evidence import stem, trim
from flows.core.words import tokens, word_key
from flows.knowledge import Evidence, Word, utc_now
from flows.sources.wikimedia.action_api import ActionApi
from flows.sources.wikimedia.wiki import FoundPage, cite

MOST_CHARACTERS = 600
"""Most characters of an introduction used as evidence."""
QUOTE_CHARACTERS = 300
_LONGEST_TOPIC = 60
_READ_CHARACTERS = 8000
_INTRODUCTIONS = {
    "prop": "extracts|pageprops|info",
    "exintro": "1",
    "explaintext": "1",
    "exlimit": "20",
    "ppprop": "disambiguation",
    "inprop": "url",
}
_QUALIFIER = re.compile(r"\s*\([^()]*\)$")
_LISTS_MEANINGS = re.compile(
    r"[^\n]*\b(?:refers? to|stands? for|may be|is the name of)\b[^\n.]*:\s*(?:\n|\Z)"
)
_FORMULA = re.compile(r"^.*\\(?:display|text)style.*$", re.MULTILINE)
_TAGS = (
    "a|abbr|b|big|blockquote|br|center|chem|cite|code|del|dfn|div|em|font|gallery|h[1-6]|hr|i|img|indicator"
    "|ins|kbd|li|link|math|meta|nobr|noinclude|nowiki|ol|onlyinclude|p|poem|pre|q|ref|references|rp|rt|ruby|s"
    "|samp|score|section|small|source|span|strike|strong|style|sub|sup|syntaxhighlight|table|tbody|td"
    "|templatestyles|th|time|timeline|tr|tt|u|ul|var|wbr"
)
_TAG = re.compile(
    rf"</?(?:{_TAGS})(?:\s+[\w:-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+))*\s*/?>"
    r"|<!--.*?-->|<!doctype\b[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)
"""A tag that HTML or MediaWiki knows, without other words in it: “a<b and b>c” compares."""
_SPACES = re.compile(r"[^\S\n]+")


class Wikipedia:
    """Evidence from the sentences of an article's introduction that mention the word.

    A disambiguation page is never evidence: with a topic, the article “word (topic)” is requested; otherwise
    nothing is found. The caller closes the API.
    """

    name = "wikipedia"
    batch_size = 20
    stands_in_for: str | None = None

    def __init__(self, api: ActionApi, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._api = api
        self._clock = clock

    async def look_up(
        self, words: Sequence[Word], *, topic: str | None = None
    ) -> Mapping[str, tuple[Evidence, ...]]:
        """One piece of evidence per word; words without an article, or with one on another subject, are
        absent.
        """
        found = await self._api.find([word.text for word in words], **_INTRODUCTIONS)
        evidence = self._evidence({word: found[word.text] for word in words if word.text in found})
        many = {
            word: _with_topic(word, topic)
            for word in words
            if word.text in found and _lists_meanings(found[word.text])
        }
        if topic and many and len(topic) <= _LONGEST_TOPIC:
            found = await self._api.find(list(many.values()), **_INTRODUCTIONS)
            evidence |= self._evidence({word: found[title] for word, title in many.items() if title in found})
        return evidence

    def _evidence(self, found: Mapping[Word, FoundPage]) -> dict[str, tuple[Evidence, ...]]:
        now = self._clock()
        pieces: dict[str, tuple[Evidence, ...]] = {}
        for word, item in found.items():
            text = introduction(word, item)
            if text:
                quote = trim(text, word=word.text, limit=QUOTE_CHARACTERS)
                citation = cite(
                    item.page, source="Wikipedia", quote_=quote, now=now, fallback_url=self._api.pages_url
                )
                pieces[word.key] = (Evidence(source=self.name, text=text, citation=citation),)
        return pieces


def introduction(word: Word, found: FoundPage) -> str:
    """What an article's introduction says about a word, at most 600 characters; empty if it covers another
    subject.

    An article reached through another title must mention the word, so that a broader article is not quoted
    for it. A word in small letters is not what an introduction capitalises within its sentences, as “turkey”
    is not “Turkey”: titles do not tell the two apart.
    """
    if _lists_meanings(found):
        return ""
    text = plain(found.page.extract)
    title = _QUALIFIER.sub("", found.page.title)
    is_itself = not found.is_redirected and word_key(title) == word_key(_QUALIFIER.sub("", word.text))
    if (not is_itself and not _mentions(text, word)) or _is_a_name(word.text, text):
        return ""
    return trim(text, word=word.text, limit=MOST_CHARACTERS)


def plain(extract: str) -> str:
    """An extract without formulas, tags, hidden characters and the hollow brackets left by removed
    pronunciations.
    """
    text = _SPACES.sub(" ", _TAG.sub(" ", _FORMULA.sub("", visible(extract[:_READ_CHARACTERS]))))
    return "\n".join(map(without_hollow_brackets, text.split("\n"))).strip()


def _with_topic(word: Word, topic: str | None) -> str:
    return f"{word.text} ({topic})"


def _lists_meanings(found: FoundPage) -> bool:
    return found.page.is_disambiguation or bool(
        _LISTS_MEANINGS.match(found.page.extract[:_READ_CHARACTERS].lstrip())
    )


def _mentions(text: str, word: Word) -> bool:
    return set(map(stem, tokens(word.key))) <= set(map(stem, tokens(text)))


def _is_a_name(word: str, text: str) -> bool:
    """Whether a text never has the lower-case word, and capitalises it inside a sentence at least once."""
    if not word[:1].islower():
        return False
    name = re.escape(word[:1].upper() + word[1:])
    return (
        not re.search(rf"\b{re.escape(word)}", text)
        and re.search(rf"(?:[^\W\d_]|,)\s+{name}\b", text) is not None
    )
