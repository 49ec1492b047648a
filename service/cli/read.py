"""`learn show` and `learn search`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import typer

from flows.core.words import word_key
from flows.errors import InvalidInput
from flows.knowledge import Entry, Page
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
from service.lookup import LookedUp, look_up
from service.schemas import EntryView
from service.wording import LEXICON_LACKS, absence_text, relation_text

NEAREST_SHOWN = 5
SHORTEST_PREFIX = 2


async def show_words(store: Store, words: Sequence[str], *, is_json: bool) -> int:
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
        found = await look_up(store, word, read_settings())
        document = found.known
        if document is None:
            say(not_learned(found, await nearest(store, word_key(word))))
            code = FAILED
            continue
        if is_json:
            typer.echo(document.model_dump_json())
            continue
        if number:
            console.rule(style="dim")
        _tell_other(found)
        console.print(
            entry_page(document) if isinstance(document, Entry) else definition_page(document), width=width
        )
    return code


async def search_entries(
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
        alike = await look_up(store, text, read_settings()) if text else None
        if alike is None or alike.known is None or cursor is not None or any(filters.values()):
            advice = advice_of(alike) if alike is not None else ""
            say(f"No entry found{f' for {clean(text)}' if text else ''}.{advice}")
            return DONE
        # a form of a word that is learned, say
        _tell_other(alike)
        page = Page[EntryView](items=(EntryView.of(alike.known),), is_full_text=page.is_full_text)
    if console.is_terminal:
        console.print(results_table(page, console.width))
    else:
        typer.echo("\n".join(result_line(entry) for entry in page.items))
    if text and not page.is_full_text:
        say("Prefix matches only (this store has no full-text search).")
    if page.cursor:
        say(f"More results: --cursor {shlex.quote(page.cursor)}")
    return DONE


def _tell_other(found: LookedUp) -> None:
    """Print how the requested word relates to the one under which it was found."""
    if found.other:
        say(f"{clean(found.asked)} is {relation_text(found.params['relation'])} {clean(found.other)}:")


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


def not_learned(found: LookedUp, near: Sequence[str]) -> str:
    """The line for a word that the store does not have."""
    similar = f" Similar: {', '.join(map(clean, near))}." if near else ""
    return f"{clean(found.asked)}: not learned yet.{similar}{advice_of(found)}"


def advice_of(found: LookedUp) -> str:
    """What a word is and what to do to learn it, as sentences with a space before."""
    params = found.params
    said = [] if found.code in {None, "not_learned"} else [f"{absence_text(str(found.code), params)}."]
    if found.code == "not_in_lexicon":
        said.append(LEXICON_LACKS)
    if found.code in {"variant_of_known", "taken_for_variant"}:
        said.append(f"To read it: learn show {shlex.quote(clean(str(found.other)))}")
    elif found.learn:
        said.append(f"To learn it: learn run quick {shlex.quote(clean(found.learn))}")
    return "".join(f" {clean(sentence)}" for sentence in said)
