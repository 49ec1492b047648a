"""What is left where something was cut out of a wiki's text: hidden characters, quotes without a partner,
hollow brackets.
"""

from __future__ import annotations

import re
import unicodedata

from flows.core.words import JOINERS

_HIDDEN = frozenset({"Cf", "Cs", "Cn"})
_QUOTES = re.compile("('{2,})")
_BRACKETS = re.compile(r"(\s*)([(\[（])([^()\[\]（）]*)([)\]）])")
_SOUND = re.compile(
    r"\s*[ⓘ🔊]|(?:^\s*|(?<=[\s/\]]))(?:listen|help\s*·\s*info)(?=\s*(?:[,;]|$))", re.IGNORECASE
)
"""The words beside the symbol of a recording."""
_PRONOUNCED = re.compile(r"(?:pronounced|pronunciation|IPA|UK|US|or|and|also|from)?", re.IGNORECASE)
"""Words that say nothing once what they introduced is gone."""
_VALUELESS = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)?:\s*(?=[,;]|$)")
"""A language or a region whose pronunciation or spelling was cut out, as “Greek:”."""
_OPENED = re.compile(r"([(\[（])(?:\s*[;,·•]|\s*:(?=[\s,;]))*\s*")
_LEADING = re.compile(r"(?:\s*[;,·•]|\s*:(?=[\s,;]|$)|\s)+")
_TRAILING = re.compile(r"[\s,;:·•]+$")
_REPEATED = re.compile(r"([,;])(?:\s*[,;])+")
_BEFORE_MARK = re.compile(r"[^\S\n]+([,;:!?.])(?=\s|$)")
_LEFT_OPEN = re.compile(r"\s*[(\[（]\s*$")
_ATTACHED = re.compile(r"(?<=\w)(?:\(\)|\[\])")
"""The brackets of a function or an array, as in “main()”; what was cut out stood after a space."""
_NAMED = re.compile(
    r"(?P<name>\b(?:comma|(?:semi)?colon|bullet|interpunct|(?:middle |centred )?dot|mark|symbol"
    r"|separator|delimiter)s?\s*)(?P<mark>[(\[（][,;:·•][)\]）])"
    r"|(?P<kind>\b(?:brackets?|parenthes[ei]s)\s*)(?P<pair>[(\[（]\s?[)\]）])",
    re.IGNORECASE,
)
"""A mark that a text shows and names, as “the comma (,)”."""
_PRIVATE = 0xE000
_MOST_SHOWN = 100
_DEEPEST = 4
"""Brackets within brackets that are looked into."""


def visible(text: str) -> str:
    """The text without invisible characters: direction marks, zero-width characters except joiners,
    surrogates. They are removed without a replacement.
    """
    if text.isascii():
        return text
    return "".join(c for c in text if c in JOINERS or unicodedata.category(c) not in _HIDDEN)


def without_hollow_brackets(line: str) -> str:
    """The line without brackets whose content was cut out, such as “( listen)”, “()” or “(; )”, and without
    commas left at the edge of other brackets.
    """
    if not any(bracket in line for bracket in "([（"):
        return line
    line, shown = _without_shown(line)
    for _ in range(_DEEPEST):
        emptied = _BRACKETS.sub(_rest_of_brackets, line)
        if emptied == line:
            break
        line = emptied
    line = _LEFT_OPEN.sub("", _BEFORE_MARK.sub(r"\1", _OPENED.sub(r"\1", line)))
    for number, brackets in enumerate(shown):
        line = line.replace(chr(_PRIVATE + number), brackets)
    return line


def _without_shown(line: str) -> tuple[str, list[str]]:
    """The line with a private-use character in place of each bracket meant to be shown, and those
    brackets.
    """
    shown: list[str] = []
    if any(_PRIVATE <= ord(c) < _PRIVATE + _MOST_SHOWN for c in line):
        return line, shown

    def kept(found: re.Match[str]) -> str:
        name = found.groupdict().get("name") or found.groupdict().get("kind") or ""
        if len(shown) == _MOST_SHOWN:
            return found[0]
        shown.append(found[0][len(name) :])
        return f"{name}{chr(_PRIVATE + len(shown) - 1)}"

    return _ATTACHED.sub(kept, _NAMED.sub(kept, line)), shown


def without_quotes(line: str) -> str:
    """A line of wikitext without the quotes for italics and bold, paired or not, read as MediaWiki reads
    them: a third quote without a partner is an apostrophe.
    """
    parts = _QUOTES.split(line)
    if len(parts) == 1:
        return line
    for at in range(1, len(parts), 2):
        extra = _literal(len(parts[at]))
        parts[at - 1] += "'" * extra
        parts[at] = parts[at][extra:]
    lengths = [len(run) for run in parts[1::2]]
    are_odd = all(sum(run in {kind, 5} for run in lengths) % 2 for kind in (2, 3))
    if are_odd and (odd := _apostrophe(parts)) is not None:
        parts[odd - 1] += "'"
    return "".join(parts[::2])


def _literal(length: int) -> int:
    """How many quotes of a run are apostrophes: markup has two, three or five."""
    return 1 if length == 4 else max(0, length - 5)


def _apostrophe(parts: list[str]) -> int | None:
    """The bold mark of an unbalanced line that is really an apostrophe and an italic mark: preferably after a
    word of one letter, as in “l'''amour''”, otherwise after a longer one.
    """
    bold = [at for at in range(1, len(parts), 2) if len(parts[at]) == 3]

    def rank(at: int) -> int:
        before = parts[at - 1]
        return 2 if before[-1:] in {"", " "} else 0 if before[-2:-1] in {"", " "} else 1

    return min(bold, key=rank, default=None)


def _rest_of_brackets(found: re.Match[str]) -> str:
    space, opening, content, closing = found.groups()
    rest = _VALUELESS.sub("", _SOUND.sub("", content))
    rest = _TRAILING.sub("", _REPEATED.sub(r"\1", rest))
    if leading := _LEADING.match(rest):
        rest = rest[leading.end() :]
    is_cut = rest != content
    if not rest or (is_cut and _PRONOUNCED.fullmatch(rest)):
        return ""
    return f"{space}{opening}{rest}{closing}"
