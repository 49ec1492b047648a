"""The world's Wiktionary: entries in wikitext as the English Wiktionary writes them, with the lexicon's
meanings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from flows.core.words import word_key
from flows.lexicon.reader import LexicalEntry, LexicalSense, Lexicon
from tests.world.seeds import chance, share
from tests.world.wikimedia.pages import NO_TRICKS, Page, Redirect, Tricks

_HEADINGS = {"noun": "Noun", "verb": "Verb", "adjective": "Adjective", "adverb": "Adverb"}
_HEAD_TEMPLATES = {"noun": "en-noun", "verb": "en-verb", "adjective": "en-adj", "adverb": "en-adv"}
_LINKED = re.compile(r"\b[a-z]{5,}\b")
_LINK = re.compile(r"\[\[([^\[\]]*)\]\]")


class Dictionary:
    """Titles are case-sensitive: "mercury" and "Mercury" are two pages.

    Inflections have pages of their own that only name their base.
    """

    name = "wiktionary"
    host = "en.wiktionary.org"
    capitalises = False

    def __init__(self, lexicon: Lexicon, *, seed: int = 0, page_share: float = 0.92) -> None:
        self._lexicon, self._seed, self._share = lexicon, seed, page_share

    def find(self, titles: Sequence[str], tricks: Tricks = NO_TRICKS) -> Mapping[str, Page | Redirect]:
        entries = self._lexicon.lookup({word_key(title) for title in titles})
        bases = self._lexicon.bases(
            title for title in titles if title == word_key(title) and title not in entries
        )
        found: dict[str, Page | Redirect] = {}
        for title in titles:
            key = word_key(title)
            entry = entries.get(key)
            if key.removesuffix(" (redirect)") in tricks.looping:
                found[title] = Redirect(
                    title.removesuffix(" (redirect)")
                    if key.endswith(" (redirect)")
                    else f"{title} (redirect)"
                )
            elif key in tricks.poisoned:
                found[title] = Page(
                    title,
                    9_000,
                    wikitext=(
                        f"==English==\n\n===Noun===\n{{{{en-noun}}}}\n\n# A {title}. {tricks.poisoned[key]}\n"
                    ),
                )
            elif (
                entry is not None
                and (senses := self._written_so(title, entry))
                and share(self._seed, "entry", title) < self._share
            ):
                found[title] = Page(title, 20_000 + entry.rank, wikitext=self._wikitext(title, entry, senses))
            elif bases.get(title):
                found[title] = Page(title, 900_000 + len(title), wikitext=_form_of(title, min(bases[title])))
        return found

    def _written_so(self, title: str, entry: LexicalEntry) -> list[LexicalSense]:
        """The meanings that are written in just these letters."""
        return [sense for sense in entry.senses if title in sense.words]

    def _wikitext(self, title: str, entry: LexicalEntry, senses: Sequence[LexicalSense]) -> str:
        luck = chance(self._seed, "wikitext", title)
        lines = [f"{{{{also|{title.swapcase()[:1]}{title[1:]}}}}}"] if luck.random() < 0.3 else []
        if luck.random() < 0.2:
            lines += [*_translingual(title), ""]
        groups = [
            list(group)
            for _, group in groupby(
                sorted(senses, key=lambda s: list(_HEADINGS).index(s.part_of_speech)),
                lambda s: s.part_of_speech,
            )
        ]
        has_origins = len(groups) > 1 and luck.random() < 0.3
        lines += ["==English==", "{{wikipedia}}" if luck.random() < 0.5 else "", ""]
        for number, group in enumerate(groups, 1):
            if has_origins:
                lines += [
                    f"===Etymology {number}===",
                    f"From {{{{inh|en|enm|{title}en}}}}, <ref>{{{{R:Dictionary}}}}</ref> of old origin.",
                    "",
                ]
            elif number == 1:
                lines += ["===Pronunciation===", f"* {{{{audio|en|en-us-{title}.ogg|a=US}}}}", ""]
            lines += [*self._section(title, entry, group, "====" if has_origins else "==="), ""]
        if luck.random() < 0.4:
            lines += [*_french(title), ""]
        return "\n".join(lines)

    def _section(
        self, title: str, entry: LexicalEntry, senses: Sequence[LexicalSense], mark: str
    ) -> Iterator[str]:
        part = senses[0].part_of_speech
        yield f"{mark}{_HEADINGS[part]}{mark}"
        yield f"{{{{{_HEAD_TEMPLATES[part]}}}}}"
        yield ""
        for sense in senses:
            gloss = _linked(sense.gloss).rstrip(".")
            if share(self._seed, "trade term", title, sense.gloss) < 0.05:
                gloss = _LINK.sub(r"{{trade term|\1}}", gloss, count=1)
            yield f"# {self._label(sense)}{gloss}."
            yield from (f"#: {{{{ux|en|{_bold(example, title)}}}}}" for example in sense.examples[:2])
            synonyms = [word for word in sense.words if word_key(word) != entry.key][:3]
            if synonyms:
                yield f"#: {{{{syn|en|{'|'.join(synonyms)}}}}}"
        if share(self._seed, "quote", title) < 0.2:
            yield (
                "#* {{quote-book|en|year=1901|author=A. Nobody|title=A Book|passage=They spoke of"
                f" '''{title}'''.}}}}"
            )
        derived = [relation.text for relation in senses[0].relations if relation.kind == "derived"][:4]
        if derived:
            yield from ("", f"{mark}={'Derived terms'}={mark}", f"{{{{col|en|{'|'.join(derived)}}}}}")

    def _label(self, sense: LexicalSense) -> str:
        fields = [relation.text for relation in sense.relations if relation.kind == "about"][:1]
        return f"{{{{lb|en|{'|'.join(fields)}}}}} " if fields else ""


def _linked(gloss: str) -> str:
    """Some words as links, the way entries have them: [[word]] and [[word|words]]."""

    def link(found: re.Match[str]) -> str:
        word = found[0]
        if len(word) % 3:
            return word
        return f"[[{word[:-1]}|{word}]]" if word.endswith("s") and not word.endswith("ss") else f"[[{word}]]"

    text = _LINKED.sub(link, gloss)
    return text[:1].upper() + text[1:] if not text.startswith("[[") else text


def _bold(example: str, title: str) -> str:
    return re.sub(rf"\b({re.escape(title)}\w*)", r"'''\1'''", example, count=1)


def _form_of(title: str, base: str) -> str:
    if title.endswith("ing"):
        heading, template = "Verb", "present participle of"
    elif title.endswith("ed"):
        heading, template = "Verb", "past tense of"
    elif title.endswith("est"):
        heading, template = "Adjective", "superlative of"
    elif title.endswith("er"):
        heading, template = "Adjective", "comparative of"
    else:
        heading, template = "Noun", "plural of"
    return (
        f"==English==\n\n==={heading}===\n{{{{head|en|{heading.casefold()} form}}}}\n\n#"
        f" {{{{{template}|en|{base}}}}}\n"
    )


def _translingual(title: str) -> list[str]:
    return [
        "==Translingual==",
        "",
        "===Symbol===",
        "{{mul-symbol}}",
        "",
        f"# {{{{lb|mul|international standards}}}} {{{{ISO 639|{title[:3]}}}}}",
    ]


def _french(title: str) -> list[str]:
    return [
        "==French==",
        "",
        "===Noun===",
        "{{fr-noun|m}}",
        "",
        f"# [[something|Something]] that is called ''{title}'' in French",
    ]
