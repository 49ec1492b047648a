"""Closed lists as others write them, parts of speech and categories; and words in what others put around
them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from flows.boundary.text import clean_text
from flows.core.words import is_abbreviation
from flows.knowledge import Category, PartOfSpeech

_PARTS: Mapping[PartOfSpeech, str] = {
    "noun": "noun n nn nns nnp substantive common_noun proper_noun proper propn countable_noun"
    " countable uncountable plural mass count nominal uncountable_noun mass_noun collective_noun"
    " compound_noun abstract_noun concrete_noun abbreviation acronym initialism gerund",
    "verb": "verb v vb vt vi vbd vbg vbn vbp vbz transitive_verb intransitive_verb phrasal_verb"
    " transitive intransitive auxiliary modal auxiliary_verb modal_verb copula",
    "adjective": "adjective adj a s jj jjr jjs adjective_satellite adj_satellite satellite participle"
    " adjectival attributive",
    "adverb": "adverb adv r rb rbr rbs adverbial",
    "phrase": "phrase idiom idiomatic expression saying proverb fixed_phrase set_phrase noun_phrase"
    " verb_phrase prepositional_phrase adjective_phrase adverbial_phrase collocation multiword",
}
_CATEGORIES: Mapping[Category, str] = {
    Category.ACT: "action actions activity activities acts deed sport sports game games"
    " job jobs work occupation hobby hobbies crime",
    Category.ANIMAL: "animals fauna creature creatures bird birds fish insect insects mammal mammals reptile",
    Category.ARTIFACT: "artefact artifacts artefacts tool tools device devices instrument instruments"
    " clothing building buildings vehicle vehicles furniture machine machines technology"
    " house household home kitchen kitchenware utensil utensils clothes fashion transport transportation art"
    " arts equipment weapon weapons medicine drug drugs computing architecture",
    Category.ATTRIBUTE: "attributes property trait color colour colors colours",
    Category.BODY: "body_part body_parts human_body anatomy",
    Category.CHANGE: "changes",
    Category.COGNITION: "thought thinking idea ideas knowledge concept science sciences"
    " mathematics math maths biology physics philosophy religion history psychology education abstract",
    Category.COMMUNICATION: "language languages linguistics speech writing music literature grammar",
    Category.COMPETITION: "contest",
    Category.EVENT: "events happening",
    Category.FEELING: "emotion emotions feelings",
    Category.FOOD: "foods drink drinks beverage cuisine",
    Category.GROUP: "groups organization organisation"
    " family government politics business military institution",
    Category.LOCATION: "place places locations geography region city country",
    Category.MOTION: "movement",
    Category.OBJECT: "objects natural_object landform nature",
    Category.PERCEPTION: "senses sensation",
    Category.PERSON: "people persons human humans profession professions",
    Category.PHENOMENON: "phenomena natural_phenomenon",
    Category.PLANT: "plants flora flower flowers tree trees vegetable vegetables",
    Category.POSSESSION: "possessions money finance",
    Category.PROCESS: "processes",
    Category.QUALITY: "qualities",
    Category.QUANTITY: "quantities amount number numbers measure unit",
    Category.RELATION: "relations relationship",
    Category.SHAPE: "shapes form",
    Category.SOCIAL: "society",
    Category.STATE: "states condition disease illness health medical",
    Category.SUBSTANCE: "substances material materials chemical chemicals chemistry",
    Category.TIME: "times date dates calendar",
}
_PART_OF: Mapping[str, PartOfSpeech] = {
    name: part for part, names in _PARTS.items() for name in names.split()
}
_CATEGORY_OF: Mapping[str, Category] = {str(category): category for category in Category} | {
    name: category for category, names in _CATEGORIES.items() for name in names.split()
}
_NUMBERED = re.compile(
    r"\d\ufe0f?\u20e3\s*|(?:\(?\d{1,4}[.):]|[-+*•·–—#>→]+|\d{1,4}\s[-–—])\s+"
    r"|\d{1,4}[.)](?=[^\W\d_])|[a-z]\)\s+|\([a-z]\)\s+"
)
_EMPHASIS, _QUOTED = "*_`", "\"“”„«»‹›「」『』'‘’"
_ASIDE = re.compile(
    r"</?(?:b|i|u|em|strong|code|mark|li|p|br|span)>"
    r"|\s+(?:/[^/]{1,40}/|\[[^\]]{0,40}[^\x00-\x7f][^\]]{0,40}\])(?=:?\s*\Z)"
    r"|[¹²³⁰⁴-⁹]+\Z"
)
"""Tags, how the word is pronounced, the sign of a footnote."""
_SENSE = re.compile(
    r"\.[nvars]\.\d{1,3}\Z|\s*#\s?\d{1,3}\Z|(?<=\w)[_-](?:noun|verb|adjective|adverb|adj|adv|[nv])\Z"
)
"""The sign of one sense, or its part of speech."""
_AROUND = re.compile(r"(?i)\A(?:#|(?:the|an?|to)\s+)|\s*[(\[].*\Z|(?<=\w)\s(?:noun|verb|adjective|adverb)\Z")
_BRACKETED = re.compile(r"\[([^\[\]]+)\]|\{([^{}]+)\}")
_IN_BRACKETS = re.compile(r"(?P<word>[^()\[\]]+?)\s*[(\[](?P<part>[^()\[\]]{1,40})[)\]]\.?")
_WITH_PART = re.compile(r"(?P<word>[^,/|\t]+?)(?:\s*[,|\t]\s*|\s+/\s+)(?P<part>[^,/|\t]{1,20})")
_LABELLED = re.compile(r"(?P<label>[A-Za-z. ]{1,20})\s*[:=]\s*(?P<word>\S.*)")
_LABELS = frozenset({"word", "id", "term", "headword", "lemma", "key", "name", "entry"})
_EXPLAINED = re.compile(r"(?P<word>[^:]{1,60}?)(?P<sign>:\s|\s(?:[-–—=→]|->|=>)\s)\s*\S")
_MARKED = re.compile(r"(?P<mark>\*\*|__|[`*_])(?P<word>[^*_`]{1,60}?)(?P=mark)\s*(?P<rest>.*)")
_MOST_WORDS = 4
_SEVERAL = re.compile(r"[,;/|]|\bor\b|\band\b|\s[-–—]\s")
_SMALL_CLASSES = frozenset(
    "interjection interj exclamation greeting preposition prep conjunction conj pronoun pron determiner det"
    " article particle numeral num number contraction prefix suffix affix letter symbol".split()
)
_OTHER = re.compile(r"[^a-z]+")
CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Where the next word begins in a name such as wordList."""
_SHORT = frozenset({"n", "v", "vt", "vi", "adj", "adv"})
"""Names of a part of speech that also tell it beside other words, as in "tr. v."."""


