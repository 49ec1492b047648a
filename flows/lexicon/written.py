"""Headwords as the lexicon writes them: "TABLE" is "table", "Paris" and "NATO" stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from flows.core.identity.graphics import FUNCTION_WORDS, graphical_key
from flows.core.words import display_form, form_problem
from flows.knowledge import PartOfSpeech
from flows.lexicon.reader import PARTS, Lemma, Lexicon, as_array, key_of

_MAINLY = 0.45
"""Share of a word's uses as an adjective, above which its form in -er is taken for the comparative."""

BasesOf = Callable[[Collection[str]], Mapping[str, Sequence[str]]]
Alike = Callable[[str, str], bool]


def parts(lexicon: Lexicon, keys: Iterable[str]) -> dict[str, frozenset[PartOfSpeech]]:
    """The parts of speech of the headwords among the keys."""
    found: dict[str, set[PartOfSpeech]] = defaultdict(set)
    for key, part in lexicon.rows(
        "SELECT DISTINCT l.key, y.part FROM json_each(?) j CROSS JOIN lemma l ON l.key = j.value CROSS JOIN"
        " sense s ON s.lemma = l.rank CROSS JOIN synset y ON y.id = s.synset",
        (as_array(keys),),
    ):
        found[key].add(PARTS[part])
    return {key: frozenset(kinds) for key, kinds in found.items()}


def gradable(lexicon: Lexicon, keys: Iterable[str]) -> frozenset[str]:
    """The headwords among the keys that are used as adjectives mainly and have an opposite: what is
    compared.
    """
    rows = lexicon.rows(
        "SELECT l.key, sum(s.tags), sum(CASE y.part WHEN 2 THEN s.tags ELSE 0 END),"
        " max(y.part = 2 AND EXISTS (SELECT 1 FROM link k WHERE k.lemma = l.rank AND k.synset = s.synset AND"
        " k.kind IN (SELECT value FROM json_each(?)))) FROM json_each(?) j CROSS JOIN lemma l ON l.key ="
        " j.value CROSS JOIN sense s ON s.lemma = l.rank CROSS JOIN synset y ON y.id = s.synset GROUP BY"
        " l.key",
        (as_array(lexicon.kind_ids({"opposite"})), as_array(keys)),
    )
    return frozenset(
        key
        for key, tags, as_adjective, has_opposite in rows
        if has_opposite and as_adjective > _MAINLY * tags
    )


def synsets_of(lexicon: Lexicon, keys: Sequence[str]) -> list[frozenset[int]]:
    """The meanings of each of the keys, in order; none for a key that is no headword."""
    found: dict[str, set[int]] = defaultdict(set)
    for key, synset in lexicon.rows(
        "SELECT l.key, s.synset FROM json_each(?) j CROSS JOIN lemma l ON l.key = j.value CROSS JOIN sense s"
        " ON s.lemma = l.rank",
        (as_array(keys),),
    ):
        found[key].add(synset)
    return [frozenset(found[key]) for key in keys]


def senses_by_part(lexicon: Lexicon, key: str) -> dict[int, tuple[int, ...]]:
    """The meanings of a key by part of speech, the commonest first; none for a key that is no headword."""
    found: dict[int, list[int]] = defaultdict(list)
    for part, synset in lexicon.rows(
        "SELECT y.part, s.synset FROM lemma l JOIN sense s ON s.lemma = l.rank JOIN synset y ON y.id ="
        " s.synset WHERE l.key = ? ORDER BY s.position",
        (key,),
    ):
        found[part].append(synset)
    return {part: tuple(synsets) for part, synsets in found.items()}


def written(
    lexicon: Lexicon,
    texts: Collection[str],
    *,
    bases_of: BasesOf,
    words_of: Callable[[str], Sequence[str]],
    alike: Alike | None,
    reduces_forms: bool,
) -> dict[str, str]:
    """Proposed texts as the lexicon writes the word; texts that stay as they are are absent.

    A form that the lexicon writes in one of its meanings stays ("China" and "china"). A word that it does not
    list keeps its own form, for nobody knows whether it is a name or an acronym; but in capitals only, a form
    of a headword ("TABLES") and a phrase of headwords ("MACHINE LEARNING") are written small. What is written
    small is no name or acronym if it is a pronoun ("us") or a form of a commoner word ("led"), which with
    `reduces_forms` stands for it. `alike` tells which listed spelling stands for one that is not listed;
    without it such words stay.
    """
    keys = {text: key_of(text) for text in texts if form_problem(text) is None}
    plain = {text: graphical_key(key) for text, key in keys.items()} if alike else {}
    listed = lexicon.find({*keys.values(), *plain.values()})
    found: dict[str, str] = {}
    for text, key in keys.items():
        shown = display_form(text)
        if key in listed:
            best = listed[key].text
            if shown.islower() and not best.islower() and (small := _small(lexicon, listed[key], words_of)):
                if reduces_forms and small != key:
                    found[text] = small
            elif shown != best and shown not in _written_forms(lexicon, key):
                found[text] = best
        elif alike and plain[text] in listed and alike(key, plain[text]):
            found[text] = listed[plain[text]].text
        elif shown.isupper() and len(shown) > 1 and _is_common(lexicon, key, bases_of):
            found[text] = key
    return found


def _written_forms(lexicon: Lexicon, key: str) -> frozenset[str]:
    rows = lexicon.rows(
        "SELECT y.words FROM lemma l JOIN sense s ON s.lemma = l.rank JOIN synset y ON y.id = s.synset WHERE"
        " l.key = ?",
        (key,),
    )
    return frozenset(word for (words,) in rows for word in words.split("\n") if key_of(word) == key)


def _small(lexicon: Lexicon, capital: Lemma, words_of: Callable[[str], Sequence[str]]) -> str | None:
    """The lower-case word that replaces the key of a name or acronym; None if there is none."""
    if capital.key in FUNCTION_WORDS:
        return capital.key
    # a name may be a plural: "Alps", "Woods"
    bases = () if capital.key.endswith("s") else words_of(capital.key)
    listed = lexicon.find(bases)
    commoner = (listed[base] for base in bases if base in listed and listed[base].rank < capital.rank)
    return next((lemma.text for lemma in commoner if lemma.text.islower()), None)


def _is_common(lexicon: Lexicon, key: str, bases_of: BasesOf) -> bool:
    """Whether the word is a form of a lower-case headword, or is made of such words."""
    bases = bases_of((key,)).get(key, ())
    if bases:
        return lexicon.find(bases[:1])[bases[0]].text.islower()
    words = set(key.split())
    headwords = lexicon.find(words)
    return len(words) > 1 and all(word in headwords and headwords[word].text.islower() for word in words)
