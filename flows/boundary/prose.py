"""A sentence or a definition without what a model puts around it."""

from __future__ import annotations

import html
import re

from flows.boundary import terms, thoughts
from flows.boundary.text import clean_text
from flows.core.words import word_key

_TAGS = re.compile(
    r"<(?P<tag>b|i|u|em|strong|code|mark|p|span|q)>(?P<inside>.*?)</(?P=tag)>", re.DOTALL | re.IGNORECASE
)
_BREAKS = re.compile(r"(?<=[.!?…])\s*(?:<(?:br|hr)\s*/?>\s*)+", re.IGNORECASE)
_EMPHASIS = re.compile(r"(?<![\w*_])(?P<mark>\*\*|\*|_)(?=\S)(?P<inside>[^*_\n]*[^*_\s])(?P=mark)(?![\w*_])")
_NUMBERED = re.compile(r"(?:\(?\d{1,2}[.)]|[-*•–—+]|\d\ufe0f?\u20e3)\s+(?=\S)")
_CITED = re.compile(r"\s*(?:\[\d{1,3}\]|【[^【】]{1,40}】)")
_LABELLED = re.compile(
    r"(?P<label>[^:\n–—]{1,80}?)(?P<kind>\s*\((?P<part>[^()]{1,30})\))?\s*(?::|\s[-–—])\s+(?=\S)"
)
_KIND = re.compile(r"\(?(?P<part>[^():.\n]{1,30})(?:\)|:|\.)\s+(?=\S)")
_LABELS = frozenset({"definition", "def", "meaning", "gloss", "text", "example", "explanation", "sentence"})
_QUOTES = ('""', "“”", "«»", "„“")


def undressed(text: str, key: str) -> str:
    """The text without thoughts, special tokens, tags, entities, emphasis, a number, a citation, and a label
    before it: for the key "cat", "**Cat** (noun): a pet" becomes "a pet". Whatever is part of the sentence
    stays.
    """
    text = thoughts.without_thoughts(text)
    text = _TAGS.sub(lambda found: found["inside"], _BREAKS.sub("\n\n" if "\n" in text else " ", text))
    if "&" in text:
        text = clean_text(html.unescape(text), keep_lines=True)
    before = None
    while before != text:
        before, text = text, _EMPHASIS.sub(lambda found: found["inside"], text)
    text = _CITED.sub("", text)
    if (found := _NUMBERED.match(text)) is not None:
        text = text[found.end() :]
    text = _unlabelled(text, key)
    if len(text) > 2 and text[0] + text[-1] in _QUOTES and text[0] not in text[1:-1]:
        text = text[1:-1].strip()
    return text.strip()


def _unlabelled(text: str, key: str) -> str:
    """The text without the part of speech, and without the word or "definition" before a colon."""
    if (found := _LABELLED.match(text)) is not None:
        label = word_key(terms.bare(found["label"]))
        is_part = found["part"] is None or terms.word_class(found["part"]) is not None
        if is_part and key and label in {key, word_key(terms.bare(key)), *_LABELS}:
            text = text[found.end() :]
    found = _KIND.match(text)
    if (
        found is not None
        and found["part"].casefold() in _PARTS
        and (text[0] == "(" or text[found.end("part")] != ")")
    ):
        text = text[found.end() :]
    return text


_PARTS = frozenset({"noun", "verb", "adjective", "adverb", "phrase", "n", "v", "adj", "adv", "idiom"})
