"""`learn show` and `learn search`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from flows.core.outcomes import LEXICON_NAME
from flows.core.words import word_key
from flows.errors import ConfigurationError, InvalidInput
from flows.knowledge import Entry, KnownWord, Page, Verdict
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
    """What the store has about a word.

    `base` is the other word under which it was found, `relation` what the asked one is of it: an inflection
    or another spelling. `is_listed` says whether the lexicon has a word that the store does not have; None if
    only a language model could tell.
    """

    asked: str
    entry: Entry | None = None
    known: KnownWord | None = None
    base: str | None = None
    relation: Verdict | None = None
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
            say(f"{_told_of(found)}:")
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
    if not page.items and text and not any(filters.values()) and cursor is None:
        # a form of a word that is learned, say
        alike = await find(store, text)
        if (document := alike.entry or alike.known) is not None:
            if alike.base:
                say(f"{_told_of(alike)}:")
            page = Page[EntryView](items=(EntryView.of(document),), is_full_text=page.is_full_text)
    if not page.items:
        advice = f" {how_to_learn(text, is_listed=is_listed(text))}" if text else ""
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


def _told_of(found: SearchResult) -> str:
    """What the asked word is of the one under which it was found."""
    relation = "a form of" if found.relation is Verdict.INFLECTION else "another spelling of"
    return f"{clean(found.asked)} is {relation} {clean(found.base or found.asked)}"


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
    """Find a word by its key, then by the words that it is a form or another spelling of; otherwise find
    similar headwords.
    """
    key = word_key(asked)
    found = await _found(store, key)
    if found is not None:
        return SearchResult(asked, *found)
    for other, relation in (await _other_names(store, key)).items():
        found = await _found(store, other)
        if found is not None:
            return SearchResult(asked, *found, base=_word_of(found), relation=relation)
    return SearchResult(asked, nearest=await nearest(store, key), is_listed=is_listed(asked))


async def _found(store: Store, key: str) -> tuple[Entry | None, KnownWord | None] | None:
    entry = await store.entry(key) if key else None
    known = (await store.known([key])).get(key) if key and entry is None else None
    return (entry, known) if entry or known else None


def _word_of(found: tuple[Entry | None, KnownWord | None]) -> str:
    entry, known = found
    return entry.word if entry else known.definition.word if known else ""


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


def is_listed(text: str) -> bool | None:
    """Whether the lexicon, where it is what writes, has a word for a text; None where a language model
    writes.
    """
    try:
        if read_settings().writes_with_groq:
            return None
        from flows.lexicon.morphology import Morphology
        from flows.lexicon.reader import Lexicon

        with Lexicon() as lexicon:
            return Morphology(lexicon).lists(text)
    except (ImportError, ConfigurationError):
        return None


async def _other_names(store: Store, key: str) -> Mapping[str, Verdict]:
    try:
        from flows.lexicon.morphology import Morphology
        from flows.lexicon.naming import OtherNames
        from flows.lexicon.reader import Lexicon

        with Lexicon() as lexicon:
            names = OtherNames(key, Morphology(lexicon), language=read_settings().language)
            return names.all(await store.spelled_alike(names.graphical_keys))
    except (ImportError, ConfigurationError):
        return {}
