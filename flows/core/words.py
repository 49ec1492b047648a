"""Words: display form, key, document id, and which texts cannot be a word."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from flows.errors import InvalidInput
from flows.knowledge import Verdict, Word
from flows.knowledge.limits import MAX_WORD_LENGTH, MAX_WORD_PARTS

MAX_ID_BYTES = 1500
"""Firestore's limit for a document id."""

_QUOTES = str.maketrans(
    dict.fromkeys("‘’‚‛′‵ʹʻʼʽ՚´\u1ffd", "'")
    | dict.fromkeys("“”„‟″‶", '"')
    | dict.fromkeys("\u2212\u2043", "-")
)
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_IGNORED_IN_KEYS = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060"
    "\u3164\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]"
)
JOINERS = "\u200c\u200d"
LAST_CHARACTER = "\U0010ffff"
"""Sorts after whatever follows a prefix."""
WORDS_CACHED = 8192
"""For how many words a rule remembers its result."""
_PLAIN_TOKENS = re.compile("[0-9a-z']+")
_ABBREVIATIONS = frozenset(
    re.findall(
        r"\w+",
        "abbr adj adv al approx apr assn assoc aug av ave bldg blvd bros ca capt cf ch cmdr co col corp cpl"
        " dec dept dist div dr ed eds esp est etc feb fig figs ft gal gen gov govt hon hosp hr ibid inc incl"
        " inst intl jan jr jul jun lat lb lieut lt ltd maj max messrs mfg mfr min misc mlle mme mr mrs ms mt"
        " mtn mts nat nos nov obs oct oz pfc pl pp pref pres prof pron pseud pt pvt qt qty rd ref rep rev rpm"
        " sec sep sept sgt soc spec sq sr st std ste subj supt tbsp tel temp trans tsp univ usu var viz vol"
        " vols vs yd yr ala anon ariz calif colo conn fla ind kan mich minn mont nebr nev okla oreg penn tenn"
        " tex wis wyo",
    )
)
_INITIALS = re.compile(r"(?:[^\W\d_]{1,4}\.)+[^\W\d_]{0,4}\.?")
_NUMBER = re.compile(r"[\W\d_]*\d[\W\d_]*|\d+(?:st|nd|rd|th)|0x[\da-f]+|\d+(?:\.\d+)?e[+-]?\d+")
_MARKUP = (
    (re.compile(r"[<>\[\]{}()]"), "Contains brackets"),
    (
        re.compile(r"://|^www\.|^mailto:|\.(?:com|org|edu|gov|html?|php)(?:/|$)", re.IGNORECASE),
        "Looks like an address",
    ),
    (re.compile(r"@"), "Contains an at sign"),
    (re.compile(r"&#?\w+;"), "Contains an HTML entity"),
    (re.compile(r"[`_|\\=~^]|\*\*"), "Contains markup"),
    (re.compile(r"[\"“”„‟«»]|^'.*'$"), "Contains quotation marks"),
    (re.compile(r"^(?:[*#•·‣▪◦]|[-–—+]\s|\d+[.)]\s)"), "Starts like a list item"),
)
_OPENING = re.compile(
    r"(?!that is to say)(?:i|you|he|she|it|we|they|this|that|these|those|here|there)"
    r"(?: (?:am|is|are|was|were|will|would|have|has|had|do|does|did|can|cannot|could)|'(?:m|re|s|ve|ll|d)) \w"
    r"|(?:the|a|an) .*\b(?:is|are|was|were)\b .+",
    re.IGNORECASE,
)
_ENDING = re.compile(r"[!?…。！？।;:,،؛؟]$|\.\.$")
_REMEDIES = {
    Verdict.EMPTY: "Enter at least one word.",
    Verdict.TOO_LONG: f"Use at most {MAX_WORD_LENGTH} characters.",
    Verdict.TOO_MANY_WORDS: f"Use at most {MAX_WORD_PARTS} words; separate entries with commas or lines.",
    Verdict.NO_LETTER: "Use a word with letters.",
    Verdict.NUMBER: "Spell the number out, for example “seven”.",
    Verdict.MARKUP: "Enter the plain word.",
    Verdict.SENTENCE: "Enter a word or a short phrase.",
}


def display_form(text: str) -> str:
    """The word as displayed: NFC, trimmed, without invisible characters, inner white space single."""
    return _squeezed(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)), "NFC")


def word_key(text: str) -> str:
    """The identity of a word: NFKC, case-folded, plain quotes and dashes, single white space.

    The key of a key is itself.
    """
    if text.isascii():
        return " ".join(text.lower().split())  # a shortcut with the same result for nine texts in ten
    key, before = _folded(text), text
    while key != before:
        key, before = _folded(key), key
    return key


def tokens(text: str) -> list[str]:
    """The words in a text, as keys: letters, digits and their marks, with inner apostrophes; hyphens
    separate.
    """
    key = word_key(text)
    if key.isascii():
        parts = _PLAIN_TOKENS.findall(key)
    else:
        parts = "".join(c if c == "'" or unicodedata.category(c)[0] in "LMN" else " " for c in key).split()
    return [token for token in (part.strip("'") for part in parts) if token]


