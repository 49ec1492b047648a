"""The Firestore store's frontier: concepts that are mentioned but not learned."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from flows.knowledge import FrontierWord, Page, Word
from flows.stores.cursors import decode_cursor, encode_cursor
from flows.stores.firestore.documents import read_document
from flows.stores.firestore.driver.queries import DOCUMENTS_AT_ONCE, Query
from flows.stores.firestore.driver.writes import Write, pieces
from flows.stores.firestore.fencing import FirestorePart, frontier_path, word_path
from flows.stores.firestore.word_states import STATE_FIELDS, WordState
from flows.stores.rules import check_limit, merge_mentions


class FirestoreFrontier(FirestorePart):
    """See KnowledgeStore."""

    async def add_to_frontier(self, mentions: Mapping[Word, Collection[str]], *, at: datetime) -> None:
        by_key: dict[str, list[tuple[Word, Collection[str]]]] = {}
        for word, keys in mentions.items():
            if keys:
                by_key.setdefault(word.key, []).append((word, keys))
        for piece in pieces(by_key, DOCUMENTS_AT_ONCE):
            await self._mention({key: by_key[key] for key in piece}, at)
        self._totals_changed()

    async def _mention(
        self, mentions: Mapping[str, list[tuple[Word, Collection[str]]]], at: datetime
    ) -> None:
        """Costs two reads per word, and a write if something changed."""

        async def changes() -> list[Write]:
            known = await self._known_among(mentions)
            stored = await self._database.get([frontier_path(key) for key in mentions])
            writes = []
            for key, additions in mentions.items():
                snapshot = stored.get(frontier_path(key))
                before = read_document(FrontierWord, snapshot.fields) if snapshot else None
                mentioned_by = before.mentioned_by if before else ()
                for _, keys in additions:
                    mentioned_by = merge_mentions(mentioned_by, keys)
                if key not in known and (before is None or mentioned_by != before.mentioned_by):
                    after = FrontierWord(
                        word=before.word if before else additions[0][0].text,
                        key=key,
                        mentioned_by=mentioned_by,
                        first_seen=before.first_seen if before else at,
                    )
                    writes.append(
                        Write(
                            path=frontier_path(key),
                            fields=frontier_fields(after),
                            version=snapshot.version if snapshot else None,
                        )
                    )
            return writes

        await self._database.compare_and_set(changes)

    async def frontier(self, *, cursor: str | None = None, limit: int = 50) -> Page[FrontierWord]:
        check_limit(limit)
        after: Sequence[int | str] = (
            decode_cursor(cursor, frontier=(int, str))[1] if cursor is not None else ()
        )
        shown: list[FrontierWord] = []
        while True:
            found = await self._database.find(
                Query(
                    collection="frontier",
                    order=(("mentions", "DESC"), ("key", "ASC")),
                    after=after,
                    limit=limit + 1,
                )
            )
            words = [read_document(FrontierWord, snapshot.fields) for snapshot in found]
            hidden = await self._known_among([word.key for word in words], or_claimed_at=self._clock())
            shown += [word for word in words if word.key not in hidden]
            if len(shown) > limit:
                last = shown[limit - 1]
                return Page(
                    items=tuple(shown[:limit]),
                    cursor=encode_cursor("frontier", len(last.mentioned_by), last.key),
                )
            if len(words) <= limit:
                return Page(items=tuple(shown))
            after = (len(words[-1].mentioned_by), words[-1].key)

    async def _known_among(self, keys: Collection[str], *, or_claimed_at: datetime | None = None) -> set[str]:
        """Which of these keys are known words; given a time, also those under a claim that is live then."""
        states = [
            WordState.read(snapshot)
            for snapshot in (await self._database.get(list(map(word_path, keys)), STATE_FIELDS)).values()
        ]
        return {
            state.key
            for state in states
            if state.is_taken or (or_claimed_at and state.is_live(or_claimed_at))
        }


def frontier_fields(word: FrontierWord) -> dict[str, object]:
    """A frontier word, with the number that it is sorted by."""
    return word.model_dump() | {"mentions": len(word.mentioned_by)}
