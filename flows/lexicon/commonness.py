"""In which order a reader would expect to meet words, and a word its senses (build time).

WordNet counted how often each sense occurs in a tagged corpus of some 230,000 words; that covers 21,000 of 147,000 lemmas. Word
frequency covers the rest, but it counts spellings, not meanings: "in" is the commonest spelling of the unit inch. So the frequency
of a spelling is believed only as far as the tag count of its meanings makes it plausible.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flows.lexicon.wndb import RawSynset

CLOSED_CLASS = frozenset(
    "a about above after all am an and any are as at be been before below but by can could did do does done down each every for from had "
    "has have he her hers him his how i if in into is it its may me might mine more most must my no nor not of off on one or other our ours "
    "out over shall she should so some such than that the their them then there these they this those though through thou to under until "
    "up us was we were what when where which while who whom whose why will with within without would you your yours".split()
)
NUMBER_WORDS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty "
    "thirty forty fifty sixty seventy eighty ninety hundred thousand million billion first second third fourth fifth sixth seventh eighth "
    "ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth fortieth "
    "fiftieth sixtieth seventieth eightieth ninetieth hundredth thousandth millionth".split()
)
UNPRESENTABLE = -2.4
"""Scores below this belong to slurs, numerals and single letters: looked up like any word, but not offered as somebody's neighbour."""

_ROMAN = re.compile(r"(?=.)m{0,3}(?:cm|cd|d?c{0,4})(?:xc|xl|l?x{0,4})(?:ix|iv|v?i{0,4})")
_OFFENSIVE = re.compile(
    r"^(?:\([^)]*\) )?(?:an? )?(?:\w+ )?(?:obscene|offensive|vulgar|derogatory|disparaging|insulting|abusive) "
    r"(?:slang|terms?|words?|names?|reference|expression)\b|\((?:[^)]* )?(?:ethnic slur|offensive|obscene|vulgar|derogatory|disparaging)\b"
)
_OFFENSIVE_USAGE = frozenset({"ethnic slur", "obscenity", "disparagement", "dirty word", "vulgarism"})


@dataclass(frozen=True, slots=True)
class TaggedSense:
    """One meaning of a lemma with what tells how common it is."""

    synset: RawSynset
    form: str
    number: int
    tags: int
    synset_tags: int
    """Tag counts of all words of the synset together."""

    @property
    def is_instance(self) -> bool:
        """Whether it names one thing (a person, a place) instead of a kind."""
        return any(pointer.kind == "instance of" for pointer in self.synset.pointers)


def order_senses(senses: Iterable[TaggedSense]) -> list[TaggedSense]:
    """The commonest first across parts of speech."""
    senses = list(senses)
    has_few_tags = sum(sense.tags for sense in senses) < 2

    def place(sense: TaggedSense) -> tuple[float, bool, int, tuple[int, int]]:
        # A rare spelling of a common word ("colour") has no counts of its own worth the name: its synonyms' counts speak for it.
        weight = sense.tags + sense.synset_tags / 10 if has_few_tags else float(sense.tags)
        return (-weight, sense.is_instance, sense.number, sense.synset.id)

    return sorted(senses, key=place)


def is_offensive(synset: RawSynset, usages: Sequence[str] = ()) -> bool:
    """Whether WordNet itself marks the synset as a slur or as vulgar, by its gloss or by its usage domain."""
    return _OFFENSIVE.search(synset.gloss) is not None or not _OFFENSIVE_USAGE.isdisjoint(usages)


def score(key: str, senses: Sequence[TaggedSense], *, zipf: float, is_inflection: bool, is_offensive: bool) -> float:
    """How common the lemma is in the meaning that stands first, on the Zipf scale: 7 is once in 100 words, 0 unheard of.

    It is negative for what no reader wants to meet early.

    `zipf` is the frequency of the spelling, `is_inflection` tells that the spelling is also a form of another lemma.
    """
    tags = sum(sense.tags for sense in senses)
    first = senses[0]
    # One tag in the corpus of 230,000 words corresponds to about 3.6 on the Zipf scale, ten to 4.6.
    by_tags = 3.4 + math.log10(tags) if tags else 2.9
    words = key.replace("-", " ").split()
    if is_offensive:
        return -3.0 + zipf / 10
    if any(character.isdigit() for character in key) or len(key) == 1 or (len(key) > 1 and _ROMAN.fullmatch(key) and tags < 3 and key != "mix"):
        return -4.0 + zipf / 10
    if len(words) > 1 and all(word in NUMBER_WORDS or word == "and" for word in words):
        return -2.0 + zipf / 10
    if key in CLOSED_CLASS:
        return min(zipf, by_tags - 0.5) if tags >= 20 else -2.0 + zipf / 10
    if len(words) > 1:
        # Word frequency of a phrase is computed from its words as if they met by chance.
        value = min(zipf - 1.0, by_tags + 0.3) if tags else min(zipf - 2.0, 2.9)
    elif is_inflection:
        value = min(zipf, by_tags + (0.8 if tags >= 5 else 0.1))
    else:
        value = min(zipf, by_tags + 1.3)
    if first.is_instance:
        # Surnames are common as spellings; the one scientist or singer whom WordNet means is not.
        value -= 1.5 if first.synset.category == "person" else 0.5
    if first.form.isupper() or (len(key) <= 3 and tags < 3 and not words[0].isalpha()):
        value -= 0.7
    if len(key) == 2 and tags < 5:
        value -= 2.0
    if len(key) == 3 and not tags:
        value -= 0.7
    if "." in key:
        value -= 1.5
    if key in NUMBER_WORDS:
        value -= 0.5
    return value
