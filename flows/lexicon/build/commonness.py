"""Ranks words, and the senses of a word, by how common they are (build time).

WordNet counted how often each sense occurs in a tagged corpus of about 230,000 words; that covers 21,000 of
147,000 lemmas. Word frequency covers the rest, but it counts spellings, not meanings: "in" is the most common
spelling of the unit inch. So a spelling's frequency counts only as far as the tag count of its meanings makes
it plausible.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flows.lexicon.build.wndb import RawSynset

FUNCTION_WORDS = frozenset(
    "a about above across after again against all almost along already also although am among an and another"
    " any anybody anyone anything are around as at at all away back be been before behind being below beside"
    " between beyond both but by can could did do does done down during each either else enough even ever"
    " every everybody everyone everything few for from had has have having he her here hers him his how"
    " however i if in indeed inside instead into is it its itself just less let like many may me might mine"
    " more moreover most much must my myself neither never nevertheless no nobody none nor not nothing now of"
    " off on once one only onto or other others our ours out outside over own per quite rather same several"
    " shall she should since so some somebody someone something somewhat still such than that the their them"
    " then there therefore these they this those though through thus till to too toward towards under unless"
    " until up upon us very was we were what whatever when whenever where whereas whether which while who"
    " whoever whole whom whose why will with within without would yes yet you your yours yourself".split()
)
"""Function words; they are not looked up in a dictionary."""
NUMBER_WORDS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand"
    " million billion first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
    " thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth"
    " fortieth fiftieth sixtieth seventieth eightieth ninetieth hundredth thousandth millionth".split()
)
COARSE = frozenset(
    "arse arsehole ass asshole bastard bitch bollocks boob bugger bullshit cock coon crap crappy cunt damn"
    " damned dago darky dick dildo dyke fag faggot fart fuck fucker goddam goddamn goddamned gook honky kike"
    " nance negro negroid paki piss pissed pissing poof prick pussy queer retard shit shite shitty shitter"
    " shitting slut sod spic tit turd twat wank wanker wetback whore whorehouse wog wop".split()
)
"""Swear words and slurs in their common meaning that WordNet does not mark everywhere."""
UNPRESENTABLE = -2.4
"""Scores below this belong to slurs, numerals and single letters: found on look-up, but never suggested as a
neighbour.
"""
RAREST = -2.0
"""The lowest score of any other word."""

_ROMAN = re.compile(r"(?=.)m{0,3}(?:cm|cd|d?c{0,4})(?:xc|xl|l?x{0,4})(?:ix|iv|v?i{0,4})")
_OFFENSIVE = re.compile(
    r"^(?:\([^)]*\) )?(?:an? )?(?:\w+"
    r" )?(?:obscene|offensive|vulgar|derogatory|disparaging|insulting|abusive) "
    r"(?:slang|terms?|words?|names?|reference|expression)\b|\((?:[^)]* )?(?:ethnic"
    r" slur|offensive|obscene|vulgar|derogatory|disparaging)\b"
)
_OFFENSIVE_USAGE = frozenset({"ethnic slur", "obscenity", "disparagement", "dirty word", "vulgarism"})
_OBSCENE = frozenset({"cunt", "fuck", "pussy", "shit", "cock", "tit", "faggot"})
_NOUN, _VERB, _ADVERB = 0, 1, 3
_VERBAL = 0.2
"""Above this share of forms like "walked" and "walking", a word counts as a verb rather than a noun."""
_FEW_TAGS = 6
_UNTAGGED = 2.9
"""The score of an untagged word: on the Zipf scale one tag in the corpus of 230,000 words corresponds to
about 3.6, ten to 4.6.
"""


@dataclass(frozen=True, slots=True)
class TaggedSense:
    """One meaning of a lemma, with what indicates how common it is."""

    synset: RawSynset
    form: str
    number: int
    """WordNet's own rank of the sense, from 1 in each part of speech; it means little if nothing is
    tagged.
    """
    tags: int
    synset_tags: int
    """Tag counts of all words of the synset together."""

    @property
    def is_instance(self) -> bool:
        """Whether it names one individual (a person, a place) rather than a kind."""
        return any(pointer.kind == "instance of" for pointer in self.synset.pointers)


def order_senses(senses: Iterable[TaggedSense], *, verbal_share: float | None = None) -> list[TaggedSense]:
    """The most common first, across parts of speech.

    `verbal_share` is the share of the word's use in forms that only a verb has, 0 to 1, if known.
    """
    senses = list(senses)
    tags = sum(sense.tags for sense in senses)

    def place(sense: TaggedSense) -> tuple[bool, float, bool, int, tuple[int, int]]:
        # A meaning explained by the word itself ranks after the word's own meaning: "wood of a pecan tree",
        # "attach by means of nails".
        weight = 0.15 * sense.tags if _is_circular(sense) else float(sense.tags)
        if tags <= _FEW_TAGS:
            weight = weight / 2 + _plausibility(sense, verbal_share)
        if tags < 2:
            # A rare spelling of a common word ("colour") has too few counts of its own: its
            # synonyms' counts speak for it.
            weight += 0.6 * math.log10(1 + sense.synset_tags)
        return (_is_coarse(sense), -weight, sense.is_instance, sense.number, sense.synset.id)

    return sorted(senses, key=place)


def is_offensive(synset: RawSynset, usages: Sequence[str] = ()) -> bool:
    """Whether WordNet marks the synset as a slur or as vulgar, in its gloss or its usage domain."""
    return _OFFENSIVE.search(synset.gloss) is not None or not _OFFENSIVE_USAGE.isdisjoint(usages)


def score(
    key: str, senses: Sequence[TaggedSense], *, zipf: float, is_inflection: bool, is_offensive: bool
) -> float:
    """How common the lemma is in its first meaning, on the Zipf scale: 7 is once in 100 words, 0 is unheard
    of.

    It is below UNPRESENTABLE for words that no reader wants to meet early, and never below RAREST for others.
    `zipf` is the frequency of the spelling; `is_inflection` says that the spelling is also a form of another
    lemma.
    """
    # That "john" is in every text says something about people, nothing about the room.
    tags = sum(sense.tags for sense in senses if sense.is_instance is senses[0].is_instance)
    words = key.replace("-", " ").split()
    if is_offensive or key in COARSE:
        return -3.0 + zipf / 10
    if (
        any(character.isdigit() for character in key)
        or len(key) == 1
        or (_ROMAN.fullmatch(key) and tags < 3 and key != "mix")
    ):
        return -4.0 + zipf / 10
    if key in FUNCTION_WORDS:
        return 1.0 + zipf / 10 if tags >= 20 else RAREST
    return max(RAREST, _score(key, words, senses[0], tags=tags, zipf=zipf, is_inflection=is_inflection))


def _score(
    key: str, words: Sequence[str], first: TaggedSense, *, tags: int, zipf: float, is_inflection: bool
) -> float:
    by_tags = 3.4 + math.log10(tags) if tags else _UNTAGGED
    if len(words) > 1:
        # The frequency of a phrase is computed from its words as if they occurred independently.
        value = min(zipf - 1.0, by_tags - 0.1) if tags else min(zipf - 2.3, 2.4)
    else:
        value = min(zipf, by_tags + (-0.2 if is_inflection else 1.3))
    if first.is_instance:
        # Surnames are common as spellings; the one scientist or singer that WordNet means is not.
        value -= 1.5 if first.synset.category == "person" else 0.5
    if first.synset.id[0] == _ADVERB:
        value -= 0.7
    if first.form.isupper() or (len(key) <= 3 and tags < 3 and not words[0].isalpha()):
        value -= 0.7
    if len(key) == 2 and tags < 5:
        value -= 2.0
    if len(key) == 3 and not tags:
        value -= 0.7
    if "." in key or not key[0].isalpha():
        value -= 1.5
    if all(word in NUMBER_WORDS or word == "and" for word in words):
        value -= 2.0
    return value


def _plausibility(sense: TaggedSense, verbal_share: float | None) -> float:
    """How likely a meaning is to be the common one, if almost nothing was tagged."""
    synset = sense.synset
    is_usual_name, is_only_name = synset.words[0] == sense.form, len(synset.words) == 1
    is_special = synset.gloss.startswith("(") or any(pointer.kind == "about" for pointer in synset.pointers)
    value = (
        0.6 / sense.number
        + 0.6 * is_usual_name
        + 0.3 * is_only_name
        + 0.2 * bool(synset.examples)
        - 1.0 * is_special
    )
    value -= 0.3 * _is_circular(sense) + 1.0 * sense.is_instance
    # For "weasel" the animal is the plain meaning and the person a figure of speech; for "chess" the grass is
    # an unlikely guess.
    value += (
        0.9 * (synset.category == "animal")
        - 0.7 * (synset.category == "plant")
        + 0.1 * (synset.id[0] == _NOUN)
    )
    if verbal_share is not None and synset.id[0] in {_NOUN, _VERB}:
        is_rather_verb = verbal_share > _VERBAL
        value += 0.4 if is_rather_verb is (synset.id[0] == _VERB) else -0.4
    return value


def _is_circular(sense: TaggedSense) -> bool:
    """Whether the word itself explains the meaning; shrubs "of the genus Rosa that bear roses" are the plain
    rose all the same.
    """
    gloss = sense.synset.gloss
    return (
        "genus" not in gloss
        and re.search(rf"\b{re.escape(sense.form)}s?\b", gloss, re.IGNORECASE) is not None
    )


def _is_coarse(sense: TaggedSense) -> bool:
    """Whether the meaning shares its synset with a swear word, so that it should not be shown for "jazz" or
    "screw".
    """
    return not _OBSCENE.isdisjoint(word.casefold() for word in sense.synset.words)
