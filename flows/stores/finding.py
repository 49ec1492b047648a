"""Everything that is learned, whatever its depth: entries, and the words that are only defined."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import NamedTuple
from uuid import UUID

from flows.core.words import word_key
from flows.knowledge import Category, Depth, Entry, KnownWord, Page, Support
from flows.stores.base import Store
from flows.stores.cursors import decode_cursor, encode_cursor
from flows.stores.rules import check_limit, only_filter

READ_AT_ONCE = 200
MOST_READ = 25
"""So many pages of defined words are read for one answer; a filter may leave few of each."""
_DEFINED, _ENTRIES, _REST = "defined", "entries", "rest"

Found = Entry | KnownWord


async def learned(store: Store, key: str) -> Found | None:
    """What is known of a word, by its own key or by that of an alias."""
    found = await _learned(store, key)
    if found is None and (alias := (await store.aliases([key])).get(key)):
        found = await _learned(store, alias.of)
    return found


async def _learned(store: Store, key: str) -> Found | None:
    return await store.entry(key) or (await store.known([key])).get(key)


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
    first, by key; without one they come after all entries. A word of which the query is an alias comes first.

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
        return page
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
    """The word that a key is an alias of, if it fits the filters."""
    alias = (await store.aliases([key])).get(key) if key else None
    found = await _learned(store, alias.of) if alias else None
    return found if found is not None and filters.fit(found) else None


async def _find_words(
    store: Store, query: str, filters: _Filters, *, cursor: str | None, limit: int
) -> Page[Found]:
    category, job_id, support, depth = filters
    only_filter(category=category, job_id=job_id, support=support, depth=depth)
    prefix = word_key(query)
    has_defined = category is None and depth in {None, "defined"}
    has_entries = depth != "defined"
    phase, after = _place(cursor, _DEFINED if has_defined and (prefix or not has_entries) else _ENTRIES)
    found: list[Found] = []
    is_full_text = store.has_full_text and bool(prefix)
    for _ in range(2):
        if phase == _DEFINED:
            words, after = await _defined(
                store, prefix, job_id=job_id, support=support, after=after or "", limit=limit - len(found)
            )
            found += words
            if after is not None:
                return _page(found, prefix, encode_cursor(_DEFINED, after), is_full_text)
            if not (prefix and has_entries):
                break
            phase = _ENTRIES
            if len(found) == limit:
                return _page(found, prefix, encode_cursor(_ENTRIES, ""), is_full_text)
        else:
            page = await store.search(
                query,
                category=category,
                job_id=job_id,
                support=support,
                depth=depth,
                cursor=after,
                limit=limit - len(found),
            )
            found += page.items
            is_full_text = page.is_full_text
            if page.cursor is not None:
                return _page(found, prefix, page.cursor, is_full_text)
            if prefix or not has_defined:
                break
            phase, after = _DEFINED, ""
            if len(found) == limit:
                return _page(found, prefix, encode_cursor(_DEFINED, ""), is_full_text)
    return _page(found, prefix, None, is_full_text)


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
    while words := await store.defined_words(after=after, limit=READ_AT_ONCE):
        for word in words:
            yield word
        after = words[-1].definition.key


async def _defined(
    store: Store, prefix: str, *, job_id: UUID | None, support: Support | None, after: str, limit: int
) -> tuple[list[KnownWord], str | None]:
    """At most so many defined words after a key, and after which key there may be more; None if there are
    not.
    """
    kept: list[KnownWord] = []
    for _ in range(MOST_READ):
        words = await store.defined_words(prefix=prefix, after=after, limit=READ_AT_ONCE)
        for word in words:
            definition = word.definition
            if job_id in {None, definition.provenance.job_id} and support in {None, definition.support}:
                if len(kept) == limit:
                    return kept, after
                kept.append(word)
            after = definition.key
        if len(words) < READ_AT_ONCE:
            return kept, None
    return kept, after


def _is_rest(cursor: str | None) -> bool:
    """Whether a cursor follows a page of nothing but the word that the query is an alias of."""
    return cursor == encode_cursor(_REST)


def _place(cursor: str | None, first: str) -> tuple[str, str | None]:
    """The phase that a cursor is in, and where: a key in the one, the store's own cursor in the other."""
    if cursor is None:
        return first, None
    try:
        kind, (after,) = decode_cursor(cursor, **{_DEFINED: (str,), _ENTRIES: (str,)})
    except ValueError:
        return _ENTRIES, cursor
    return kind, str(after) if kind == _DEFINED else None


def _page(found: list[Found], prefix: str, cursor: str | None, is_full_text: bool) -> Page[Found]:
    """A page, on which the headword itself comes first."""
    if prefix:
        found.sort(key=lambda word: _key(word) != prefix)
    return Page(items=tuple(found), cursor=cursor, is_full_text=is_full_text)


def _key(word: Found) -> str:
    return word.key if isinstance(word, Entry) else word.definition.key
