"""Knowledge over HTTP: search, entries, graph, frontier, totals and export."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response, StreamingResponse
from starlette.requests import HTTPConnection

from flows.knowledge import Category, Depth, Entry, KnownWord, Page, Support, limits
from flows.running_server import prefect_database
from flows.stores.base import Store
from flows.stores.finding import Found, find_words
from service.api import graph
from service.api.deps import Facade, Knowledge, client_of, cursor_query
from service.api.problems import answers, problem
from service.api.routes.jobs import PageLimit
from service.errors import NotFound, TooMany
from service.exports.formats import MEDIA_TYPES, Format, encoded, is_available
from service.exports.words import exported
from service.lookup import LookedUp, look_up
from service.orchestration.retention import used_bytes
from service.schemas import EntryList, EntryView, FrontierList, Graph, Kept, Stats
from service.wording import absence_remedy, absence_text

router = APIRouter(tags=["knowledge"])

MOST_PAGES = 10
"""At most this many pages are read for one response if filters leave few entries on each."""
EntryCursor = Annotated[str | None, cursor_query("entry-cursor")]
FrontierCursor = Annotated[str | None, cursor_query("frontier-cursor")]
WordInPath = Annotated[
    str,
    Path(
        description="The word; it may contain slashes",
        openapi_examples={"word": {"value": "photosynthesis"}},
        json_schema_extra={"format": "known-word"},
    ),
]


@router.get("/knowledge", responses=answers(422))
async def search_knowledge(
    store: Knowledge,
    *,
    q: Annotated[
        str,
        Query(
            max_length=limits.MAX_SEARCH_LENGTH,
            description="Text to search for; omit it to list the newest entries",
        ),
    ] = "",
    category: Annotated[Category | None, Query()] = None,
    job_id: Annotated[UUID | None, Query(description="Only entries learned by this job")] = None,
    support: Annotated[Support | None, Query()] = None,
    depth: Annotated[Depth | None, Query()] = None,
    cursor: EntryCursor = None,
    limit: PageLimit = 50,
) -> EntryList:
    """Search the knowledge base, or list it, newest first; a list ends with the words that are only defined.

    A page may hold fewer than `limit` entries; while `cursor` is set there are more.
    """
    for _ in range(MOST_PAGES):
        page = await _search(
            store,
            q,
            category=category,
            job_id=job_id,
            support=support,
            depth=depth,
            cursor=cursor,
            limit=limit,
        )
        views = map(EntryView.of, page.items)
        items = tuple(
            e for e in views if _fits(e, category=category, job_id=job_id, support=support, depth=depth)
        )
        cursor = page.cursor
        if items or cursor is None:
            break
    return EntryList(items=items, cursor=cursor, is_full_text=page.is_full_text)


@router.get("/knowledge/stats", responses=answers())
async def read_stats(facade: Facade) -> Stats:
    """Totals of the knowledge base, and the space that it takes."""
    store, settings = facade.store, facade.settings
    space = await store.space()
    kept = Kept(
        store_bytes=space.file,
        free_bytes=space.free,
        prefect_bytes=await asyncio.to_thread(used_bytes, prefect_database(settings.home)),
        details_days=settings.keep_details_days,
        jobs_days=settings.keep_jobs_days,
    )
    return Stats(**(await store.stats()).model_dump(), kept=kept)


async def export_slot(connection: HTTPConnection, facade: Facade) -> AsyncGenerator[None]:
    """Holds an export slot until the response is sent. One client cannot hold them all.

    Raises TooMany.
    """
    with facade.exporters.one(client_of(connection)):
        if facade.exports.locked():
            raise TooMany("Too many exports are running. Try again in a minute.", retry_after_s=30)
        async with facade.exports:
            yield


@router.get(
    "/knowledge/export",
    response_class=Response,
    dependencies=[Depends(export_slot)],
    responses=answers(422, 429, 501)
    | {
        200: {
            "description": "All entries, ordered by key",
            "content": {m.partition(";")[0]: {"schema": {"type": "string"}} for m in MEDIA_TYPES.values()},
        }
    },
)
async def export_knowledge(
    store: Knowledge,
    format: Annotated[Format, Query()] = "jsonl",  # noqa: A002  its name outside
) -> Response:
    """Stream everything learned, with citations and licences, including words that are only defined.

    In CSV, an apostrophe precedes a text that a spreadsheet would take for a formula.
    """
    if not is_available(format):
        return problem(
            501,
            "Parquet needs pyarrow on the server: pip install 'learning-pipeline[parquet]'. Or use"
            " jsonl or csv.",
        )
    pieces = encoded(exported(store), format)
    first = await anext(pieces, b"")
    headers = {"Content-Disposition": f'attachment; filename="knowledge.{format}"'}
    return StreamingResponse(_onward(first, pieces), media_type=MEDIA_TYPES[format], headers=headers)


@router.get("/entries/{word:path}", responses=answers(404, 422))
async def read_entry(word: WordInPath, facade: Facade) -> EntryView:
    """Read what is known about one word.

    If the word has no entry, the `code` of the first of `errors` in the 404 says what the word is:
    `variant_of_known` or `variant_of_unlearned` (a form or another spelling of `variant_of`), `in_work`,
    `not_in_lexicon`, `not_a_word` or `not_learned`. `learn` is the word that a quick job would take, if any.
    """
    found = await _find(facade, word)
    return EntryView.of(found)


@router.get("/graph/{word:path}", responses=answers(404, 422))
async def read_graph(
    word: WordInPath,
    facade: Facade,
    depth: Annotated[int, Query(ge=1, le=limits.MAX_GRAPH_STEPS, description="Steps from the word")] = 1,
    limit: Annotated[
        int, Query(ge=2, le=limits.MAX_GRAPH_WORDS, description="Maximum number of words")
    ] = 100,
) -> Graph:
    """Read a word's neighbourhood: the words its entry mentions, the words those mention, and so on."""
    found = await _find(facade, word)
    start = found if isinstance(found, Entry) else found.definition
    return await graph.around(facade.store, start.key, start.word, steps=depth, limit=limit)


