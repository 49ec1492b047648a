"""Which starts are counted, with a Prefect that is played."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, State, StateType

from service.errors import PrefectUnavailable
from service.orchestration.flows import OurFlows
from service.orchestration.reading import RunReader
from service.orchestration.starts import Starts

NOW = datetime(2030, 1, 1, tzinfo=UTC)


class PlayedPrefect:
    """Keeps one run for each key, and finds none of them until it is told to."""

    def __init__(self):
        self.flow_id = uuid4()
        self.runs = {}

    async def ask(self, call):
        return await call(self)

    async def read_deployment_by_name(self, _):
        return SimpleNamespace(id=uuid4(), flow_id=self.flow_id, parameters={}, parameter_openapi_schema={})

    async def create_flow_run_from_deployment(self, _, *, idempotency_key, **given):
        state = State(type=StateType.SCHEDULED, timestamp=NOW)
        run = FlowRun(flow_id=self.flow_id, state=state, created=NOW, **given)
        return self.runs.setdefault(idempotency_key, run)


class PlayedReader(RunReader):
    """Finds no run under a key, as a server that asks before the other starts its run; may fail."""

    fails_after_start = None

    def __init__(self, prefect):
        super().__init__(prefect)
        self._prefect = prefect

    async def runs_of_key(self, _):
        if self.fails_after_start == "runs_of_key" and self._prefect.runs:
            raise PrefectUnavailable("gone")
        return []

    async def known(self, run):
        if self.fails_after_start == "known":
            raise PrefectUnavailable("gone")
        return await super().known(run)


@pytest.fixture
def prefect():
    return PlayedPrefect()


@pytest.fixture
def server(prefect):
    """Makes a server: it starts a big job under a key, and counts in `count`."""

    def make(fails_after_start=None):
        reader = PlayedReader(prefect)
        reader.fails_after_start = fails_after_start
        flows = OurFlows(prefect)
        reader._flows = flows
        starts = Starts(reader, prefect, flows, cancel=None)
        made = SimpleNamespace(count=0)

        def count():
            made.count += 1

        async def start(key):
            return await starts.start("big", {}, idempotency_key=key, by="api", on_start=count)

        made.start = start
        return made

    return make


@pytest.mark.parametrize("key", [None, "a key"])
async def test_a_start_counts_once(server, key):
    one = server()
    await one.start(key)
    assert one.count == 1


async def test_of_two_servers_that_get_the_same_run_the_one_that_made_it_counts_it(server):
    one, other = server(), server()
    assert (await one.start("key")).job_id == (await other.start("key")).job_id
    assert (one.count, other.count) == (1, 0)


@pytest.mark.parametrize("key", [None, "a key"])
@pytest.mark.parametrize("fails", ["runs_of_key", "known"])
async def test_a_run_that_prefect_made_is_counted_whatever_fails_afterwards(server, prefect, key, fails):
    one = server(fails)
    if key or fails == "known":
        with pytest.raises(PrefectUnavailable):
            await one.start(key)
    else:
        await one.start(key)
    assert (one.count, len(prefect.runs)) == (1, 1)