def is_abbreviation(token: str) -> bool:
    """Whether a full stop at the end of the token belongs to it, as in "St." or "e.g."."""
    token = token.rpartition("-")[2]
    return token.rstrip(".").casefold() in _ABBREVIATIONS or (
        _INITIALS.fullmatch(token) is not None and (token.count(".") > 1 or len(token) == 2)
    )


def document_id(key: str) -> str:
    """The key as a Firestore document id: percent-encodes `%`, `/` and what Firestore reserves.

    Two keys never share an id. Raises InvalidInput for a key that is empty, contains a lone
    surrogate, or exceeds 1,500 bytes as an id; keys of words have at most 60 characters and never come near.
    """
    encoded = key.replace("%", "%25").replace("/", "%2F")
    if encoded in {".", ".."}:
        encoded = encoded.replace(".", "%2E")
    elif encoded.startswith("__") and encoded.endswith("__"):
        encoded = "%5F" + encoded[1:]
    try:
        size = len(encoded.encode())
    except UnicodeEncodeError as error:
        raise InvalidInput("key", "contains a lone surrogate", "Use valid Unicode text.") from error
    if not 0 < size <= MAX_ID_BYTES:
        raise InvalidInput("key", f"must be 1 to {MAX_ID_BYTES:,} bytes as an id (is {size:,})")
    return encoded


def parse_word(text: str) -> Word:
    """The word that a person entered. Raises InvalidInput if it is not a valid word."""
    problem = form_problem(text)
    if problem:
        verdict, reason = problem
        raise InvalidInput(
            "words",
            f"“{printable(text)}” is not a valid word: {reason[0].lower()}{reason[1:]}",
            _REMEDIES[verdict],
            code=f"word_{verdict.name.lower()}",
            params={"word": printable(text)},
        )
    return Word(text=display_form(text), key=word_key(text))


@lru_cache(maxsize=WORDS_CACHED)
def form_problem(text: str) -> tuple[Verdict, str] | None:
    """Why a text cannot be a candidate, with a readable reason; None if it can."""
    display, key = display_form(text), word_key(text)
    letters = any(unicodedata.category(c)[0] == "L" for c in key)
    if not key:
        return Verdict.EMPTY, "Empty"
    markup = _hidden(text.strip()) or next(
        (reason for pattern, reason in _MARKUP if pattern.search(display) or pattern.search(key)), None
    )
    if markup:
        return Verdict.MARKUP, markup
    if max(len(display), len(key)) > MAX_WORD_LENGTH:
        return Verdict.TOO_LONG, f"Longer than {MAX_WORD_LENGTH} characters"
    if len(key.split()) > MAX_WORD_PARTS:
        return Verdict.TOO_MANY_WORDS, f"More than {MAX_WORD_PARTS} words"
    if _NUMBER.fullmatch(key):
        return Verdict.NUMBER, "A number"
    if not letters:
        return Verdict.NO_LETTER, "No letters"
    sentence = _sentence(display) or _sentence(key)
    return (Verdict.SENTENCE, sentence) if sentence else None


def printable(text: str, limit: int = 200) -> str:
    """A text that is safe to show and store: control and invisible characters are replaced, and it is cut to
    `limit` characters.
    """
    shown = "".join(
        c if c.isprintable() or c in JOINERS else "\ufffd" for c in display_form(text[: 4 * limit])
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", _IGNORED_IN_KEYS.sub("", text).translate(_QUOTES)).casefold()
    return _squeezed("".join("-" if unicodedata.category(c) == "Pd" else c for c in plain), "NFKC")


def _squeezed(text: str, form: str) -> str:
    """Collapse white space, and normalise again, since characters that were separated may now combine."""
    return " ".join(unicodedata.normalize(form, text).split())  # type: ignore[arg-type]


def _hidden(text: str) -> str | None:
    for c in text:
        category = unicodedata.category(c)
        if c in "\n\r\v\f\x85" or category in {"Zl", "Zp"}:
            return "Contains a line break"
        if category in {"Cs", "Co", "Cn"} or c == "\ufffd":
            return "Contains an invalid character"
        if c != "\t" and (
            category == "Cc" or (category == "Cf" and c not in JOINERS and not _INVISIBLE.match(c))
        ):
            return "Contains control characters"
    return None


def _sentence(text: str) -> str | None:
    words = text.split()
    if _ENDING.search(text) or (text.endswith(".") and not is_abbreviation(words[-1])):
        return "Ends like a sentence"
    if any(w[-1] in ".!?" and not is_abbreviation(w) for w in words[:-1]):
        return "Contains the end of a sentence"
    if re.search(r"[:;]\s|\s[-–—]+\s", text):
        return "Contains an explanation"
    if "," in text and not re.search(r", .*\b(?:and|or)\b", text, re.IGNORECASE):
        return "A list"
    return "Reads like a sentence" if _OPENING.match(text) else None
