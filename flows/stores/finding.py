"""Everything that is learned, whatever its depth: entries, and the words that are only defined."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from flows.core.identity.graphics import graphical_key
from flows.core.identity.relatives import WordFacts
from flows.core.words import word_key
from flows.knowledge import Category, Definition, Depth, Entry, KnownWord, Page, Support
from flows.knowledge.limits import MAX_PAGE
from flows.stores.base import Store
from flows.stores.cursors import decode_cursor, encode_cursor
from flows.stores.matching import Terms
from flows.stores.rules import check_limit, only_filter

MOST_READ = 25
"""One answer reads at most this many pages of defined words; a filter may leave few of each."""
_DEFINED, _ENTRIES, _TEXTS, _REST = "defined", "entries", "texts", "rest"
"""Words that are only defined, by their beginning; entries; words that are only defined, by their text; what
is left after the word that has the query as an alias.
"""

Found = Entry | KnownWord


async def learned(store: Store, key: str) -> Found | None:
    """What is known of a word, by its own key or by that of an alias."""
    found = await _learned(store, key)
    if found is None and (alias := (await store.aliases([key])).get(key)):
        found = await _learned(store, alias.of)
    return found


async def _learned(store: Store, key: str) -> Found | None:
    return await store.entry(key) or (await store.known([key])).get(key)


async def _spelled_otherwise(store: Store, key: str) -> Found | None:
    """The word in another spelling that differs only in marks and spaces. No lexicon is read, so other
    spellings and forms are not resolved here.
    """
    plain = graphical_key(key)
    alike = (plain, *(await store.spelled_alike([plain])).get(plain, ()))
    for other in alike:
        if other != key and WordFacts().are_one_word(key, other):
            found = await learned(store, other)
            if found is not None:
                return found
    return None


async def find_words(
    store: Store,
    query: str = "",
    *,
    category: Category | None = None,
    job_id: UUID | None = None,
    support: Support | None = None,
    depth: Depth | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Found]:
    """What `Store.search` finds, and the words at depth `defined`: with a query those that begin with it come
    first, by key, and where the store has full text those whose definition holds it come last; without a
    query they come after all entries. A word of which the query is an alias comes first. Where a query finds
    nothing, another spelling of it is found ("naïve": "naive").

    A page may hold fewer than `limit` words; while `cursor` is set there are more. Raises InvalidInput as
    `Store.search` does.
    """
    filters = _Filters(category, job_id, support, depth)
    check_limit(limit)
    named = await _named(store, word_key(query), filters)
    is_first = cursor is None
    if named is not None and is_first and limit == 1:
        return Page(items=(named,), cursor=encode_cursor(_REST), is_full_text=store.has_full_text)
    if _is_rest(cursor):
        cursor = None
    size = limit - 1 if named is not None and is_first else limit
    page = await _find_words(store, query, filters, cursor=cursor, limit=size)
    if named is None:
        if page.items or page.cursor or not is_first or not (key := word_key(query)):
            return page
        other = await _spelled_otherwise(store, key)
        return page.model_copy(update={"items": (other,)}) if other and filters.fit(other) else page
    others = tuple(word for word in page.items if _key(word) != _key(named))
    return page.model_copy(update={"items": (named, *others) if is_first else others})


class _Filters(NamedTuple):
    category: Category | None
    job_id: UUID | None
    support: Support | None
    depth: Depth | None

    def fit(self, found: Found) -> bool:
        said = found if isinstance(found, Entry) else found.definition
        return (
            self.category in {None, getattr(found, "category", "")}
            and self.job_id in {None, said.provenance.job_id}
            and self.support in {None, said.support}
            and self.depth in {None, found.depth}
        )


async def _named(store: Store, key: str, filters: _Filters) -> Found | None:
    alias = (await store.aliases([key])).get(key) if key else None
    found = await _learned(store, alias.of) if alias else None
    return found if found is not None and filters.fit(found) else None


async def _find_words(
    store: Store, query: str, filters: _Filters, *, cursor: str | None, limit: int
) -> Page[Found]:
    category, job_id, support, depth = filters
    only_filter(category=category, job_id=job_id, support=support, depth=depth)
    prefix = word_key(query)
    wanted = _Wanted(prefix=prefix, job_id=job_id, support=support, terms=Terms.parse(query))
    is_full_text = store.has_full_text and bool(prefix)
    phases = _phases(
        has_query=bool(prefix),
        is_full_text=is_full_text,
        has_defined=category is None and depth in {None, _DEFINED},
        has_entries=depth != _DEFINED,
    )
    phase, after = _place(cursor, phases[0])
    found: list[Found] = []
    for current in phases[phases.index(phase) :] if phase in phases else (phase,):
        begin = after if current == phase else None
        left = limit - len(found)
        if not left:
            return _page(found, prefix, encode_cursor(current, ""), is_full_text)
        if current == _ENTRIES:
            page = await store.search(
                query,
                category=category,
                job_id=job_id,
                support=support,
                depth=depth,
                cursor=begin,
                limit=left,
            )
            found += page.items
            if page.cursor is not None:
                return _page(found, prefix, page.cursor, is_full_text)
        else:
            words, end = await _defined(
                store, wanted, after=begin or "", limit=left, is_by_text=current == _TEXTS
            )
            found += words
            if end is not None:
                return _page(found, prefix, encode_cursor(current, end), is_full_text)
    return _page(found, prefix, None, is_full_text)


def _phases(*, has_query: bool, is_full_text: bool, has_defined: bool, has_entries: bool) -> tuple[str, ...]:
    if not has_query:
        order = {_ENTRIES: has_entries, _DEFINED: has_defined}
    else:
        order = {_DEFINED: has_defined, _ENTRIES: has_entries, _TEXTS: has_defined and is_full_text}
    return tuple(phase for phase, is_wanted in order.items() if is_wanted) or (_ENTRIES,)


async def all_learned(store: Store) -> AsyncGenerator[Found]:
    """Every entry, and every word that is only defined, by key, in constant memory."""
    defined = _all_defined(store)
    waiting = await anext(defined, None)
    async for entry in store.export():
        while waiting is not None and waiting.definition.key <= entry.key:
            # one that became an entry meanwhile comes as such
            if waiting.definition.key != entry.key:
                yield waiting
            waiting = await anext(defined, None)
        yield entry
    while waiting is not None:
        yield waiting
        waiting = await anext(defined, None)


async def _all_defined(store: Store) -> AsyncGenerator[KnownWord]:
    after = ""
    while words := await store.defined_words(after=after, limit=MAX_PAGE):
        for word in words:
            yield word
        after = words[-1].definition.key


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """The conditions for words at depth `defined`."""

    prefix: str
    job_id: UUID | None
    support: Support | None
    terms: Terms | None

    def includes(self, definition: Definition, *, is_by_text: bool) -> bool:
        """Whether a word belongs to its phase: those that begin with the query are not found again by
        text.
        """
        if self.job_id not in {None, definition.provenance.job_id}:
            return False
        if self.support not in {None, definition.support}:
            return False
        if not is_by_text:
            return True
        is_found = self.terms is not None and self.terms.are_in((definition.word, definition.text))
        return is_found and not definition.key.startswith(self.prefix)


async def _defined(
    store: Store, wanted: _Wanted, *, after: str, limit: int, is_by_text: bool
) -> tuple[list[KnownWord], str | None]:
    """At most `limit` defined words after a key, and the key after which there may be more; None at the end.

    A search by text reads every word: few words stay at this depth compared with the entries, and an index
    would cost each word of a big job two more writes.
    """
    kept: list[KnownWord] = []
    prefix = "" if is_by_text else wanted.prefix
    for _ in range(MOST_READ):
        words = await store.defined_words(prefix=prefix, after=after, limit=MAX_PAGE)
        for word in words:
            if wanted.includes(word.definition, is_by_text=is_by_text):
                if len(kept) == limit:
                    return kept, after
                kept.append(word)
            after = word.definition.key
        if len(words) < MAX_PAGE:
            return kept, None
    return kept, after


def _is_rest(cursor: str | None) -> bool:
    """Whether the cursor follows a page that held only the word of which the query is an alias."""
    return cursor == encode_cursor(_REST)


def _place(cursor: str | None, first: str) -> tuple[str, str | None]:
    """The phase of a cursor, and the place in it: a key in one phase, the store's own cursor in the other."""
    if cursor is None:
        return first, None
    try:
        kind, (after,) = decode_cursor(cursor, **{_DEFINED: (str,), _ENTRIES: (str,), _TEXTS: (str,)})
    except ValueError:
        return _ENTRIES, cursor
    return kind, None if kind == _ENTRIES else str(after)


def _page(found: list[Found], prefix: str, cursor: str | None, is_full_text: bool) -> Page[Found]:
    """A page, with the headword itself first."""
    if prefix:
        found.sort(key=lambda word: _key(word) != prefix)
    return Page(items=tuple(found), cursor=cursor, is_full_text=is_full_text)


def _key(word: Found) -> str:
    return word.key if isinstance(word, Entry) else word.definition.key
