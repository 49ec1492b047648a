"""Text from outside as text that can be stored, indexed and shown.

Whatever a model, a wiki, a file or a person sends may hold lone surrogates, terminal codes, characters that
nobody sees or that turn the direction of a line. None of it reaches a document.
"""

from __future__ import annotations

import re
import unicodedata
from operator import is_
from typing import Any, TypeVar

from pydantic import BaseModel

from flows.core.words import JOINERS

T = TypeVar("T")

MAX_CHARACTERS = 20_000
"""Most characters of one text; the longest that we store, an explanation, has 4,000."""
WITH_LINES = frozenset({"explanation"})
"""Fields in which line breaks are kept."""

_TERMINAL = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences
    # strings, with their content
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b(?:[ -/]+[0-~]|[0-?@-Z\\^_]|c(?![a-z]))"
)
"""Escape sequences of terminals (ECMA-48, 5.3 to 5.6, and ECMA-35)."""
_LINE = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_HIDDEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
"""Drawn as nothing, though no format characters (Unicode's Default_Ignorable_Code_Point)."""
_PICTURES = "\ufe0e\ufe0f"
"""Selectors that choose the black-and-white or the coloured form of the symbol before them."""
_PILE = re.compile("([\u0300-\u036f]{6})[\u0300-\u036f]+")
"""Marks over marks, which cover the lines above and below; no language has as many."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def clean_text(text: str, *, keep_lines: bool = False, limit: int = MAX_CHARACTERS) -> str:
    """The text in NFC, without control, format, surrogate, private and unassigned characters, white space
    single, at most `limit` characters.

    Halves of a surrogate pair that stand side by side become their character, others vanish. A joiner stays
    between letters of scripts that use it, and between symbols. `keep_lines` keeps line breaks, at most two
    in a row.
    """
    if (
        text.isascii()
        and text.isprintable()
        and len(text) <= limit
        and "  " not in text
        and text == text.strip()
    ):
        return text  # nine texts in ten
    text = text[: 2 * limit]
    if not (text.isascii() and text.isprintable()):
        text = _visible(_paired(text))
    if not keep_lines:
        return _cut(" ".join(text.split()), limit)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return _cut(re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip(), limit)


def cleaned(value: T) -> T:
    """A document, or a part of one, with all its texts clean; the same object if they were."""
    return _cleaned(value, keep_lines=False)  # type: ignore[no-any-return]


def _cleaned(value: Any, *, keep_lines: bool) -> Any:  # noqa: ANN401  any part of a document
    kind = type(value)
    if kind is str:
        made = clean_text(value, keep_lines=keep_lines)
        return value if made == value else made
    if kind is tuple:
        parts = [_cleaned(part, keep_lines=keep_lines) for part in value]
        return value if all(map(is_, parts, value)) else tuple(parts)
    if issubclass(kind, BaseModel):
        changed = {}
        for name, part in value.__dict__.items():
            made = _cleaned(part, keep_lines=name in WITH_LINES)
            if made is not part:
                changed[name] = made
        return value.model_copy(update=changed) if changed else value
    return value


def _paired(text: str) -> str:
    """Join surrogates that form a pair, and drop all others."""
    if not any("\ud800" <= c <= "\udfff" for c in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _visible(text: str) -> str:
    text = unicodedata.normalize("NFC", _LINE.sub("\n", _TERMINAL.sub("", text)))
    kept: list[str] = []
    for at, c in enumerate(text):
        before = kept[-1] if kept else ""
        if c == "\n" or c.isprintable():
            if not _HIDDEN.match(c) or (c in _PICTURES and _is_symbol(before)):
                kept.append(c)
        elif c in JOINERS:
            if _joins(before, text[at + 1 : at + 2]):
                kept.append(c)
        elif c.isspace():
            kept.append(" ")
        elif unicodedata.category(c) not in _UNSEEN:
            kept.append(c)
    # what stood apart may combine now
    return unicodedata.normalize("NFC", _PILE.sub(r"\1", "".join(kept)))


def _joins(before: str, after: str) -> bool:
    """Whether a joiner is meaningful here: after a mark or letter of a script other than Latin, Greek and
    Cyrillic, or between symbols, as in pictures of families.
    """
    if not before or not after or not after.isprintable() or after.isspace():
        return False
    return _is_symbol(before) or before in _PICTURES or (before > "\u052f" and before.isprintable())


def _is_symbol(c: str) -> bool:
    return c != "" and (unicodedata.category(c) in {"So", "Sk"} or c in "#*0123456789©®")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
