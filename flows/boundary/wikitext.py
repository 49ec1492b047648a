"""A Wiktionary page read into meanings (facts: en.wiktionary.org/wiki/Wiktionary:Entry_layout)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from flows.boundary.markup import Expansions, read_markup
from flows.boundary.reading import Reading
from flows.core.words import printable
from flows.knowledge import PartOfSpeech

LONGEST_SECTION = 300_000
"""Most characters read of one language's section; the longest in 2026 has about 150,000."""
MOST_MEANINGS = 40
MOST_OF_A_PART = 10
"""Most meanings read under one heading; the common ones come first."""
MEANING_CHARACTERS = 300
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SENSE = re.compile(r"(#+)(?![:*#])[ \t]*(.*)")
_MARKUP = re.compile(r"\{\{|\}\}|\[\[|\]\]|<[a-z/]|\||-\{|\}-|&#?\w{1,12};")
_FEWEST_LETTERS = 1 / 3
"""Share of letters below which a text is no sentence."""
_PARTS_OF_SPEECH: Mapping[str, PartOfSpeech | None] = {
    "noun": "noun",
    "proper noun": "noun",
    "verb": "verb",
    "adjective": "adjective",
    "adverb": "adverb",
    "phrase": "phrase",
    "idiom": "phrase",
    "proverb": "phrase",
    "prepositional phrase": "phrase",
    "verb phrase": "phrase",
    "abbreviation": "noun",
    "acronym": "noun",
    "initialism": "noun",
    "interjection": None,
    "preposition": None,
    "postposition": None,
    "pronoun": None,
    "conjunction": None,
    "determiner": None,
    "article": None,
    "numeral": None,
    "number": None,
    "particle": None,
    "contraction": None,
    "prefix": None,
    "suffix": None,
    "affix": None,
    "combining form": None,
    "interfix": None,
    "infix": None,
    "symbol": None,
    "letter": None,
}
"""Headings that hold meanings; None for a part of speech that our entries do not have."""
_FADED = re.compile(r"\b(?:obsolete|archaic|dated|rare|nonstandard|proscribed)\b")


@dataclass(frozen=True)
class Meaning:
    """One meaning of a word in plain text, prefixed with its labels in brackets, without usage examples and
    quotations.

    `form_of` is the lemma if the meaning only says that the word is a form of it, as “plural of mouse” does.
    """

    part_of_speech: PartOfSpeech | None
    text: str
    form_of: str | None = None
    is_faded: bool = False
    """Whether the label marks a meaning as out of use."""


@dataclass(frozen=True)
class WikitextPage:
    """A page as read: its meanings, and its unknown templates, as written, in page order.

    Read the page again with the wiki's expansions of these.
    """

    meanings: tuple[Meaning, ...]
    unknown: tuple[str, ...] = ()


def meanings(
    wikitext: str, *, language: str = "English", expansions: Expansions | None = None
) -> tuple[Meaning, ...]:
    """The meanings in one language, at most ten per heading and 40 in all: current ones before faded ones,
    otherwise in page order.

    A meaning that cannot be expanded completely is left out.
    """
    return read_page(wikitext, language=language, expansions=expansions).meanings


def read_page(
    wikitext: str, *, language: str = "English", expansions: Expansions | None = None
) -> WikitextPage:
    """The meanings, as in `meanings`, and the templates that the wiki would have to expand to get all of
    them.
    """
    read_: list[Meaning] = []
    unknown: list[str] = []
    for part_of_speech, lines in _parts(_section(wikitext, language)):
        for reading in islice(_senses(lines, expansions), MOST_OF_A_PART):
            unknown += reading.unknown
            meaning = _meaning(part_of_speech, reading)
            if meaning is not None and meaning not in read_:
                read_.append(meaning)
    found = sorted(read_[:MOST_MEANINGS], key=lambda meaning: meaning.is_faded)
    return WikitextPage(tuple(found), tuple(dict.fromkeys(unknown)))


def _section(wikitext: str, language: str) -> list[str]:
    lines: list[str] = []
    is_inside, room = False, LONGEST_SECTION
    for line in _COMMENT.sub("", wikitext).split("\n"):
        level, name = _heading(line)
        if level == 2:
            if is_inside:
                break
            is_inside = name == language
        elif is_inside:
            room -= len(line)
            if room < 0:
                break
            lines.append(line)
    return lines


def _heading(line: str) -> tuple[int, str]:
    """Level and name of a heading such as “===Noun===”; level 0 for any other line."""
    text = line.strip()
    level = min(len(text) - len(text.lstrip("=")), len(text) - len(text.rstrip("=")))
    name = text.strip("=").strip()
    return (level, name) if 2 <= level <= 6 and name and "=" not in name else (0, "")


def _parts(lines: list[str]) -> Iterator[tuple[PartOfSpeech | None, list[str]]]:
    part_of_speech: PartOfSpeech | None = None
    is_part, part = False, list[str]()
    for line in lines:
        level, name = _heading(line)
        if level == 0:
            part.append(line)
            continue
        if is_part:
            yield part_of_speech, part
        name = name.rstrip("0123456789 ").lower()
        is_part, part_of_speech, part = name in _PARTS_OF_SPEECH, _PARTS_OF_SPEECH.get(name), []
    if is_part:
        yield part_of_speech, part


def _senses(lines: list[str], expansions: Expansions | None) -> Iterator[Reading]:
    """Each numbered line, with the labels of a parent line that holds only labels.

    Lines without recognised content are included, for their templates.
    """
    labels: dict[int, list[str]] = {}
    for line in lines:
        sense = _SENSE.fullmatch(line)
        if sense is None:
            continue
        level, reading = len(sense[1]), read_markup(sense[2], expansions)
        labels = {above: kept for above, kept in labels.items() if above < level}
        if reading.text.strip(" .,;:"):
            reading.labels[:0] = [label for above in sorted(labels) for label in labels[above]]
            yield reading
        else:
            labels[level] = reading.labels
            if reading.unknown:
                yield reading


def _meaning(part_of_speech: PartOfSpeech | None, reading: Reading) -> Meaning | None:
    text = reading.text
    letters = sum(map(str.isalpha, text))
    if reading.is_torn or _MARKUP.search(text) or letters < max(3, _FEWEST_LETTERS * len(text)):
        return None
    form_of = reading.form_of if reading.form_of and text.rstrip(" .").endswith(reading.form_of) else None
    labels = ", ".join(dict.fromkeys(reading.labels))
    shown = f"({labels}) {text}" if labels else text
    return Meaning(
        part_of_speech,
        printable(shown, MEANING_CHARACTERS),
        form_of=form_of,
        is_faded=_FADED.search(labels) is not None,
    )
