"""Reads WordNet's database files (build time): https://wordnet.princeton.edu/documentation/wndb5wn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.knowledge import Category, PartOfSpeech

FILES: tuple[tuple[str, PartOfSpeech], ...] = (
    ("noun", "noun"),
    ("verb", "verb"),
    ("adj", "adjective"),
    ("adv", "adverb"),
)

CATEGORIES: tuple[Category, ...] = tuple(
    Category(name)
    for name in (
        "quality relation manner general act animal artifact attribute body cognition communication event"
        " feeling food group location motive object person phenomenon plant possession process quantity"
        " relation shape state substance time body change cognition communication competition consumption"
        " contact creation feeling motion perception possession social state weather state"
    ).split()
)
"""Indexed by the number of the lexicographer file, 00 to 44."""

KINDS: dict[str, str] = {
    "@": "kind of",
    "~": "kinds",
    "@i": "instance of",
    "~i": "instances",
    "#p": "part of",
    "%p": "parts",
    "#m": "member of",
    "%m": "members",
    "#s": "found in",
    "%s": "made of",
    "!": "opposite",
    "&": "similar",
    "=": "attribute",
    "+": "derived",
    "<": "derived",
    "\\": "relates to",
    "*": "entails",
    ">": "causes",
    "^": "see also",
    "$": "similar",
    ";c": "about",
    "-c": "terms",
    ";r": "used in",
    "-r": "local words",
    ";u": "usage",
}
"""Pointer symbols in plain words.

"-u" is omitted: that a thousand words are slang says nothing about slang.
"""

_MARKER = re.compile(r"\((?:p|a|ip)\)$")
_EXAMPLES = re.compile(r'^"|[;:.?!)]\s*"')
_QUOTED = re.compile(r'"([^"]*)"')


class MalformedWordNet(ValueError):
    """A line of a database file violates the format; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """A relation in plain words. `source` and `target` count words from 1; 0 means the whole synset."""

    kind: str
    synset: tuple[int, int]
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class RawSynset:
    """One synset. `id` is (index into FILES, offset in that file), `words` are display forms."""

    id: tuple[int, int]
    category: Category
    words: tuple[str, ...]
    pointers: tuple[Pointer, ...]
    gloss: str
    examples: tuple[str, ...]


def read_synsets(folder: Path) -> Iterator[RawSynset]:
    """All synsets in file order.

    Raises MalformedWordNet, or OSError when a file is missing.
    """
    for number, (suffix, _) in enumerate(FILES):
        path = folder / f"data.{suffix}"
        with path.open(encoding="utf-8") as lines:
            for at, line in enumerate(lines, start=1):
                if line.startswith("  "):
                    continue
                try:
                    yield _parse(line, number)
                except (ValueError, IndexError, KeyError) as error:
                    raise MalformedWordNet(f"{path}, line {at}: not a synset ({error})") from error


def read_tags(folder: Path) -> dict[tuple[str, int, int], tuple[int, int]]:
    """(sense number, tag count) by (lower-case word with underscores, index into FILES, offset)."""
    tags = {}
    path = folder / "index.sense"
    with path.open(encoding="utf-8") as lines:
        for at, line in enumerate(lines, start=1):
            try:
                sense_key, offset, number, count = line.split()
                word, _, rest = sense_key.rpartition("%")
                file = (0, 1, 2, 3, 2)[int(rest[0]) - 1]
                tags[word, file, int(offset)] = (int(number), int(count))
            except (ValueError, IndexError) as error:
                raise MalformedWordNet(f"{path}, line {at}: not a sense ({error})") from error
    return tags


def split_gloss(text: str) -> tuple[str, tuple[str, ...]]:
    """The definition and the examples of a gloss; text after an example's closing quote (its author) is
    dropped.
    """
    text = text.strip()
    start = _EXAMPLES.search(text)
    if start is None:
        return _tidy(text), ()
    quote = text.index('"', start.start())
    examples = (_tidy(found) for found in _QUOTED.findall(_closed(text[quote:])))
    return _tidy(text[:quote]), tuple(example for example in examples if len(example) > 1)


def _closed(text: str) -> str:
    return text + '"' if text.count('"') % 2 else text


def _tidy(text: str) -> str:
    text = re.sub(r"`([^`']*)'", r"‘\1’", " ".join(text.split()))
    return text.replace("...", "…").strip(" ;:,")


def _parse(line: str, number: int) -> RawSynset:
    head, _, gloss = line.partition("|")
    fields = head.split()
    count = int(fields[3], 16)
    words = tuple(_MARKER.sub("", fields[4 + 2 * i]).replace("_", " ") for i in range(count))
    at = 4 + 2 * count
    pointers = []
    for i in range(int(fields[at])):
        symbol, offset, pos, ends = fields[at + 1 + 4 * i : at + 5 + 4 * i]
        if symbol != "-u":
            target = ("nvar".index(pos), int(offset))
            pointers.append(
                # the digits have no prefix
                Pointer(KINDS[symbol], target, int(ends[:2], 16), int(ends[2:], 16))  # noqa: FURB166
            )
    definition, examples = split_gloss(gloss)
    return RawSynset(
        (number, int(fields[0])), CATEGORIES[int(fields[1])], words, tuple(pointers), definition, examples
    )
