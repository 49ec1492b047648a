"""The world's Wikipedia: articles that say what the lexicon says, in the way articles do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from flows.core.words import word_key
from flows.lexicon.reader import LexicalEntry, LexicalSense, Lexicon, as_array
from tests.world.seeds import share
from tests.world.wikimedia.pages import NO_TRICKS, Page, Redirect, Tricks

_SHARES = {"noun": 1.0, "verb": 0.35, "adjective": 0.4, "adverb": 0.15}
"""How many of the words that could have a page do, by part of speech, relative to the world's share."""
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
    """Which words have an article, a redirect or a disambiguation page depends on the seed alone.

    Poisoned words always have one.
    """

    name = "wikipedia"
    host = "en.wikipedia.org"
    capitalises = True

    def __init__(self, lexicon: Lexicon, *, seed: int = 0, page_share: float = 0.8) -> None:
        self._lexicon, self._seed, self._share = lexicon, seed, page_share

    def find(self, titles: Sequence[str], tricks: Tricks = NO_TRICKS) -> Mapping[str, Page | Redirect]:
        parts = {title: _parts(title) for title in titles}
        entries = self._lexicon.lookup({word_key(base) for base, _ in parts.values()})
        heads = (
            self._lexicon.lookup(
                {word_key(self._sense(entry).words[0]) for entry in entries.values()} - set(entries)
            )
            | entries
        )
        found: dict[str, Page | Redirect] = {}
        articles: dict[str, tuple[LexicalEntry, LexicalSense]] = {}
        for title, (base, topic) in parts.items():
            key = word_key(base)
            entry = entries.get(key)
            if key in tricks.looping:
                found[title] = (
                    Redirect(capital(base)) if topic == "redirect" else Redirect(f"{title} (redirect)")
                )
            elif entry is not None and key in tricks.poisoned and topic is None:
                articles[title] = entry, self._sense(entry)
            elif key in tricks.poisoned and topic is None:
                found[title] = Page(
                    title, 9_000, f"{title} is a thing that few people know. {tricks.poisoned[key]}"
                )
            elif entry is not None:
                match self._entry(title, topic, entry, heads):
                    case LexicalSense() as sense:
                        articles[title] = entry, sense
                    case Page() | Redirect() as page:
                        found[title] = page
        meanings = self._meanings_near([sense for _, sense in articles.values()])
        for title, (entry, sense) in articles.items():
            article = self._article(title, entry, sense, meanings)
            is_poisoned = entry.key in tricks.poisoned and parts[title][1] is None
            found[title] = _poisoned(article, tricks.poisoned[entry.key]) if is_poisoned else article
        return found

    def _entry(
        self, title: str, topic: str | None, entry: LexicalEntry, heads: Mapping[str, LexicalEntry]
    ) -> Page | Redirect | LexicalSense | None:
        """What stands under the title: a list, a redirect, or an article on one meaning."""
        name = capital(entry.text)
        if not self.has_page(entry):
            return None
        if topic is not None:
            return _meanings(entry).get(topic) if self.is_ambiguous(entry) else None
        if title != name:
            # The title in other letters: people have set redirects.
            return Redirect(name)
        if self.is_ambiguous(entry):
            meanings = {f"{name} ({topic})": sense for topic, sense in _meanings(entry).items()}
            lines = [f"{link}, {_first_clause(sense.gloss)}" for link, sense in meanings.items()]
            text = f"{name} most commonly refers to:\n\n\n" + "\n".join(lines)
            return Page(title, 10_000 + entry.rank, text, is_disambiguation=True, links=tuple(meanings))
        sense = self._sense(entry)
        head = heads.get(word_key(sense.words[0]))
        leads_on = head is not None and head.key != entry.key and self._sense(head).synset == sense.synset
        if head is not None and leads_on and self.has_page(head) and not self.is_ambiguous(head):
            return Redirect(
                capital(head.text), "Name" if share(self._seed, "fragment", entry.key) < 0.1 else None
            )
        return sense

    def _meanings_near(self, senses: Sequence[LexicalSense]) -> dict[str, tuple[str, str]]:
        """Word and common meaning of the words that introductions go on to speak of, by key."""
        rows = self._lexicon.rows(
            "SELECT l.key, l.text, y.gloss FROM json_each(?) j JOIN lemma l ON l.key = j.value "
            "JOIN sense s ON s.lemma = l.rank AND s.position = 0 JOIN synset y ON y.id = s.synset",
            (as_array(word_key(word) for sense in senses for word in _near(sense)),),
        )
        return {key: (capital(text), gloss) for key, text, gloss in rows}

    def has_page(self, entry: LexicalEntry) -> bool:
        return share(self._seed, "page", entry.key) < self._share * _SHARES[self._sense(entry).part_of_speech]

    def is_ambiguous(self, entry: LexicalEntry) -> bool:
        """Whether the plain title is a list of articles: for some words with three meanings or more in
        different fields.
        """
        return len(_meanings(entry)) >= 3 and share(self._seed, "ambiguous", entry.key) < _AMBIGUOUS

    def _sense(self, entry: LexicalEntry) -> LexicalSense:
        """What an encyclopaedia would write about: the first noun, if there is one."""
        return next((sense for sense in entry.senses[:3] if sense.part_of_speech == "noun"), entry.senses[0])

    def _article(
        self, title: str, entry: LexicalEntry, sense: LexicalSense, meanings: Mapping[str, tuple[str, str]]
    ) -> Page:
        others = [meanings[word_key(word)] for word in _near(sense) if word_key(word) in meanings]
        intro = [
            self._opening(entry, sense),
            *_facts(sense),
            *(f"{name} means {_ended(gloss)}" for name, gloss in others),
        ]
        further = [_ended(capital(other.gloss)) for other in entry.senses if other is not sense]
        more = "\n\n\n== Further meanings ==\n" + "\n".join(further) if further else ""
        page_id = 1_000_000 + sense.synset if _parts(title)[1] else 10_000 + entry.rank
        return Page(title, page_id, " ".join(intro), more, links=tuple(name for name, _ in others))

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


def _poisoned(page: Page, order: str) -> Page:
    first, _, rest = page.intro.partition(". ")
    # The order speaks of the word, so that a cut to what mentions the word keeps it.
    return replace(page, intro=f"{first}. {page.title}: {order} {rest}")


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
    return [
        relation.text
        for relation in sense.relations
        if relation.kind in {"kind of", "instance of", "parts", "part of", "kinds"}
    ][:4]


def _facts(sense: LexicalSense) -> Iterator[str]:
    for kind, statement in _STATEMENTS:
        words = [relation.text for relation in sense.relations if relation.kind == kind][:4]
        if words:
            yield statement.format(
                words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
            )


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _first_clause(gloss: str) -> str:
    return gloss.partition(";")[0]
