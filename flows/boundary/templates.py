"""Wiktionary's templates, expanded as its readers see them (facts:
en.wiktionary.org/wiki/Wiktionary:Templates).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from flows.boundary.labels import joined_labels
from flows.boundary.reading import UNKNOWN, Reading

_UNREAD = re.compile("[<>@{}]")
"""Marks of a place's parts that we do not read."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,4})*")
_ARTICLED = re.compile(
    r"(?:United|Kingdom|Republic|Islands|Netherlands|Philippines|Bahamas|Gambia|Maldives|Czech Republic)\b"
)
_NAMES = {
    "abbr of": "abbreviation of",
    "adj form of": "form of",
    "alt case": "alternative letter-case form of",
    "alt form": "alternative form of",
    "alt sp": "alternative spelling of",
    "alt spell": "alternative spelling of",
    "alt spelling of": "alternative spelling of",
    "altcaps": "alternative letter-case form of",
    "altform": "alternative form of",
    "altsp": "alternative spelling of",
    "clip of": "clipping of",
    "contr of": "contraction of",
    "dim of": "diminutive of",
    "infl of": "inflection of",
    "init of": "initialism of",
    "ing-form of": "present participle of",
    "missp": "misspelling of",
    "obs form": "obsolete form of",
    "obs sp": "obsolete spelling of",
    "past of": "past tense of",
    "stand sp": "standard spelling of",
    "syn of": "synonym of",
    "synonym": "synonym of",
}
_TELLING = frozenset(
    {
        "abbreviation of",
        "acronym of",
        "agent noun of",
        "clipping of",
        "contraction of",
        "diminutive of",
        "ellipsis of",
        "former name of",
        "initialism of",
        "short for",
        "synonym of",
    }
)
"""Templates with a meaning of their own, unlike inflections and spellings, whose meaning is at the lemma."""


class Arguments(dict[str, str]):
    """A template's arguments by name or number, as plain text; missing ones are empty."""

    def __missing__(self, name: str) -> str:
        return ""

    def after(self, first: int) -> list[str]:
        """The numbered arguments from a number up to the first missing one."""
        values = []
        while str(first) in self:
            values.append(self[str(first)])
            first += 1
        return values


WriteTemplate = Callable[[Arguments, Reading], str]


def is_silent(name: str) -> bool:
    """Whether a template only does housekeeping, or shows a quotation, an example or other words."""
    return name in _SILENT or name.startswith(("rf", "R:", "RQ:", "U:", "quote-", "cite-"))


def is_known_template(name: str) -> bool:
    """Whether we can expand a template."""
    kind = _kind(name)
    return name in _WRITERS or kind.endswith(" of") or kind in _TELLING


def write(name: str, arguments: Arguments, reading: Reading) -> str:
    """The text of a template; labels and lemmas are added to the reading.

    UNKNOWN for a template that we do not know, or that would show nothing with these arguments.
    """
    writer = _WRITERS.get(name)
    if writer is not None:
        return writer(arguments, reading) or ("" if writer is _label else UNKNOWN)
    return _form_of(_kind(name), arguments, reading) if is_known_template(name) else UNKNOWN


def _kind(name: str) -> str:
    kind = name.removeprefix("en-")
    return _NAMES.get(kind, kind)


def _form_of(kind: str, arguments: Arguments, reading: Reading) -> str:
    has_language = bool(_LANGUAGE.fullmatch(arguments["1"])) and "2" in arguments
    given = [*arguments.after(2 if has_language else 1), "", "", ""]
    if kind == "form of":
        kind = f"{given.pop(0).removesuffix(' of')} of"
    lemma, shown, positional_gloss = given[:3]
    gloss = arguments["t"] or arguments["gloss"] or ("" if kind == "inflection of" else positional_gloss)
    if not lemma or UNKNOWN in lemma:
        return UNKNOWN
    if kind not in _TELLING and not gloss:
        reading.form_of = lemma.partition("#")[0]
    return f"{kind} {shown or lemma}" + (f" ({gloss})" if gloss else "")


def _label(arguments: Arguments, reading: Reading) -> str:
    if words := joined_labels(label for label in arguments.after(2) if UNKNOWN not in label):
        reading.labels.append(words)
    return ""


def _link(arguments: Arguments, _: Reading) -> str:
    return arguments["3"] or arguments["2"].partition("#")[0]


def _qualifier(arguments: Arguments, _: Reading) -> str:
    return f"({', '.join(filter(None, arguments.after(1)))})"


def _gloss(arguments: Arguments, _: Reading) -> str:
    return f"({arguments['1']})"


def _first(arguments: Arguments, _: Reading) -> str:
    return arguments["1"]


def _second(arguments: Arguments, _: Reading) -> str:
    return arguments["2"]


def _last(arguments: Arguments, _: Reading) -> str:
    return next(filter(None, reversed(arguments.after(1))), "")


