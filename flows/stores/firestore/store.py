"""The Firestore store as a whole: opening and closing."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from flows.errors import ConfigurationError, LanguageMismatch, SchemaTooNew
from flows.knowledge import utc_now
from flows.stores.firestore.batches import FirestoreBatches
from flows.stores.firestore.bookkeeping import FirestoreBookkeeping
from flows.stores.firestore.contents import FirestoreContents
from flows.stores.firestore.driver.database import FirestoreDatabase, WriteConflict
from flows.stores.firestore.driver.document_cache import DocumentCache
from flows.stores.firestore.driver.location import Location
from flows.stores.firestore.driver.writes import Write
from flows.stores.firestore.entries import FirestoreEntries
from flows.stores.firestore.frontier import FirestoreFrontier
from flows.stores.firestore.mending import FirestoreMending
from flows.stores.firestore.rounds import FirestoreRounds
from flows.stores.firestore.words import FirestoreWords

SCHEMA = 1
_IDENTITY = "metadata/store"


class FirestoreStore(
    FirestoreWords,
    FirestoreBatches,
    FirestoreEntries,
    FirestoreFrontier,
    FirestoreBookkeeping,
    FirestoreRounds,
    FirestoreContents,
    FirestoreMending,
):
    """Everything in one database. A failing call is retried for at most `patience_s` seconds.

    The emulator is used if `emulator` or FIRESTORE_EMULATOR_HOST gives host:port. One open store may serve
    several event loops, but must not be used after a fork.
    """

    has_full_text = False

    def __init__(
        self,
        place: Location,
        *,
        language: str = "en",
        emulator: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        call_s: float = 10.0,
        patience_s: float = 15.0,
        totals_kept_s: float = 30.0,
    ) -> None:
        self.url = place.url
        self._language = language
        self._clock = clock
        self._database = FirestoreDatabase(
            place,
            emulator=emulator or os.environ.get("FIRESTORE_EMULATOR_HOST") or None,
            call_s=call_s,
            patience_s=patience_s,
        )
        self._totals_kept_s = totals_kept_s
        self._totals = None
        self._swept_at = None
        self._fences = DocumentCache(1_000)
        self._rows = DocumentCache(1_000)
        self._chunks = DocumentCache(1_000)
        self._words = DocumentCache(20_000)
        self._revisions = DocumentCache(20_000)

    def now(self) -> datetime:
        """The time that decides whether claims and cached evidence have expired."""
        return self._clock()

    async def __aenter__(self) -> Self:
        await self._database.open()
        try:
            await self._check_identity()
        except BaseException:
            await self._database.close()
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._database.close()

    async def _check_identity(self) -> None:
        """Read the store's language, or write it to a new store."""
        found = await self._database.get_one(_IDENTITY)
        if found is None:
            try:
                await self._database.commit(
                    [
                        Write(
                            path=_IDENTITY,
                            fields={"language": self._language, "schema": SCHEMA},
                            version=None,
                        )
                    ]
                )
            except WriteConflict:
                found = await self._database.get_one(_IDENTITY)
            if found is None:
                return
        held, schema = found.fields.get("language"), found.fields.get("schema", 0)
        if not isinstance(held, str):
            raise ConfigurationError(
                f"LEARN_STORE: {self.url} belongs to another program. Choose another database"
            )
        if schema > SCHEMA:
            raise SchemaTooNew(
                f"LEARN_STORE: {self.url} was written by a newer version of learning-pipeline. Upgrade, or"
                " choose another database"
            )
        if held != self._language:
            raise LanguageMismatch(
                f"LEARN_LANGUAGE: {self.url} is for the language {held!r}, not {self._language!r}. Set"
                f" LEARN_LANGUAGE={held} or choose another database"
            )
