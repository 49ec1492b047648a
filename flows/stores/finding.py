"""Everything that is learned, whatever its depth: entries, and the words that are only defined."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import UUID

from flows.core.identity.graphics import graphical_key
from flows.core.identity.relatives import WordFacts
from flows.core.words import word_key
from flows.knowledge import Category, Depth, Entry, KnownWord, Page, Support
from flows.stores.base import Store
from flows.stores.cursors import decode_cursor, encode_cursor
from flows.stores.rules import check_limit, only_filter

READ_AT_ONCE = 200
MOST_READ = 25
"""So many pages of defined words are read for one answer; a filter may leave few of each."""
_DEFINED, _ENTRIES = "defined", "entries"

Found = Entry | KnownWord


async def learned(store: Store, key: str) -> Found | None:
    """What is learned about a word, whatever its depth."""
    return await store.entry(key) or (await store.known([key])).get(key)


async def spelled_otherwise(store: Store, key: str) -> Found | None:
    """The word in another spelling of which only marks and spaces differ; no lexicon is read, so other
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
    first, by key; without one they come after all entries. Where a query finds nothing, another spelling of
    it is found ("naïve": "naive").

    A page may hold fewer than `limit` words; while `cursor` is set there are more. Raises InvalidInput as
    `Store.search` does.
    """
    page = await _find_words(
        store,
        query,
        category=category,
        job_id=job_id,
        support=support,
        depth=depth,
        cursor=cursor,
        limit=limit,
    )
    if page.items or page.cursor or cursor or not (key := word_key(query)):
        return page
    other = await spelled_otherwise(store, key)
    if other is None or not _fits(other, category=category, job_id=job_id, support=support, depth=depth):
        return page
    return page.model_copy(update={"items": (other,)})


async def _find_words(
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
    check_limit(limit)
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


def _fits(
    word: Found,
    *,
    category: Category | None,
    job_id: UUID | None,
    support: Support | None,
    depth: Depth | None,
) -> bool:
    about = word if isinstance(word, Entry) else word.definition
    return (
        category in {None, word.category if isinstance(word, Entry) else None}
        and job_id in {None, about.provenance.job_id}
        and support in {None, about.support}
        and depth in {None, word.depth}
    )


def _key(word: Found) -> str:
    return word.key if isinstance(word, Entry) else word.definition.key
