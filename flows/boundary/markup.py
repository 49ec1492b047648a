"""Wikitext as plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

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

from flows.boundary.reading import UNKNOWN, Reading
from flows.boundary.remains import visible, without_hollow_brackets, without_quotes
from flows.boundary.templates import Arguments, is_known_template, is_silent, write

Expansions = Mapping[str, str]
"""What the wiki says that a template stands for, as wikitext without templates, by the template as written.
"""

LONGEST = 2000
"""Most characters of wikitext read at once; a definition is far shorter."""
LONGEST_EXPANSION = 4000
"""Most characters of what one template stands for; much of it is HTML around a few words."""
_STRANGE = re.compile("[\x00-\x1f\x7f\ue000-\uf8ff]")
"""Control characters, one of which ends a text for the parser, and private-use characters, one of which we
use.
"""
_HIDDEN_TAGS = frozenset(
    (
        "ref references gallery syntaxhighlight timeline li dd dt hr style script templatestyles indicator"
    ).split()
)
_TORN_TAGS = frozenset({"math", "chem", "score", "hiero", "graph"})
_MEDIA = re.compile(r"\s*(?:file|image|category|media)\s*:", re.IGNORECASE)
_PREFIX = re.compile(r"^:?(?:w|wikipedia|s|wikispecies|species|wikt|en)\s*:\s*", re.IGNORECASE)
_UNKNOWN_END = re.compile(f"\\s*{UNKNOWN}[{UNKNOWN}\\s.,;:]*\\Z")
_INLINE = re.compile(r"<<(?:[^<>/|]*/)?([^<>]*?)>>|<[a-z]+:[^<>]*>")


_SWITCHES = re.compile(r"__[A-Z]{3,30}__|~{3,5}")
"""Magic words about the page, and signatures: neither is shown in a definition."""
_MISSING = re.compile(r"\s*:?\s*template\s*:", re.IGNORECASE)
"""A link to a template stands where the wiki has no such template."""
_FAILED = re.compile(r"\b(?:scribunto-)?error\b")
_UNSHOWN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")
_FORM_LINK = "form-of-definition-link"


def read_markup(wikitext: str, expansions: Expansions | None = None) -> Reading:
    """Read one line: drop housekeeping templates and extract labels as plain words.

    `expansions` gives the text of templates that we do not know; unknown templates without one are listed in
    the reading.
    """
    reading = Reading()
    line = without_quotes(_SWITCHES.sub("", _STRANGE.sub(" ", wikitext[:LONGEST])))
    reading.text = _tidy(_Reader(reading, expansions or {}).code(mwparserfromhell.parse(line)))
    if not reading.is_torn:
        reading.text = _tidy(_UNKNOWN_END.sub("", reading.text).replace(UNKNOWN, ""))
    return reading


@dataclass
class _Reader:
    """Writes nodes as plain text, and records in the reading everything that is not text."""

    reading: Reading
    expansions: Expansions
    is_expanded: bool = False
    """Whether the wiki has expanded all templates: what is still there as one is an error."""

    def code(self, code: Wikicode | None) -> str:
        return "".join(map(self._node, code.nodes)) if code is not None else ""

    def _node(self, node: Node) -> str:
        if isinstance(node, Text):
            return str(node.value)
        if isinstance(node, Template):
            return self._template(node)
        if isinstance(node, Wikilink):
            return self._link(node)
        if isinstance(node, Tag):
            return self._tag(node)
        if isinstance(node, HTMLEntity):
            return _character(node)
        if isinstance(node, ExternalLink):
            return self.code(node.title) or ("" if node.brackets else UNKNOWN)
        return "" if isinstance(node, Comment | Heading) else UNKNOWN

    def _link(self, link: Wikilink) -> str:
        title = str(link.title)
        if _MEDIA.match(title):
            return ""
        if _MISSING.match(title):
            return UNKNOWN
        shown = self.code(link.text) if link.text is not None else ""
        return shown if shown.strip() else _PREFIX.sub("", title.partition("#")[0]).strip()

    def _tag(self, tag: Tag) -> str:
        name = str(tag.tag).strip().lower()
        given = {str(a.name).strip().lower(): str(a.value or "").lower() for a in tag.attributes}
        if name in _TORN_TAGS or _FAILED.search(given.get("class", "")):
            return UNKNOWN
        if name in _HIDDEN_TAGS or _UNSHOWN.search(given.get("style", "")):
            return ""
        if name == "br":
            return " "
        text = self.code(tag.contents)
        if self.is_expanded and _FORM_LINK in given.get("class", ""):
            self.reading.form_of = _tidy(text)
        return text

    def _template(self, template: Template) -> str:
        if self.is_expanded:
            return UNKNOWN
        name = " ".join(str(template.name).replace("_", " ").split()).removeprefix("Template:")
        if is_silent(name):
            return ""
        source = str(template)
        if source in self.expansions:
            return self._expansion(self.expansions[source])
        if not is_known_template(name):
            self.reading.unknown.append(source)
            return UNKNOWN
        noted = len(self.reading.unknown)
        values = {
            str(p.name).strip(): _INLINE.sub(r"\1", visible(self.code(p.value))).strip()
            for p in template.params
        }
        text = write(name, Arguments(values), self.reading)
        if text == UNKNOWN and len(self.reading.unknown) == noted:
            self.reading.unknown.append(source)
        return text

    def _expansion(self, wikitext: str) -> str:
        wikitext = wikitext.rstrip("\n")
        if len(wikitext) > LONGEST_EXPANSION or "\n" in wikitext:
            return UNKNOWN  # a box, a list or a table is no part of a sentence
        code = mwparserfromhell.parse(without_quotes(_STRANGE.sub(" ", wikitext)))
        return _Reader(self.reading, {}, is_expanded=True).code(code)


def _character(entity: HTMLEntity) -> str:
    try:
        return _STRANGE.sub(" ", str(entity.normalize()))
    except (ValueError, OverflowError, KeyError):
        return ""  # a number that no character has


def _tidy(text: str) -> str:
    text = without_hollow_brackets(" ".join(visible(text).split()))
    text = re.sub(r"\s+([,.;:!?)])", r"\1", re.sub(r"\(\s+", "(", text))
    return " ".join(text.split()).strip(" ,;")