def headword(text: str) -> str:
    """A word without what a list puts around it: "1. **tide**", "tide (noun)", "“tide”,", "tide: the rise of
    the sea". Everything else stays.
    """
    text = _ASIDE.sub("", _without_number(text.strip()))
    if (found := _MARKED.fullmatch(text)) is not None:
        word, rest = found["word"].strip(" :"), found["rest"]
        is_told = (
            not rest or rest[0] in ":–—-=(" or found["word"].endswith(":") or _names(rest)[0] in _PART_OF
        )
        text = word if word and is_told else text
    text = _undressed(text)
    if (found := _LABELLED.fullmatch(text)) is not None and _is_label(found["label"]):
        text = _undressed(found["word"])
    if (found := _EXPLAINED.match(text)) is not None and len(found["word"].split()) <= _MOST_WORDS:
        # "Blade Runner: 2049" and "Star Wars: A New Hope" are names, "pet: a tame animal" is explained
        word = found["word"].strip()
        is_quoted = len(word) > 2 and word[0] in _QUOTED and word[-1] in _QUOTED
        is_told = (
            is_quoted
            or len(text.split()) > _MOST_WORDS
            or found["sign"][0].isspace()
            or text[found.end() - 1].islower()
        )
        text = _undressed(word) if is_told else text
    for pattern in (_IN_BRACKETS, _WITH_PART):
        if (found := pattern.fullmatch(text)) is not None and part_of_speech(found["part"]) is not None:
            text = _undressed(found["word"])
    return text


def bare(text: str) -> str:
    """A word without its decoration, without a remark in brackets or a number ("cat (1)", "cat #2",
    "cat.n.01", "cat_noun"), and without a leading "the", "a" or "to". For comparing, never for display.
    """
    return _AROUND.sub("", headword(_SENSE.sub("", text.strip()))) or text


