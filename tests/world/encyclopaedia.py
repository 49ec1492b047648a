"""The world's Wikipedia: articles that say what the lexicon says, in the way articles do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from flows.core.words import word_key
from flows.lexicon.reader import LexicalEntry, LexicalSense, Lexicon
from tests.world.pages import NO_TRICKS, Page, Redirect, Tricks
from tests.world.seeds import share

_SHARES = {"noun": 1.0, "verb": 0.35, "adjective": 0.4, "adverb": 0.15}
"""Of the words that could have a page, by part of speech, relative to the world's share."""
_AMBIGUOUS = 0.6
_TOPICAL = re.compile(r"^(?P<base>.+) \((?P<topic>[^()]+)\)$")
_STATEMENTS = (
    ("kind of", "It is a kind of {}."),
    ("instance of", "It is an example of the class {}."),
    ("kinds", "Well-known kinds are {}."),
    ("parts", "Among its parts are {}."),
    ("part of", "It forms part of the {}."),
    ("member of", "It belongs to {}."),
    ("opposite", "Its opposite is {}."),
    ("derived", "Related words are {}."),
)


class Encyclopaedia:
    """Which words have an article, a redirect or a disambiguation page depends on the seed alone. Poisoned words always have one."""

    name = "wikipedia"
    host = "en.wikipedia.org"
    capitalises = True

    def __init__(self, lexicon: Lexicon, *, seed: int = 0, page_share: float = 0.8) -> None:
        self._lexicon, self._seed, self._share = lexicon, seed, page_share

    def find(self, titles: Sequence[str], tricks: Tricks = NO_TRICKS) -> Mapping[str, Page | Redirect]:
        parts = {title: _parts(title) for title in titles}
        entries = self._lexicon.lookup({word_key(base) for base, _ in parts.values()})
        heads = self._lexicon.lookup({word_key(entry.senses[0].words[0]) for entry in entries.values()})
        near = self._lexicon.lookup({word_key(word) for entry in entries.values() for sense in entry.senses[:4] for word in _near(sense)})
        found: dict[str, Page | Redirect] = {}
        for title, (base, topic) in parts.items():
            key = word_key(base)
            if key in tricks.looping:
                found[title] = Redirect(capital(base)) if topic == "redirect" else Redirect(f"{title} (redirect)")
            elif key in tricks.poisoned and topic is None:
                found[title] = self._poisoned(title, tricks.poisoned[key], entries.get(key), near)
            elif key in entries and (page := self._entry(title, topic, entries[key], heads, near)):
                found[title] = page
        return found

    def _entry(
        self, title: str, topic: str | None, entry: LexicalEntry, heads: Mapping[str, LexicalEntry], near: Mapping[str, LexicalEntry]
    ) -> Page | Redirect | None:
        name = capital(entry.text)
        if not self.has_page(entry):
            return None
        meanings = _meanings(entry)
        if topic is not None:
            sense = meanings.get(topic) if self.is_ambiguous(entry) else None
            return self._article(title, entry, sense, near, page_id=1_000_000 + sense.synset) if sense else None
        if title != name:
            # The title in other letters: people have set redirects.
            return Redirect(name)
        if self.is_ambiguous(entry):
            links = tuple(f"{name} ({topic})" for topic in meanings)
            lines = [f"{link}, {_first_clause(sense.gloss)}" for link, sense in zip(links, meanings.values(), strict=True)]
            return Page(title, 10_000 + entry.rank, f"{name} most commonly refers to:\n\n\n" + "\n".join(lines), is_disambiguation=True, links=links)
        sense = self._sense(entry)
        head = heads.get(word_key(sense.words[0]))
        if head and head.key != entry.key and head.senses[0].synset == sense.synset and self.has_page(head) and not self.is_ambiguous(head):
            return Redirect(capital(head.text), "Name" if share(self._seed, "fragment", entry.key) < 0.1 else None)
        return self._article(title, entry, sense, near, page_id=10_000 + entry.rank)

    def has_page(self, entry: LexicalEntry) -> bool:
        return share(self._seed, "page", entry.key) < self._share * _SHARES[self._sense(entry).part_of_speech]

    def is_ambiguous(self, entry: LexicalEntry) -> bool:
        """Whether the plain title is a list of articles: for some words with three meanings or more in different fields."""
        return len(_meanings(entry)) >= 3 and share(self._seed, "ambiguous", entry.key) < _AMBIGUOUS

    def _sense(self, entry: LexicalEntry) -> LexicalSense:
        """What an encyclopaedia would write about: the first noun, if there is one."""
        return next((sense for sense in entry.senses[:3] if sense.part_of_speech == "noun"), entry.senses[0])

    def _article(self, title: str, entry: LexicalEntry, sense: LexicalSense, near: Mapping[str, LexicalEntry], *, page_id: int) -> Page:
        first = self._opening(entry, sense)
        rest = [*_facts(sense), *(f"{capital(other.text)} means {_ended(other.senses[0].gloss)}" for other in _others(sense, near))]
        more = "\n\n\n== Further meanings ==\n" + "\n".join(_ended(capital(other.gloss)) for other in entry.senses if other is not sense)
        links = tuple(capital(other.text) for other in _others(sense, near))
        return Page(title, page_id, " ".join([first, *rest]), more if len(entry.senses) > 1 else "", links=links)

    def _opening(self, entry: LexicalEntry, sense: LexicalSense) -> str:
        name = capital(entry.text)
        also = [word for word in sense.words if word_key(word) != entry.key][:2]
        called = f" (also called {' or '.join(also)})" if also else ""
        match sense.part_of_speech:
            case "noun":
                return f"{name}{called} is {_ended(sense.gloss)}"
            case "verb":
                return f"To {entry.text}{called} is to {_ended(sense.gloss)}"
            case _:
                return f"{name}{called} describes what is {_ended(sense.gloss)}"

    def _poisoned(self, title: str, order: str, entry: LexicalEntry | None, near: Mapping[str, LexicalEntry]) -> Page:
        if entry is None:
            return Page(title, 9_000, f"{title} is a thing that few people know. {order}")
        page = self._article(title, entry, self._sense(entry), near, page_id=10_000 + entry.rank)
        first, _, rest = page.intro.partition(". ")
        # The order speaks of the word, so that a cut to what mentions the word keeps it.
        return Page(title, page.page_id, f"{first}. {title}: {order} {rest}", page.more, links=page.links)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _parts(title: str) -> tuple[str, str | None]:
    found = _TOPICAL.match(title)
    return (found["base"], found["topic"]) if found else (title, None)


def _meanings(entry: LexicalEntry) -> dict[str, LexicalSense]:
    """The noun meanings by category, the commonest of each."""
    meanings: dict[str, LexicalSense] = {}
    for sense in entry.senses:
        if sense.part_of_speech == "noun":
            meanings.setdefault(sense.category.value, sense)
    return meanings


def _near(sense: LexicalSense) -> list[str]:
    """Words that the rest of the introduction speaks of."""
    return [relation.text for relation in sense.relations if relation.kind in {"kind of", "instance of", "parts", "part of", "kinds"}][:4]


def _others(sense: LexicalSense, near: Mapping[str, LexicalEntry]) -> Iterator[LexicalEntry]:
    for word in _near(sense):
        if (entry := near.get(word_key(word))) is not None:
            yield entry


def _facts(sense: LexicalSense) -> Iterator[str]:
    for kind, statement in _STATEMENTS:
        words = [relation.text for relation in sense.relations if relation.kind == kind][:4]
        if words:
            yield statement.format(words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}")


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _first_clause(gloss: str) -> str:
    return gloss.partition(";")[0]