@router.get("/frontier", responses=answers(422))
async def read_frontier(
    store: Knowledge, cursor: FrontierCursor = None, limit: PageLimit = 50
) -> FrontierList:
    """List words that entries mention but no job has learned, most mentioned first."""
    page = await store.frontier(cursor=cursor, limit=limit)
    return FrontierList(items=page.items, cursor=page.cursor)


async def _search(
    store: Store,
    q: str,
    *,
    category: Category | None,
    job_id: UUID | None,
    support: Support | None,
    depth: Depth | None,
    cursor: str | None,
    limit: int,
) -> Page[Found]:
    """Search by the most selective filter; a store applies only one at a time."""
    if job_id is not None:
        return await find_words(store, q, job_id=job_id, cursor=cursor, limit=limit)
    if category is not None:
        return await find_words(store, q, category=category, cursor=cursor, limit=limit)
    if support is not None:
        return await find_words(store, q, support=support, cursor=cursor, limit=limit)
    return await find_words(store, q, depth=depth, cursor=cursor, limit=limit)


def _fits(
    entry: EntryView,
    *,
    category: Category | None,
    job_id: UUID | None,
    support: Support | None,
    depth: Depth | None,
) -> bool:
    return (
        category in {None, entry.category}
        and job_id in {None, entry.provenance.job_id}
        and support in {None, entry.support}
        and depth in {None, entry.depth}
    )


async def _find(facade: Facade, word: str) -> Entry | KnownWord:
    """What is known about the word, ignoring marks and spaces. Raises NotFound for forms of it and other
    words.
    """
    found = await look_up(facade.store, word[: limits.MAX_LOOKED_UP], facade.settings)
    if found.known is None or not found.is_same_word:
        raise _not_found(found)
    return found.known


def _not_found(found: LookedUp) -> NotFound:
    code = found.code or "not_learned"
    return NotFound(
        "word",
        absence_text(code, found.params),
        absence_remedy(code, found.params) or "",
        code=code,
        params=found.params,
    )


async def _onward(first: bytes, pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    try:
        yield first
        async for piece in pieces:
            yield piece
    finally:
        await pieces.aclose()
