"""One Firestore database over gRPC. Every call ends within a bounded time, whatever the network does.

A channel belongs to the event loop that created it, so each loop gets its own. A process must not fork after
its first call: gRPC would hang in the child. Start processes with the spawn method, as `subprocess` and
Prefect's workers do, and open a store in each.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import google.auth
import grpc.aio
from google.auth.credentials import Credentials
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcAsyncIOTransport as Transport
from google.cloud.firestore_v1.types import firestore as types
from google.protobuf.timestamp_pb2 import Timestamp

from flows.errors import InvalidInput, StoreUnavailable
from flows.stores.firestore.driver.failures import CONFLICT, TRANSIENT, translated
from flows.stores.firestore.driver.location import Location
from flows.stores.firestore.driver.queries import Query
from flows.stores.firestore.driver.values import decode_fields
from flows.stores.firestore.driver.writes import Version, Write

T = TypeVar("T")

MOST_BYTES = 4_000_000
"""Largest commit; Firestore accepts 10 MiB, its emulator 4."""
_CommitRequest, _GetRequest = types.CommitRequest.pb(), types.BatchGetDocumentsRequest.pb()
_QueryRequest, _CountRequest = types.RunQueryRequest.pb(), types.RunAggregationQueryRequest.pb()
_OPTIONS = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.max_receive_message_length", -1),
    ("grpc.use_local_subchannel_pool", 1),
)
_SCOPES = ("https://www.googleapis.com/auth/datastore",)
_HOST = "firestore.googleapis.com:443"


class WriteConflict(Exception):
    """A document does not have the version that a commit expects; nothing was written, or an earlier try of
    the same commit was.
    """


class Snapshot(NamedTuple):
    """A document as read, or the requested fields of it."""

    path: str
    fields: dict[str, Any]
    version: Timestamp


class Contention:
    """Patience with other writers of the same documents, until a deadline."""

    def __init__(self, place: Location, patience_s: float) -> None:
        self._place = place
        self._deadline = asyncio.get_running_loop().time() + patience_s
        self._pause_s = 0.01

    async def pause(self) -> None:
        """Wait briefly before the next try. Raises StoreUnavailable after the deadline."""
        if asyncio.get_running_loop().time() > self._deadline:
            raise StoreUnavailable(f"{self._place.url}: too many conflicting writes; try again later")
        await asyncio.sleep(self._pause_s * random.uniform(0.5, 1))  # noqa: S311  not for secrets
        self._pause_s = min(1.0, 2 * self._pause_s)


class FirestoreDatabase:
    """A database, between `open` and `close`.

    A call takes at most `call_s` seconds, and at most `patience_s` with all its retries.
    """

    def __init__(
        self, place: Location, *, emulator: str | None = None, call_s: float = 10.0, patience_s: float = 15.0
    ) -> None:
        self.place = place
        self._emulator = emulator
        self._call_s = call_s
        self._patience_s = patience_s
        self._root = f"{place.name}/documents"
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, FirestoreAsyncClient] = (
            WeakKeyDictionary()
        )
        self._credentials: Credentials | None = None
        self._process: int | None = None
        self._metadata = [("google-cloud-resource-prefix", place.name)]
        if emulator:
            self._metadata.append(("authorization", "Bearer owner"))

    async def open(self) -> None:
        """Find the credentials; the emulator needs none. Raises ConfigurationError and StoreUnavailable."""
        if not self._emulator:
            with translated(self.place):
                async with asyncio.timeout(self._patience_s):
                    self._credentials, _ = await asyncio.to_thread(google.auth.default, scopes=_SCOPES)
        self._process = os.getpid()

    async def close(self) -> None:
        """Close the channels of this event loop and of loops running in other threads; those of a dead loop
        are dropped.
        """
        self._process = None
        clients, self._clients = dict(self._clients), WeakKeyDictionary()
        for loop, client in clients.items():
            if loop is asyncio.get_running_loop():
                await client.transport.close()  # type: ignore[no-untyped-call]
            elif loop.is_running():
                with suppress(TimeoutError):
                    closing = asyncio.run_coroutine_threadsafe(
                        client.transport.close(),  # type: ignore[no-untyped-call]
                        loop,
                    )
                    async with asyncio.timeout(self._call_s):
                        await asyncio.wrap_future(closing)

    async def compare_and_set(self, read: Callable[[], Awaitable[Sequence[Write]]]) -> None:
        """Commit the writes that `read` makes of what it reads, again if another writer was faster.

        Raises StoreUnavailable when others are faster for too long.
        """
        contention = self.contention()
        while True:
            writes = await read()
            try:
                if writes:
                    await self.commit(writes)
            except WriteConflict:
                await contention.pause()
            else:
                return

    def contention(self) -> Contention:
        """Patience for one compare-and-set."""
        return Contention(self.place, self._patience_s)

    async def get(self, paths: Collection[str], fields: Sequence[str] = ()) -> dict[str, Snapshot]:
        """The existing documents among these paths; one read per path, whether it exists or not."""
        if not paths:
            return {}
        request = _GetRequest(database=self.place.name, documents=[f"{self._root}/{path}" for path in paths])
        if fields:
            request.mask.field_paths.extend(fields)

        async def call(timeout_s: float) -> list[Snapshot]:
            wrapped = types.BatchGetDocumentsRequest.wrap(request)
            stream = await self._client().batch_get_documents(
                request=wrapped, retry=None, timeout=timeout_s, metadata=self._metadata
            )
            answers = [types.BatchGetDocumentsResponse.pb(answer) async for answer in stream]
            return [
                self._snapshot(answer.found) for answer in answers if answer.WhichOneof("result") == "found"
            ]

        return {snapshot.path: snapshot for snapshot in await self._patiently(call)}

    async def get_one(self, path: str, fields: Sequence[str] = ()) -> Snapshot | None:
        """One document."""
        return (await self.get([path], fields)).get(path)

    async def find(self, query: Query) -> list[Snapshot]:
        """The documents that a query finds; one read each, and one if there are none."""
        request = _QueryRequest(parent=self._parent(query), structured_query=query.message())

        async def call(timeout_s: float) -> list[Snapshot]:
            wrapped = types.RunQueryRequest.wrap(request)
            stream = await self._client().run_query(
                request=wrapped, retry=None, timeout=timeout_s, metadata=self._metadata
            )
            answers = [types.RunQueryResponse.pb(answer) async for answer in stream]
            return [self._snapshot(answer.document) for answer in answers if answer.HasField("document")]

        return await self._patiently(call)

    async def count(self, query: Query) -> int:
        """How many documents a query finds; one read per thousand."""
        request = _CountRequest(parent=self._parent(query))
        request.structured_aggregation_query.structured_query.CopyFrom(query.message())
        request.structured_aggregation_query.aggregations.add(alias="count").count.SetInParent()

        async def call(timeout_s: float) -> int:
            wrapped = types.RunAggregationQueryRequest.wrap(request)
            stream = await self._client().run_aggregation_query(
                request=wrapped, retry=None, timeout=timeout_s, metadata=self._metadata
            )
            answers = [types.RunAggregationQueryResponse.pb(answer) async for answer in stream]
            return sum(
                answer.result.aggregate_fields["count"].integer_value
                for answer in answers
                if answer.HasField("result")
            )

        return await self._patiently(call)

    async def commit(self, writes: Sequence[Write]) -> list[Version]:
        """Commit all writes or none; returns the new versions of the documents.

        Raises WriteConflict, and InvalidInput for more than 4 MB. Retrying a commit that succeeded but whose
        answer was lost is also a conflict: callers then read what is stored.
        """
        request = _CommitRequest(
            database=self.place.name, writes=[write.message(self._root) for write in writes]
        )
        if request.ByteSize() > MOST_BYTES:
            raise InvalidInput(
                "documents",
                f"{request.ByteSize():,} bytes exceed the limit of one commit",
                "Write fewer words at once",
            )

        async def call(timeout_s: float) -> list[Version]:
            wrapped = types.CommitRequest.wrap(request)
            try:
                answer = await self._client().commit(
                    request=wrapped, retry=None, timeout=timeout_s, metadata=self._metadata
                )
            except CONFLICT as error:
                raise WriteConflict from error
            results = types.CommitResponse.pb(answer).write_results
            return [result.update_time if result.HasField("update_time") else None for result in results]

        return await self._patiently(call)

    async def _patiently(self, call: Callable[[float], Awaitable[T]]) -> T:
        """Make a call, retrying after transient errors, until it succeeds or time is up."""
        now = asyncio.get_running_loop().time
        deadline, pause_s = now() + self._patience_s, 0.05
        with translated(self.place):
            while True:
                try:
                    return await call(max(0.1, min(self._call_s, deadline - now())))
                except TRANSIENT:
                    if now() + pause_s > deadline:
                        raise
                    await asyncio.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311  not for secrets
                    pause_s = min(2.0, 2 * pause_s)

    def _client(self) -> FirestoreAsyncClient:
        if self._process is None:
            raise RuntimeError("The store is not open; use it within `async with`")
        if self._process != os.getpid():
            raise RuntimeError(
                "The store was opened before this process forked. Use the spawn start method and open a"
                " store in each process"
            )
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            if self._emulator:
                channel = grpc.aio.insecure_channel(self._emulator, options=_OPTIONS)
            else:
                channel = Transport.create_channel(_HOST, credentials=self._credentials, options=_OPTIONS)
            client = self._clients[loop] = FirestoreAsyncClient(transport=Transport(channel=channel))
        return client

    def _parent(self, query: Query) -> str:
        return f"{self._root}/{query.parent}" if query.parent else self._root

    def _snapshot(self, document: Any) -> Snapshot:  # noqa: ANN401  a generated message
        return Snapshot(
            document.name.removeprefix(f"{self._root}/"), decode_fields(document.fields), document.update_time
        )
