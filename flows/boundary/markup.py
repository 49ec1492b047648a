"""Wikitext as plain text."""

from __future__ import annotations

import re

import mwparserfromhell
from mwparserfromhell.nodes import (
    Comment,
    ExternalLink,
    Heading,
    HTMLEntity,
    Node,
    Tag,
    Template,
    Text,
    Wikilink,
)
from mwparserfromhell.wikicode import Wikicode

from flows.boundary.templates import UNKNOWN, Arguments, Reading, is_silent, write

LONGEST = 2000
"""Most characters of wikitext read at once; a definition is far shorter."""
_STRANGE = re.compile("[\x00-\x1f\x7f\ue000-\uf8ff]")
"""Control characters, one of which ends a text for the parser, and private-use characters, one of which we
use.
"""
_HIDDEN_TAGS = frozenset(
    {"ref", "references", "gallery", "syntaxhighlight", "timeline", "li", "dd", "dt", "hr"}
)
_TORN_TAGS = frozenset({"math", "chem", "score", "hiero", "graph"})
_MEDIA = re.compile(r"\s*(?:file|image|category|media)\s*:", re.IGNORECASE)
_PREFIX = re.compile(r"^:?(?:w|wikipedia|s|wikispecies|species|wikt|en)\s*:\s*", re.IGNORECASE)
_INLINE = re.compile(r"<<(?:[^<>/|]*/)?([^<>]*?)>>|<[a-z]+:[^<>]*>")


def read(wikitext: str) -> Reading:
    """Read one line: drop housekeeping templates and extract labels as plain words."""
    reading = Reading()
    code = mwparserfromhell.parse(_STRANGE.sub(" ", wikitext[:LONGEST]))
    reading.text = _tidy(_code(code, reading))
    if not reading.is_torn:
        reading.text = _tidy(reading.text.replace(UNKNOWN, ""))
    return reading


def _code(code: Wikicode | None, reading: Reading) -> str:
    return "".join(_node(node, reading) for node in code.nodes) if code is not None else ""


def _node(node: Node, reading: Reading) -> str:
    if isinstance(node, Text):
        return str(node.value)
    if isinstance(node, Template):
        return _template(node, reading)
    if isinstance(node, Wikilink):
        title = str(node.title)
        if _MEDIA.match(title):
            return ""
        return (
            _code(node.text, reading)
            if node.text is not None
            else _PREFIX.sub("", title.partition("#")[0]).strip()
        )
    if isinstance(node, Tag):
        name = str(node.tag).strip().lower()
        if name in _TORN_TAGS:
            return UNKNOWN
        return "" if name in _HIDDEN_TAGS else " " if name == "br" else _code(node.contents, reading)
    if isinstance(node, HTMLEntity):
        return str(node.normalize())
    if isinstance(node, ExternalLink):
        return _code(node.title, reading)
    return "" if isinstance(node, Comment | Heading) else UNKNOWN


def _template(template: Template, reading: Reading) -> str:
    name = " ".join(str(template.name).replace("_", " ").split())
    if is_silent(name):
        return ""
    values = {
        str(p.name).strip(): _INLINE.sub(r"\1", _code(p.value, reading)).strip() for p in template.params
    }
    return write(name, Arguments(values), reading)


def _tidy(text: str) -> str:
    text = " ".join(text.split())
    text = re.sub(r"\(\s*[,;]*\s*\)", "", text)
    text = re.sub(r"\s+([,.;:!?)])", r"\1", re.sub(r"\(\s+", "(", text))
    return " ".join(text.split()).strip(" ,;")