_PLACEHOLDER = re.compile(
    r"n/?a|not (?:applicable|available|known|specified)|tbd|todo|unknown|none|null|undefined|[-–—.…?]+"
    r"|(?:there (?:are|is) )?(?:none|no (?:\w+ ){0,2}(?:myths?|misconceptions?|uses?|applications?|examples?"
    r"|conflicts?|contradictions?))(?: (?:known|found|exist|noted|to report))?"
)
_NEVER_A_WORD = re.compile(r"n/a|not (?:applicable|available|specified)|tbd|[-–—.…?]+")


def is_nothing(text: str) -> bool:
    """Whether a text only says that there is nothing: "none", "N/A", "No common misconceptions."."""
    return _PLACEHOLDER.fullmatch(_plain(text)) is not None


def without_placeholders(words: list[str]) -> list[str]:
    """The words without placeholders; among other words, "none" and "unknown" may be real words."""
    if all(map(is_nothing, words)):
        return []
    return [word for word in words if _NEVER_A_WORD.fullmatch(_plain(word)) is None]


def _plain(text: str) -> str:
    return (" ".join(text.split()).casefold().rstrip(".!") or text.strip()) if len(text) <= 80 else text


def _is_label(text: str) -> bool:
    return text.strip().casefold() in _LABELS or text.strip().casefold() in _PART_OF


def _without_number(text: str) -> str:
    found = _NUMBERED.match(text)
    return text[found.end() :] if found is not None else text


def _undressed(text: str) -> str:
    before = None
    while text != before:
        before = text
        text = _without_signs(_without_number(text)).rstrip(",;:").strip(_EMPHASIS).strip()
        if len(text) > 2 and text[0] in _QUOTED and text[-1] in _QUOTED:
            text = text[1:-1].strip()
        if (found := _BRACKETED.fullmatch(text)) is not None:
            text = (found[1] or found[2]).strip()
        if text.endswith((".", "!", "?")) and " " not in text and "." not in text[:-1]:
            text = text if is_abbreviation(text) else text[:-1]
    return re.sub(r"(?<=[^\W_])_(?=[^\W_])", " ", text)


def _without_signs(text: str) -> str:
    """The text without pictures and circled numbers at either end."""
    text = text.strip()
    if text.isascii():
        return text
    start, end = 0, len(text)
    while start < end and _is_sign(text[start]):
        start += 1
    while start < end and _is_sign(text[end - 1]):
        end -= 1
    return text[start:end].strip() or text


def _is_sign(c: str) -> bool:
    return unicodedata.category(c) == "So" or c in "\ufe0f\u20e3\u200d" or "①" <= c <= "⓿"


def part_of_speech(text: str) -> PartOfSpeech | None:
    """The part of speech meant by "Noun", "n.", "noun.animal" or "transitive verb"; if there are several, the
    first.
    """
    names = _names(text)
    tokens = names[0].split("_")
    telling = [name for name in tokens if len(name) > max(map(len, _SHORT)) or name in _SHORT]
    return next((part for name in (*names, *telling) if (part := _PART_OF.get(name)) is not None), None)


def word_class(text: str) -> PartOfSpeech | None:
    """The part of speech of an item. Words of small classes, such as interjections and pronouns, count as
    phrases, since we have no other name for them.
    """
    return part_of_speech(text) or (
        "phrase" if _SMALL_CLASSES.intersection(_names(text)[0].split("_")) else None
    )


def category(text: str) -> Category | None:
    """The category meant by "Animal", "noun.animal", "animals", "emotion" or "Food & Drink"; if there are
    several, the first.
    """
    names = _names(text, is_last=True)
    parts = [name for name in names[0].split("_") if name not in _PART_OF]
    return next((found for name in (*names, *parts) if (found := _CATEGORY_OF.get(name))), None)


def _names(text: str, *, is_last: bool = False) -> list[str]:
    """The names to look up: the first of several terms, whole, and the part of it before (or after) a dot."""
    plain = (
        CAMEL_CASE.sub(" ", unicodedata.normalize("NFKC", clean_text(text[:100])))
        .casefold()
        .strip(" \"'*[({/")
    )
    term = _SEVERAL.split(plain)[0].partition("(")[0]
    parts = [part for part in term.split(".") if part.strip()]
    chosen = [term, *(parts[-1:] if is_last else parts[:1])]
    return [_OTHER.sub("_", name).strip("_") for name in chosen]
