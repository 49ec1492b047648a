"""`learn show` and `learn search`."""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import typer

from flows.core.outcomes import LEXICON_NAME
from flows.core.spelling import spelling_variants
from flows.core.words import word_key
from flows.errors import ConfigurationError, InvalidInput
from flows.knowledge import Entry, KnownWord, Page
from flows.settings import read_settings
from flows.stores.base import Store
from flows.stores.finding import find_words
from service.cli.output.console import DONE, FAILED, clean, out, say
from service.cli.output.entry_page import (
    definition_page,
    entry_page,
    reading_width,
    result_line,
    results_table,
)
from service.schemas import EntryView

NEAREST_SHOWN = 5
SHORTEST_PREFIX = 2


@dataclass(frozen=True)
class SearchResult:
    """What the store has about a word; `base` is the base form or the other spelling under which it was
    found. `is_listed` says whether the lexicon has a word that the store does not have; None if only a
    language model could tell.
    """

    asked: str
    entry: Entry | None = None
    known: KnownWord | None = None
    base: str | None = None
    is_spelling: bool = False
    nearest: tuple[str, ...] = ()
    is_listed: bool | None = None


async def show(store: Store, words: Sequence[str], *, is_json: bool) -> int:
    """Print what is known about each word; fails if one is not learned.

    Raises InvalidInput for a word that is not text.
    """
    code = DONE
    console = out()
    width = reading_width(console.width)
    for word in words:
        _check_text("words", word)
        if not word_key(word):
            raise InvalidInput("words", "must not be empty", "Give a word to look up.")
    for number, word in enumerate(words):
        found = await find(store, word)
        document = found.entry or found.known
        if document is None:
            say(not_learned(found))
            code = FAILED
            continue
        if is_json:
            typer.echo(document.model_dump_json())
            continue
        if number:
            console.rule(style="dim")
        if found.base:
            relation = "another spelling" if found.is_spelling else "a form"
            say(f"{clean(word)} is {relation} of {clean(found.base)}:")
        console.print(
            entry_page(document) if isinstance(document, Entry) else definition_page(document), width=width
        )
    return code


async def search(
    store: Store, text: str, *, filters: dict[str, Any], cursor: str | None, limit: int, is_json: bool
) -> int:
    """Print a page of entries: a table in a terminal, tab-separated fields in a pipe."""
    _check_text("TEXT", text)
    found = await find_words(store, text, cursor=cursor, limit=limit, **filters)
    page = Page[EntryView](
        items=tuple(map(EntryView.of, found.items)), cursor=found.cursor, is_full_text=found.is_full_text
    )
    console = out()
    if is_json:
        typer.echo(page.model_dump_json())
        return DONE
    if not page.items:
        advice = f" {how_to_learn(text, is_listed=is_listed(word_key(text)))}" if text else ""
        say(f"No entry found{f' for {clean(text)}' if text else ''}.{advice}")
        return DONE
    if console.is_terminal:
        console.print(results_table(page, console.width))
    else:
        typer.echo("\n".join(result_line(entry) for entry in page.items))
    if text and not page.is_full_text:
        say("Prefix matches only (this store has no full-text search).")
    if page.cursor:
        say(f"More results: --cursor {shlex.quote(page.cursor)}")
    return DONE


def is_text(given: str) -> bool:
    """Whether an argument is valid text. Python decodes bytes that are not UTF-8 to lone surrogates."""
    return given.isascii() or not any("\ud800" <= c <= "\udfff" for c in given)


def _check_text(option: str, given: str) -> None:
    if not is_text(given):
        raise InvalidInput(option, "must be text in UTF-8", "Set the terminal to UTF-8 and type it again.")


def check_choice(option: str, given: str | None, choices: Sequence[str]) -> None:
    """Raise InvalidInput for a value that is not one of the choices."""
    if given is not None and given not in choices:
        raise InvalidInput(option, f"unknown value {given}", f"Use one of {', '.join(choices)}.")


async def find(store: Store, asked: str) -> SearchResult:
    """Find a word by its key, then by its base forms and other spellings; otherwise find similar
    headwords.
    """
    key = word_key(asked)
    relatives = _relatives(key)
    for candidate in (key, *relatives):
        if not candidate:
            continue
        entry = await store.entry(candidate)
        known = None if entry else (await store.known([candidate])).get(candidate)
        if entry or known:
            base = None if candidate == key else candidate
            return SearchResult(asked, entry, known, base=base, is_spelling=relatives.get(candidate, False))
    return SearchResult(asked, nearest=await nearest(store, key), is_listed=is_listed(key))


async def nearest(store: Store, key: str) -> tuple[str, ...]:
    """A few headwords that share the longest prefix with a key."""
    shortest = min(SHORTEST_PREFIX, len(key))
    for end in range(len(key), shortest - 1, -1):
        prefix = key[:end].strip()
        if not prefix:
            break
        page = await store.search(prefix, limit=20)
        words = [entry.word for entry in page.items if entry.key.startswith(prefix)]
        if words:
            return tuple(words[:NEAREST_SHOWN])
    return ()


def not_learned(found: SearchResult) -> str:
    """The line for a word that the store does not have."""
    word = clean(found.asked)
    near = f" Similar: {', '.join(clean(w) for w in found.nearest)}." if found.nearest else ""
    return f"{word}: not learned yet.{near} {how_to_learn(word, is_listed=found.is_listed)}"


def how_to_learn(word: str, *, is_listed: bool | None) -> str:
    """What to do to learn a word; that the lexicon cannot, where it lacks the word and no model writes."""
    if is_listed is False:
        return (
            f"It is not in the offline lexicon ({LEXICON_NAME}), so only a language model can learn it: set"
            " GROQ_API_KEY."
        )
    return f"To learn it: learn run quick {shlex.quote(clean(word))}"


def is_listed(key: str) -> bool | None:
    """Whether the lexicon, where it is what writes, has the word; None where a language model writes."""
    try:
        if read_settings().writes_with_groq:
            return None
        from flows.lexicon.reader import Lexicon

        with Lexicon() as lexicon:
            return key in lexicon.lookup({key})
    except (ImportError, ConfigurationError):
        return None


def _relatives(key: str) -> dict[str, bool]:
    """The keys under which a word may be stored instead: its base forms, and (True) its other spellings."""
    try:
        from flows.lexicon.morphology import Morphology
        from flows.lexicon.reader import Lexicon

        with Lexicon() as lexicon:
            morphology = Morphology(lexicon)
            # "tigers" as a headword has no base form, but "tiger" may be learned
            bases = [*morphology.base_forms(key), *sorted(morphology.lemma_candidates(key) - {key})]
            spellings = [
                other
                for other in spelling_variants(key)
                if _letters(other) == _letters(key) or morphology.are_variants(key, other)
            ]
            return dict.fromkeys(sorted(spellings), True) | dict.fromkeys(bases, False)
    except (ImportError, ConfigurationError):
        return {}


def _letters(key: str) -> str:
    """A key without what only its spelling is about: spaces, hyphens and accents."""
    return "".join(c for c in unicodedata.normalize("NFD", key) if c.isalnum())
