"""The client's calls about the knowledge base."""

from __future__ import annotations

from os import PathLike

from flows.knowledge import Category, Depth, FrontierWord, StoreStats, Support
from flows.knowledge.limits import MAX_PAGE
from service.client.calls import Calls, JobId
from service.client.http import url_path
from service.client.results import Results
from service.exports.files import checked, whole_file
from service.exports.formats import Format
from service.schemas import EntryList, EntryView, FrontierList, Graph


class KnowledgeCalls(Calls):
    """Read, search and export entries."""

    async def knowledge(
        self,
        q: str = "",
        *,
        category: Category | str | None = None,
        job_id: JobId | None = None,
        support: Support | None = None,
        depth: Depth | None = None,
        cursor: str | None = None,
        limit: int | None = MAX_PAGE,
    ) -> Results[EntryView]:
        """List entries, newest first or, with search text, best match first. `limit=None` fetches all."""
        given = {
            "q": q or None,
            "category": category,
            "job_id": str(job_id) if job_id else None,
            "support": support,
            "depth": depth,
        }
        found: Results[EntryView] = Results(cursor=cursor)
        while limit is None or len(found) < limit:
            part = await self._page(
                EntryList,
                "/knowledge",
                given,
                cursor=found.cursor,
                limit=MAX_PAGE if limit is None else limit - len(found),
            )
            found.extend(part.items)
            found.cursor, found.is_full_text = part.cursor, part.is_full_text
            if found.cursor is None:
                break
        return found

    async def search(
        self,
        q: str,
        *,
        category: Category | str | None = None,
        job_id: JobId | None = None,
        support: Support | None = None,
        depth: Depth | None = None,
        cursor: str | None = None,
        limit: int | None = 50,
    ) -> Results[EntryView]:
        """Search the entries, best match first. `limit=None` fetches all."""
        return await self.knowledge(
            q, category=category, job_id=job_id, support=support, depth=depth, cursor=cursor, limit=limit
        )

    async def entry(self, word: str) -> EntryView:
        """Read what is known about one word. Raises NotFound."""
        return await self._connection.ask(EntryView, "GET", url_path("entries", word))

    async def graph(self, word: str, *, depth: int = 1, limit: int = 100) -> Graph:
        """Read a word's neighbourhood: nodes and edges up to `depth` steps away."""
        return await self._connection.ask(
            Graph, "GET", url_path("graph", word), params={"depth": depth, "limit": limit}
        )

    async def frontier(self, *, cursor: str | None = None, limit: int = 50) -> Results[FrontierWord]:
        """List words that entries mention but no job has learned, most mentioned first."""
        found: Results[FrontierWord] = Results(cursor=cursor)
        while len(found) < limit:
            part = await self._page(
                FrontierList, "/frontier", {}, cursor=found.cursor, limit=limit - len(found)
            )
            found.extend(part.items)
            found.cursor = part.cursor
            if found.cursor is None:
                break
        return found

    async def stats(self) -> StoreStats:
        """Totals of the knowledge base."""
        return await self._connection.ask(StoreStats, "GET", "/knowledge/stats")

    async def export(
        self,
        file: str | PathLike[str],
        format: Format = "jsonl",  # noqa: A002  as the server has it
        *,
        may_overwrite: bool = False,
    ) -> int:
        """Stream every entry to a file and return the number of bytes.

        An interrupted export leaves no file.
        """
        size = 0
        with whole_file(checked(str(file), may_overwrite=may_overwrite)) as output:
            async with self._connection.stream("/knowledge/export", params={"format": format}) as response:
                async for piece in response.aiter_bytes():
                    size += output.write(piece)
            output.flush()
        return size
