"""How a wiki reads titles: normalised, invalid, of another wiki, of another namespace."""

from __future__ import annotations

import re
from dataclasses import dataclass

_INVALID = re.compile(r"[#<>\[\]|{}\x00-\x1f\x7f\ufffd]")
_INTERWIKI = frozenset(
    "de fr es it nl pl pt ru ja zh sv simple commons meta wikt w s b n q d species c mw".split()
)
_NAMESPACES = {
    name: number
    for number, names in (
        (1, "talk"),
        (2, "user"),
        (3, "user talk"),
        (4, "wikipedia,project"),
        (6, "file,image"),
        (8, "mediawiki"),
        (10, "template"),
        (12, "help"),
        (14, "category"),
        (100, "portal,appendix"),
        (-1, "special"),
        (-2, "media"),
    )
    for name in names.split(",")
}
_MOST_BYTES = 255
EMPTY = "The requested page title is empty or contains only a namespace prefix."


@dataclass(frozen=True)
class Title:
    """A title as it was given and as the wiki writes it; one of `problem`, `interwiki` and neither."""

    given: str
    text: str
    namespace: int = 0
    problem: str | None = None
    interwiki: str | None = None


def read(given: str, *, capitalises: bool) -> Title:
    text = re.sub(r"[\s_]+", " ", given.partition("#")[0]).strip()
    leading = text.startswith(":")
    text = text.lstrip(":").strip() if leading else text
    prefix, colon, rest = text.partition(":")
    namespace = 0
    if colon and prefix.strip().casefold() in _INTERWIKI and not (leading and not rest):
        return Title(
            given, f"{prefix.strip().casefold()}:{rest.strip()}", interwiki=prefix.strip().casefold()
        )
    if colon and prefix.strip().casefold() in _NAMESPACES:
        namespace = _NAMESPACES[prefix.strip().casefold()]
        rest = rest.strip()
        if not rest:
            return Title(given, given, problem=EMPTY)
        text = f"{prefix.strip().capitalize()}:{_cased(rest, capitalises)}"
    else:
        text = _cased(text, capitalises)
    if not text:
        return Title(given, given, problem=EMPTY)
    if (found := _INVALID.search(text)) is not None:
        return Title(
            given, given, problem=f'The requested page title contains invalid characters: "{found[0]}".'
        )
    if len(text.encode()) > _MOST_BYTES:
        return Title(
            given,
            given,
            problem=(
                "The requested page title is too long. It must be no longer than 255 bytes in UTF-8 encoding."
            ),
        )
    return Title(given, text, namespace)


def _cased(text: str, capitalises: bool) -> str:
    return text[:1].upper() + text[1:] if capitalises else text
