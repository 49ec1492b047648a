"""Texts of an entry, composed from the lexicon: completed, cut and joined, never invented."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from flows.knowledge import PartOfSpeech, Sense
from flows.lexicon.reader import HEARD_OF, LexicalEntry, LexicalSense, key_of

SHORTEST = 15
LONGEST = 600
"""Most characters of a definition."""
LONGEST_EXPLANATION = 2000

_ARTICLES = {
    "noun": "As a noun",
    "verb": "As a verb",
    "adjective": "As an adjective",
    "adverb": "As an adverb",
}
_STATEMENTS = {
    "kind of": "It is a kind of {}.",
    "instance of": "It is an example of: {}.",
    "synonym": "You can also say {}.",
    "kinds": "Its kinds include {}.",
    "instances": "Well-known ones are {}.",
    "parts": "Its parts include {}.",
    "part of": "It is part of: {}.",
    "members": "Its members include {}.",
    "member of": "It belongs to: {}.",
    "made of": "It is made of {}.",
    "found in": "It is found in {}.",
    "opposite": "Its opposite is {}.",
    "similar": "Similar in meaning: {}.",
    "entails": "It involves: {}.",
    "causes": "It brings about: {}.",
    "relates to": "It relates to {}.",
    "attribute": "It has to do with the attribute {}.",
    "about": "It belongs to the field of {}.",
    "terms": "Terms of the field include {}.",
    "used in": "It is used in {}.",
    "derived": "Derived words: {}.",
}
_VERB_STATEMENTS = {"kind of": "It is a way to {}.", "kinds": "Ways to do so include to {}."}
_USE = re.compile(
    r"\b(?:used|designed|intended|worn|grown) (?:especially |chiefly |mainly |primarily"
    r" )?(?:to|for|in|as|by|with|on)\b "
    r"(?!refer|an? term|the plural|do or|achieve|that)[^;()]{8,}"
)


def definition(entry: LexicalEntry) -> str:
    """The word's common meaning: 15 to 600 characters, and not the word itself."""
    return statement(entry, entry.senses[0])


def statement(entry: LexicalEntry, sense: LexicalSense) -> str:
    """One meaning in 15 to 600 characters: the gloss, extended by other WordNet data if it is too short to
    define.
    """
    parts = [sense.gloss] if key_of(sense.gloss) != entry.key else []
    for addition in _additions(entry, sense):
        if len("; ".join(parts)) >= SHORTEST:
            break
        parts.append(addition)
    return _cut("; ".join(parts))


def senses(entry: LexicalEntry, examples: Iterable[tuple[str, ...]]) -> tuple[Sense, ...]:
    """All meanings, the common one first, each with its examples."""
    return tuple(
        Sense(part_of_speech=sense.part_of_speech, gloss=sense.gloss, examples=found, category=sense.category)
        for sense, found in zip(entry.senses, examples, strict=True)
    )


def explanation(entry: LexicalEntry, presentable: int) -> str:
    """A longer text, at most 2,000 characters: the definition, related words, and further meanings.

    Words ranked above `presentable` are not mentioned; rare ones only if there are no others.
    """
    first = entry.senses[0]
    sentences = [f"{_ARTICLES[first.part_of_speech]}, “{entry.text}” means: {_sentence(definition(entry))}"]
    statements = _STATEMENTS | (_VERB_STATEMENTS if first.part_of_speech == "verb" else {})
    for kind, pattern in statements.items():
        linked = [
            r
            for r in first.relations
            if r.kind == kind and r.rank <= presentable and key_of(r.text) != entry.key
        ]
        familiar = [r for r in linked if r.rank <= HEARD_OF]
        found = list(dict.fromkeys(r.text for r in familiar or linked))[:6]
        if found:
            sentences.append(pattern.format(_listed(found, "or" if "to {}" in pattern else "and")))
    text = sentences[0]
    for sentence in (*sentences[1:], *_further_meanings(entry)):
        if len(text) + 1 + len(sentence) > LONGEST_EXPLANATION:
            break
        text += f" {sentence}"
    return text


def _further_meanings(entry: LexicalEntry) -> Iterator[str]:
    """All meanings except the common one, one sentence each, numbered within each part of speech."""
    groups: dict[PartOfSpeech, list[str]] = {}
    for sense in entry.senses[1:]:
        groups.setdefault(sense.part_of_speech, []).append(sense.gloss)
    for part, glosses in groups.items():
        for number, gloss in enumerate(glosses, start=1):
            count = f" ({number})" if len(glosses) > 1 else ""
            yield (
                f"{_ARTICLES[part]}, it can also mean:{count} {_sentence(gloss)}"
                if number == 1
                else f"({number}) {_capital(_sentence(gloss))}"
            )


def applications(entry: LexicalEntry) -> tuple[str, ...]:
    """What the thing is used for, if a gloss says so; usually nothing."""
    first = entry.senses[0]
    if first.part_of_speech != "noun":
        return ()
    return tuple(_capital(" ".join(found.split()).rstrip(" ,.")) for found in _USE.findall(first.gloss))[:3]


def _additions(entry: LexicalEntry, sense: LexicalSense) -> Iterable[str]:
    """Texts that can extend a gloss too short to define the word, best first."""
    own = set(entry.key.split())
    by_kind: dict[str, list[str]] = {}
    for relation in sense.relations:
        if key_of(relation.text) not in {entry.key, key_of(sense.gloss)} and not (
            relation.kind == "synonym" and own == set(key_of(relation.text).split())
        ):
            by_kind.setdefault(relation.kind, []).append(relation.text)
    is_verb = sense.part_of_speech == "verb"
    for kind, pattern in (
        ("synonym", "also called {}" if sense.part_of_speech == "noun" else "the same as {}"),
        ("instance of", "an example of: {}"),
        ("kind of", "a way to {}" if is_verb else "a kind of {}"),
        ("member of", "of the group {}"),
        ("similar", "similar to {}"),
        ("opposite", "the opposite of {}"),
        ("about", "a term of {}"),
        ("kinds", "for example to {}" if is_verb else "for example {}"),
        ("members", "with the members {}"),
        ("relates to", "relating to {}"),
        ("derived", "related to {}"),
    ):
        if by_kind.get(kind):
            yield pattern.format(_listed(by_kind[kind][:2], "or"))
    yield from (other.gloss for other in entry.senses[1:] if key_of(other.gloss) != entry.key)
    yield f"{sense.part_of_speech} of the category {sense.category.value}"


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    shorter = text[: LONGEST - 1]
    end = max(shorter.rfind("; "), shorter.rfind(". "), shorter.rfind(", "))
    return f"{shorter[: end if end > SHORTEST else shorter.rfind(' ')].rstrip(' ;,.')}…"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _listed(words: Sequence[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
