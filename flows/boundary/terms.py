"""Closed lists as others write them, parts of speech and categories; and words in what others put around
them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from flows.knowledge import Category, PartOfSpeech

_PARTS: Mapping[PartOfSpeech, str] = {
    "noun": "noun n nn nns nnp substantive common_noun proper_noun proper propn countable_noun"
    " uncountable_noun mass_noun collective_noun compound_noun abstract_noun concrete_noun abbreviation"
    " acronym initialism gerund",
    "verb": "verb v vb vt vi vbd vbg vbn vbp vbz transitive_verb intransitive_verb phrasal_verb"
    " auxiliary_verb modal_verb copula",
    "adjective": "adjective adj a s jj jjr jjs adjective_satellite adj_satellite satellite participle",
    "adverb": "adverb adv r rb rbr rbs",
    "phrase": "phrase idiom expression proverb fixed_phrase set_phrase noun_phrase verb_phrase"
    " prepositional_phrase adjective_phrase adverbial_phrase collocation multiword",
}
_CATEGORIES: Mapping[Category, str] = {
    Category.ACT: "action actions activity activities acts deed sport sports game games",
    Category.ANIMAL: "animals fauna creature creatures bird birds fish insect insects mammal mammals reptile",
    Category.ARTIFACT: "artefact artifacts artefacts tool tools device devices instrument instruments"
    " clothing building buildings vehicle vehicles furniture machine machines technology",
    Category.ATTRIBUTE: "attributes property trait",
    Category.BODY: "body_part body_parts anatomy",
    Category.CHANGE: "changes",
    Category.COGNITION: "thought thinking idea ideas knowledge concept science mathematics",
    Category.COMMUNICATION: "language speech writing",
    Category.COMPETITION: "contest",
    Category.EVENT: "events happening",
    Category.FEELING: "emotion emotions feelings",
    Category.FOOD: "foods drink drinks beverage cuisine",
    Category.GROUP: "groups organization organisation",
    Category.LOCATION: "place places locations geography region city country",
    Category.MOTION: "movement",
    Category.OBJECT: "objects natural_object landform",
    Category.PERCEPTION: "senses sensation",
    Category.PERSON: "people persons human humans profession occupation",
    Category.PHENOMENON: "phenomena natural_phenomenon",
    Category.PLANT: "plants flora flower flowers tree trees vegetable vegetables",
    Category.POSSESSION: "possessions money finance",
    Category.PROCESS: "processes",
    Category.QUALITY: "qualities",
    Category.QUANTITY: "quantities amount number numbers measure unit",
    Category.RELATION: "relations relationship",
    Category.SHAPE: "shapes form",
    Category.SOCIAL: "society",
    Category.STATE: "states condition disease illness",
    Category.SUBSTANCE: "substances material materials chemical chemicals",
    Category.TIME: "times",
}
_PART_OF: Mapping[str, PartOfSpeech] = {
    name: part for part, names in _PARTS.items() for name in names.split()
}
_CATEGORY_OF: Mapping[str, Category] = {str(category): category for category in Category} | {
    name: category for category, names in _CATEGORIES.items() for name in names.split()
}
_NUMBERED = re.compile(r"(?:\(?\d{1,4}[.):]|[-+*•–—#>]+)\s+")
_EMPHASIS, _QUOTED = "*_`", "\"“”„«»'‘’"
_IN_BRACKETS = re.compile(r"(?P<word>[^()\[\]]+?)\s*[(\[](?P<part>[^()\[\]]{1,40})[)\]]")
_EXPLAINED = re.compile(r"(?P<word>[^:]{1,60}?)(?P<sign>:\s|\s[-–—=]\s)\s*\S")
_MOST_WORDS = 4
_SEVERAL = re.compile(r"[,;/|]|\bor\b|\band\b")
_OTHER = re.compile(r"[^a-z]+")


def headword(text: str) -> str:
    """A word without what a list puts around it: "1. **tide**", "tide (noun)", "“tide”,", "tide: the rise of
    the sea". Whatever is not such a dress stays.
    """
    text = _undressed(text)
    if (found := _EXPLAINED.match(text)) is not None and len(found["word"].split()) <= _MOST_WORDS:
        # "Blade Runner: 2049" may be a name
        is_told = len(text.split()) > _MOST_WORDS or found["sign"][0].isspace()
        text = _undressed(found["word"]) if is_told else text
    if (found := _IN_BRACKETS.fullmatch(text)) is not None and part_of_speech(found["part"]) is not None:
        text = _undressed(found["word"])
    return text


def _undressed(text: str) -> str:
    before = None
    while text != before:
        before = text
        if (found := _NUMBERED.match(text)) is not None:
            text = text[found.end() :]
        text = text.strip().rstrip(",;:").strip(_EMPHASIS).strip()
        if len(text) > 2 and text[0] in _QUOTED and text[-1] in _QUOTED:
            text = text[1:-1].strip()
        if text.endswith((".", "!", "?")) and " " not in text and "." not in text[:-1]:
            text = text[:-1]
    return text


def part_of_speech(text: str) -> PartOfSpeech | None:
    """The part of speech meant by "Noun", "n.", "noun.animal", "transitive verb"; of several the first."""
    return next((part for name in _names(text) if (part := _PART_OF.get(name)) is not None), None)


def category(text: str) -> Category | None:
    """The category meant by "Animal", "noun.animal", "animals", "emotion"; of several the first."""
    return next((found for name in _names(text, is_last=True) if (found := _CATEGORY_OF.get(name))), None)


def _names(text: str, *, is_last: bool = False) -> list[str]:
    """The names to look up: of the first of several terms, the whole and its part before (or after) a dot."""
    term = _SEVERAL.split(text[:100].casefold())[0].partition("(")[0]
    parts = [part for part in term.split(".") if part.strip()]
    chosen = [term, *(parts[-1:] if is_last else parts[:1])]
    return [_OTHER.sub("_", name).strip("_") for name in chosen]
