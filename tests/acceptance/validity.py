"""When an entry is valid, written from its definition: nothing of the program under test is used here."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import simplemma

PARTS_OF_SPEECH = {"noun", "verb", "adjective", "adverb", "phrase"}
CATEGORIES = set(
    """act animal artifact attribute body change cognition communication competition consumption contact
    creation event feeling food general group location manner motion motive object perception person
    phenomenon plant possession process quality quantity relation shape social state substance time
    weather""".split()
)
DEPTHS = ("defined", "enriched", "deep")
SUPPORTS = {"supported", "model_only", "conflict"}
PROVENANCE = {
    "job_id",
    "round",
    "task_run_id",
    "model",
    "prompt_version",
    "tokens_in",
    "tokens_out",
    "created_at",
}
CITATION = {"source", "title", "url", "revision", "licence", "licence_url", "retrieved_at", "quote"}
ENDINGS = (
    "'s- s- es- ies-y ed- ed-e ing- ing-e er- est- er-e est-e ier-y iest-y ied-y ves-f ves-fe men-man d- "
    "ying-ie i-us a-um ae-a ices-ex ices-ix a-on es-is"
)


def key_of(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"\s+", " ", re.sub(r"[’‘]", "'", re.sub(r"[‐-―−]", "-", folded))).strip()


@cache
def irregular() -> dict[str, frozenset[str]]:
    """The base forms of each irregular form of English."""
    found: dict[str, set[str]] = {}
    for line in Path(__file__).with_name("irregular.txt").read_text().casefold().splitlines():
        base, *forms = line.split()
        for form in forms:
            found.setdefault(form, set()).add(base)
    return {form: frozenset(bases) for form, bases in found.items()}


PARTICLES = set(
    "about across ahead along apart around aside away back by down forth in off on out over round through"
    " together under up".split()
)


POSSESSIVES = {"my", "your", "his", "her", "its", "our", "their", "whose"}


BRITISH = (
    (r"(?<=\w\w)is(e[drs]?|ing|ations?)$", r"iz\1"),
    (r"(?<=[aeioulr])ys(e[drs]?|ing)$", r"yz\1"),
    (r"(?<=[bdfgilmnpsv])our(?=$|s$|ed$|ing$|ings$|er$|ers$|able$|ite$|less$|ful$|ly$)", "or"),
    (r"([bt])re(?=$|s$|d$|pieces?$)", r"\1er"),
    (r"ae|oe", "e"),
    (r"ll(?=ed$|ing$|er$|ers$|or$)", "l"),
    (r"ough(?=$|s$|ed$|ing$)", "ow"),
    (r"nce$", "nse"),
    (r"ould(?=$|s$|ed$|ing$|er$|ering$|y$)", "old"),
    (r"eable$", "able"),
    (r"ogue$", "og"),
    (r"ey$", "y"),
    (r"qa?$|ka$", "ka"),
    (r"ah$", "a"),
    (r"xion$", "ction"),
    (r"(?<=o)l(?=y$)", "ll"),
)
"""How the spellings of English differ by rule, from the British to the American."""


@cache
def spelled() -> dict[str, str]:
    """The American spelling of each British one that follows no rule."""
    lines = Path(__file__).with_name("spellings.txt").read_text().splitlines()
    return {british: american for american, british in map(str.split, lines)}


def american(token: str) -> str:
    """A token as Americans may write it; both spellings of a word come out alike."""
    for ending in ("", "s", "d", "ed", "ing"):
        if (stem := token.removesuffix(ending)) in spelled():
            token = spelled()[stem] + token[len(stem) :]
            break
    for rule, put in BRITISH:
        token = re.sub(rule, put, token)
    return token


@cache
def bases(token: str) -> frozenset[str]:
    """What a token may be a form of, generously."""
    return _bases(token) | _bases(american(token))


def _bases(token: str) -> frozenset[str]:
    found = {token, simplemma.lemmatize(token, lang="en").casefold(), *irregular().get(token, ())}
    for rule in ENDINGS.split():
        ending, _, put = rule.partition("-")
        if token.endswith(ending) and len(token) - len(ending) >= 2:
            stem = token[: -len(ending)] + put
            found.add(stem)
            if ending in {"ed", "ing", "er", "est"} and not put and len(stem) > 2 and stem[-1] == stem[-2]:
                found.add(stem[:-1])
    return frozenset(found)


def tokens_of(text: str) -> list[str]:
    return re.findall(r"[\w']+", key_of(text).replace("-", " "))


def contains(text: str, word: str) -> bool:
    """Whether the text holds the word or an inflection of it; a hyphen counts as a space."""
    if key_of(word) in key_of(text):
        return True
    tokens, wanted = tokens_of(text), tokens_of(word)
    if not wanted:
        return False
    if "".join(wanted) in "".join(tokens):
        return True
    if len(wanted) == 2 and wanted[1] in PARTICLES:
        # "turned the old lamp off": a phrasal verb may have up to four words within
        return any(
            bases(wanted[0]) & bases(t) and wanted[1] in tokens[i + 1 : i + 6] for i, t in enumerate(tokens)
        )
    if len(wanted) == 2 and any(
        bases(wanted[0]) & bases(token) and wanted[1] in tokens[i + 1 : i + 7]
        for i, token in enumerate(tokens)
    ):
        return True  # a verb and its particle, with the object between them
    return any(
        all(stands_for(t, w) for w, t in zip(wanted, tokens[i : i + len(wanted)], strict=True))
        for i in range(len(tokens) - len(wanted) + 1)
    )


def stands_for(token: str, wanted: str) -> bool:
    """Whether a token may stand in the place of a phrase's word; a dictionary's "one's" means anybody's,
    "oneself" any person.
    """
    if wanted == "one's" and (token in POSSESSIVES or token.endswith(("'s", "s'"))):
        return True
    if wanted == "oneself" and token.endswith(("self", "selves")):
        return True
    return bool(bases(wanted) & bases(token))


def faults_of(entry: dict[str, Any]) -> list[str]:
    """What keeps an entry from being valid."""
    is_lexicon = entry["provenance"]["model"].startswith("wordnet")
    return [*_form(entry), *_related(entry, is_lexicon), *_examples(entry, is_lexicon), *_origin(entry)]


def _form(entry: dict[str, Any]) -> list[str]:
    faults = []
    word, key, definition = entry["word"], entry["key"], entry["definition"]
    if key != key_of(word):
        faults.append(f"key {key!r} is not that of {word!r}")
    if not word or len(word) > 60 or len(word.split()) > 4:
        faults.append(f"{word!r} cannot be a word")
    if not 15 <= len(definition) <= 600:
        faults.append(f"definition of {len(definition)} characters")
    if key_of(definition).rstrip(".") == key:
        faults.append("definition is the word")
    if entry["category"] not in CATEGORIES:
        faults.append(f"category {entry['category']!r}")
    if entry["part_of_speech"] not in PARTS_OF_SPEECH:
        faults.append(f"part of speech {entry['part_of_speech']!r}")
    if entry["depth"] not in DEPTHS[1:]:
        faults.append(f"depth {entry['depth']!r}")
    if entry["depth"] == "deep" and not (
        entry["explanation"] or entry["applications"] or entry["misconceptions"] or len(entry["senses"])
    ):
        faults.append("deep and nothing deeper in it")
    return faults


def _related(entry: dict[str, Any], is_lexicon: bool) -> list[str]:
    faults = []
    related = [key_of(r) for r in entry["related_concepts"]]
    if not (1 if is_lexicon else 3) <= len(related) <= 8:
        faults.append(f"{len(related)} related concepts")
    if entry["key"] in related or len(set(related)) != len(related):
        faults.append("related concepts repeat")
    return faults


def _examples(entry: dict[str, Any], is_lexicon: bool) -> list[str]:
    faults = []
    if not (0 if is_lexicon else 1) <= len(entry["examples"]) <= 3:
        faults.append(f"{len(entry['examples'])} examples")
    return faults + [
        f"example without the word: {e!r}" for e in entry["examples"] if not contains(e, entry["word"])
    ]


def _origin(entry: dict[str, Any]) -> list[str]:
    faults = []
    provenance = entry["provenance"]
    if not provenance.keys() >= PROVENANCE or not provenance["task_run_id"]:
        faults.append("provenance incomplete")
    faults += [
        "citation incomplete"
        for c in entry["citations"]
        if not c.keys() >= CITATION or not (c["url"] and c["licence"] and c["quote"])
    ]
    if entry["support"] not in SUPPORTS:
        faults.append(f"support {entry['support']!r}")
    if entry["support"] == "supported" and not entry["citations"]:
        faults.append("supported by nothing")
    if entry["support"] == "model_only" and entry["citations"]:
        faults.append("model only, and yet with citations")
    if entry["created_at"] > entry["updated_at"] or entry["revision"] < 1:
        faults.append("revision and times do not fit")
    return faults
