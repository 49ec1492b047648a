"""A Firestore store that counts what Firestore would charge for."""

from __future__ import annotations

from collections import Counter

import pytest_asyncio

from flows.stores.firestore import FirestoreStore
from flows.stores.firestore.driver.database import FirestoreDatabase


class Bill(FirestoreDatabase):
    """A database that counts what Firestore would charge for, and takes down the queries."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.spent = Counter()
        self.queries = []

    async def get(self, paths, fields=()):
        self.spent["reads"] += len(paths)
        return await super().get(paths, fields)

    async def find(self, query):
        self.queries.append(query)
        found = await super().find(query)
        self.spent["reads"] += max(1, len(found))
        return found

    async def count(self, query):
        self.queries.append(query)
        self.spent["reads"] += 1
        return await super().count(query)

    async def commit(self, writes):
        for write in writes:
            self.spent["deletes" if write.fields is None else "writes"] += 1
        self.spent["commits"] += 1
        return await super().commit(writes)

    async def of(self, call):
        """What a call costs: reads, writes, deletes."""
        self.spent.clear()
        await call
        return self.spent["reads"], self.spent["writes"], self.spent["deletes"]


@pytest_asyncio.fixture
async def billed(emulator_host, place, clock):
    store = FirestoreStore(place, emulator=emulator_host, clock=clock)
    store._database = Bill(place, emulator=emulator_host)
    async with store:
        yield store, store._database