def _joined(arguments: Arguments, _: Reading) -> str:
    return "".join(arguments.after(1))


def _spaced(arguments: Arguments, _: Reading) -> str:
    return " ".join(arguments.after(1))


def _fraction(arguments: Arguments, _: Reading) -> str:
    """“2” or “1|2” is a half, “1|1|2” is one and a half."""
    match arguments.after(1):
        case [below] if below:
            return f"1/{below}"
        case [above, below] if above and below:
            return f"{above}/{below}"
        case [whole, above, below] if whole and above and below:
            return f"{whole} {above}/{below}"
    return ""


def _place(arguments: Arguments, _: Reading) -> str:
    kind = arguments["2"].replace("/and/", " and ").replace("/", " ")
    text = (
        kind
        if not kind or re.match(r"(?:an?|the)\b", kind, re.IGNORECASE)
        else f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    )
    follows = " in "
    for part in arguments.after(3):
        prefix, slash, name = part.rpartition("/")
        if part == ";":
            break
        if not slash:
            text, follows = f"{text} {part}", " "
            continue
        is_articled = prefix.split(":")[0] in {"c", "cc", "country"} and _ARTICLED.search(name)
        text, follows = f"{text}{follows}{'the ' if is_articled else ''}{name}", ", "
    if not kind or _UNREAD.search(text):
        return ""
    return text[:1].upper() + text[1:]


def _given_name(arguments: Arguments, _: Reading) -> str:
    kind = " or ".join(filter(None, (arguments["2"], arguments["or"])))
    return " ".join(f"a {kind} given name".split())


def _fixed(text: str) -> WriteTemplate:
    return lambda _arguments, _reading: text


def _people(arguments: Arguments, _: Reading) -> str:
    return arguments["2"] and f"A native or inhabitant of {arguments['2']}"


def _about(arguments: Arguments, _: Reading) -> str:
    return arguments["2"] and f"Of, from or relating to {arguments['2']}"


def _named(**groups: tuple[WriteTemplate, str]) -> dict[str, WriteTemplate]:
    return {name: write for write, names in groups.values() for name in names.split("|")}


_WRITERS: Mapping[str, WriteTemplate] = _named(
    labels=(_label, "lb|lbl|label|tlb|tcx|term-label|context"),
    links=(_link, "l|link|ll|m|mention|m+|m-self|l-self|alter"),
    qualifiers=(_qualifier, "q|qual|qualifier|i|qf|a"),
    glosses=(_gloss, "gloss|gl"),
    plain=(
        _first,
        (
            "n-g|ngd|non-gloss|non-gloss definition|non gloss definition|non"
            " gloss|1|sup|sub|IPAchar|smallcaps|unsupported"
        ),
    ),
    taxa=(_first, "taxlink|taxfmt|vern|vernacular"),
    in_language=(_second, "lang|head-word|inh-lite"),
    pages=(_last, "w|wp-link|pedlink|glossary|glink|def"),
    joined=(_joined, "chem"),
    spaced=(_spaced, "soplink|spel-link"),
    fractions=(_fraction, "frac|fraction"),
    places=(_place, "place"),
    surnames=(_fixed("a surname"), "surname"),
    given_names=(_given_name, "given name"),
    people=(_people, "demonym-noun"),
    about=(_about, "demonym-adj"),
    commas=(_fixed(","), ","),
    apostrophes=(_fixed("'"), "'"),
    omissions=(_fixed("…"), "...|…|nb..."),
    spaces=(_fixed(" "), "nbsp|gap"),
    era_after=(_fixed("CE"), "CE|C.E.|AD|A.D."),
    era_before=(_fixed("BCE"), "BCE|B.C.E.|BC|B.C."),
    circa=(lambda arguments, _: arguments["1"] and f"c. {arguments['1']}", "circa|circa2|c."),
)
_SILENT = frozenset(
    name
    for names in (
        (
            "senseid|sense id|anchor|defdate|def-date|etystub|senseno|nonlemma|nonlemmas|ISBN|sic|root|PIE"
            " word|trademark|jump|listen|audio"
        ),
        (
            "C|c|top|topics|topic|cln|catlangname|cat|categorize|wikipedia|wp|slim-wikipedia|pedia|swp|"
            "multiple images|attention|attn"
        ),
        (
            "ux|uxi|usex|eg|coi|co|collocation|syn|synonyms|ant|antonyms|hyper|hypernyms|hypo|hyponyms|cot|"
            "coordinate terms|mer|holo"
        ),
        (
            "alti|inline alt forms|see|tea room sense|hot word|hot sense|only in|only used in|&lit|no"
            " entry|translation hub|translation only"
        ),
        "used in phrasal verbs|phrasal verb|zh-mw|+obj|+preo|antsense",
    )
    for name in names.split("|")
)
