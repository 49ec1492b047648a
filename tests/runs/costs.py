"""What a run costs in counts that no machine changes: requests, task runs, events, statements."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager

import aiosqlite
import httpx
import pytest
from prefect.events.worker import EventsWorker

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Costs:
    """Counts while `counting` is entered."""

    def __init__(self, prefect_api):
        self._api = prefect_api
        self.requests = Counter()
        """Requests to Prefect's API, by method and path."""
        self.events = Counter()
        """Events sent to Prefect, by name."""
        self.task_runs = set()
        """Ids of the task runs of which events told."""
        self.statements = Counter()
        """Statements that the store ran, by their first word; each row of many counts."""

    @contextmanager
    def counting(self):
        with pytest.MonkeyPatch.context() as patch:
            self._count_requests(patch)
            self._count_events(patch)
            self._count_statements(patch)
            yield self

    def _count_requests(self, patch):
        waited, sent = httpx.AsyncClient.send, httpx.Client.send

        def note(request):
            if str(request.url).startswith(self._api):
                path = request.url.path.removeprefix("/api")
                self.requests[f"{request.method} {_ID.sub('ID', path)}"] += 1

        async def wait(client, request, **options):
            note(request)
            return await waited(client, request, **options)

        def send(client, request, **options):
            note(request)
            return sent(client, request, **options)

        patch.setattr(httpx.AsyncClient, "send", wait)
        patch.setattr(httpx.Client, "send", send)

    def _count_events(self, patch):
        sent = EventsWorker.send

        def send(worker, event):
            self.events[event.event] += 1
            if event.event.startswith("prefect.task-run."):
                self.task_runs.add(event.resource.id)
            sent(worker, event)

        patch.setattr(EventsWorker, "send", send)

    def _count_statements(self, patch):
        one, many = aiosqlite.Connection.execute_fetchall, aiosqlite.Connection.executemany

        def execute_fetchall(connection, sql, *given):
            self.statements[sql.split(None, 1)[0].upper()] += 1
            return one(connection, sql, *given)

        def executemany(connection, sql, rows):
            rows = list(rows)
            self.statements[sql.split(None, 1)[0].upper()] += len(rows)
            return many(connection, sql, rows)

        patch.setattr(aiosqlite.Connection, "execute_fetchall", execute_fetchall)
        patch.setattr(aiosqlite.Connection, "executemany", executemany)

    @property
    def written(self):
        """Rows that the store wrote or deleted."""
        return sum(self.statements[word] for word in ("INSERT", "UPDATE", "DELETE"))

    def told(self):
        """All of it, to find what passed a limit."""
        return f"{self.requests.most_common()}\n{self.events.most_common()}\n{self.statements.most_common()}"
