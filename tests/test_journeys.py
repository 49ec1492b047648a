"""The journeys on paper in docs/architecture.md, checked by the code: by its source and by traces of it."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace
from uuid import UUID, uuid4

import httpx
import pytest
from journey_tables import (
    BESIDE,
    FRAME,
    WORD,
    code,
    functions,
    imported_by,
    made_of,
    names_used,
    source,
    texts,
)
from journey_traces import tracing

from flows.knowledge import Job, JobEvent, PrefectState, utc_now
from flows.stores.memory import MemoryStore

MOST_CARRIERS = 4
"""Modules that turn an event into a frame, the route apart that sends it."""
ANN = UUID(int=1)


@pytest.mark.parametrize("step", [*FRAME, *WORD], ids=lambda step: f"{step.module}:{step.function}")
def test_each_step_names_a_function_that_is_there(step):
    assert step.function in set(functions(source(step.module)))


@pytest.mark.parametrize("module", sorted(BESIDE))
def test_each_module_beside_the_way_is_there(module):
    source(module)


@pytest.mark.parametrize(("step", "following"), list(pairwise(WORD)), ids=lambda step: step.function)
def test_each_step_of_a_start_reaches_the_next_one_as_the_table_says(step, following):
    kind, tree = step.onward.split()[0], source(step.module)
    if kind == "return":
        return  # an earlier step goes on, which the trace below looks at
    (name,) = code(step.onward)
    if kind == "call":
        assert name in set(names_used(tree)), f"{step.module} does not call {name}"
        assert following.function.rpartition(".")[2] == name, "it is not the next step"
    elif kind == "task":
        assert name in set(names_used(tree)), f"{step.module} does not call {name}"
        assert made_of(name) == following.function
    elif kind == "process":
        assert name in texts(tree), f"{step.module} does not start {name}"
        assert following.module in imported_by(name), f"{name} is not {following.module}"
    else:
        assert kind == "Prefect"
        assert name in {*names_used(tree), *texts(tree)}, f"{step.module} does not use Prefect's {name}"


class PlayedStream:
    """Prefect's event stream, as a test fills it."""

    def __init__(self):
        self.events = asyncio.Queue()
        self.committed = None
        """The state in which Prefect has the run, where it is asked; None while it does not answer."""

    async def __aenter__(self):
        return self

    def __aiter__(self):
        return self

    async def __anext__(self):
        return await self.events.get()


class PlayedSocket:
    """A browser's WebSocket as the route sees it."""

    def __init__(self, **resources):
        self.app = SimpleNamespace(state=SimpleNamespace(resources=SimpleNamespace(**resources)))
        self.sent = asyncio.Queue()

    async def accept(self):
        pass

    async def receive(self):
        await asyncio.Event().wait()

    async def send_text(self, text):
        self.sent.put_nowait(text)

    async def close(self, *_):
        pass


def answers_of(stream):
    """What Prefect's client would read about the run and its flow."""
    from prefect.client.schemas.objects import Flow, FlowRun, State

    flow_id = uuid4()

    async def read_flow_run(_client, job_id):
        if (state := stream.committed) is None:
            raise httpx.ConnectError("nobody is there")
        held = State(id=state.id, type=state.type, name=state.name, timestamp=state.since)
        return FlowRun(id=job_id, flow_id=flow_id, name="", deployment_id=uuid4(), state=held)

    async def read_flows(_client, **_):
        return [Flow(id=flow_id, name="big-learning")]

    return {"read_flow_run": read_flow_run, "read_flows": read_flows}


def event_of(state):
    from prefect.events import Event, Resource

    labels = {
        "prefect.resource.id": f"prefect.flow-run.{ANN}",
        "prefect.state-type": state.type,
        "prefect.state-name": state.name,
        "prefect.state-message": state.message,
        "prefect.state-timestamp": state.since.isoformat(),
    }
    return Event(
        event=f"prefect.flow-run.{state.name}", occurred=state.since, id=state.id, resource=Resource(labels)
    )


def event_of_line(line):
    from prefect.events import Event, Resource

    from flows.knowledge.events import PREFECT_EVENT_PREFIX, resource_id

    payload = {"attempt": line.attempt, "seq": line.seq, "id": line.id, "text": line.text, "words": []}
    return Event(
        event=PREFECT_EVENT_PREFIX + line.kind,
        occurred=line.occurred,
        resource=Resource({"prefect.resource.id": resource_id(ANN)}),
        payload=payload,
    )


@pytest.fixture
async def watched(monkeypatch, free_port):
    """The app's own projector and relay on the memory store, with one browser that watches one job; Prefect
    is played by its event stream, and by what its client reads about the run.
    """
    from prefect.client.orchestration import PrefectClient

    from service.api.app import _projected
    from service.api.routes.live import watch_job
    from service.metrics import Metrics
    from service.orchestration import events
    from service.orchestration.projection import projector
    from service.orchestration.runs import Orchestrator
    from service.stack.environment import adopted

    stream, began = PlayedStream(), utc_now()
    monkeypatch.setattr(events, "get_events_subscriber", lambda **_: stream)
    for name, answer in answers_of(stream).items():
        monkeypatch.setattr(PrefectClient, name, answer)
    for wait in ("POLL_S", "AGAIN_S", "SECOND_LOOK_S"):
        # a poll would run beside the event
        monkeypatch.setattr(projector, wait, 1000.0)
    with adopted({"PREFECT_API_URL": f"http://127.0.0.1:{free_port}/api"}):
        async with MemoryStore() as store, AsyncExitStack() as owned:
            pending = PrefectState(id=uuid4(), type="PENDING", name="Pending", since=began)
            await store.project(Job(job_id=ANN, mode="big", created_at=began, state=pending))
            orchestrator = await owned.enter_async_context(Orchestrator())
            metrics = Metrics()
            _, relay = await _projected(owned, store, orchestrator, metrics)
            socket = PlayedSocket(relay=relay, metrics=metrics)
            watching = asyncio.create_task(watch_job(socket, ANN))
            assert '"queued"' in await socket.sent.get()
            # the one poll, which finds no Prefect, and what the connection has had told
            await asyncio.sleep(1.5)
            while not socket.sent.empty():
                socket.sent.get_nowait()
            try:
                yield SimpleNamespace(store=store, stream=stream, socket=socket, began=began)
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)


def check(trace):
    """A frame takes the way of the table, in its order; nothing else runs but what is beside it."""
    places = [trace.place(step) for step in FRAME[1:]]
    assert places == sorted(places), "the steps run in another order"
    assert FRAME[0].module in trace.modules
    assert set(trace.modules) - BESIDE == {step.module for step in FRAME}


@pytest.mark.timeout(60)
async def test_an_event_reaches_a_browser_by_the_modules_of_the_table_and_no_others(watched):
    running = PrefectState(
        id=uuid4(), type="RUNNING", name="Running", since=watched.began + timedelta(seconds=1)
    )
    watched.stream.committed = running
    with tracing() as of_state:
        watched.stream.events.put_nowait(event_of(running))
        frame = await watched.socket.sent.get()
    assert '"status":"running"' in frame
    assert "state.running" in frame
    check(of_state)

    line = JobEvent(attempt=0, id="0.1", kind="words.learned", text="One word learned", occurred=utc_now())
    row = (await watched.store.job(ANN)).model_copy(update={"run_status": "running"})
    saved = await watched.store.save_job(row, [line])
    with tracing() as of_line:
        watched.stream.events.put_nowait(event_of_line(saved.lines[0]))
        frame = await watched.socket.sent.get()
    assert "One word learned" in frame
    assert {step.module for step in FRAME} == set(of_line.modules) - BESIDE
    assert "flows.stores.memory.jobs" not in of_line.modules, "it is stored already"
    assert "service.orchestration.client" not in of_line.modules, "Prefect need not be asked"

    assert {*of_state.modules, *of_line.modules} >= BESIDE, "a module beside the way does not run any more"


def test_four_modules_turn_an_event_into_a_frame():
    *carriers, route = FRAME
    assert len({step.module for step in carriers}) <= MOST_CARRIERS
    assert route.module.startswith("service.api.routes.")


@pytest.mark.prefect
@pytest.mark.timeout(150)
async def test_a_start_request_reaches_its_first_stored_word_in_the_order_of_the_table(prefect_api):
    from prefect.client.orchestration import get_client
    from prefect.flow_engine import run_flow_async

    from flows.big import big_learning
    from flows.job.resources import using
    from flows.settings import Settings
    from service.api.middleware.limits import RateLimit
    from service.api.routes.jobs import start_big_job
    from service.metrics import Metrics
    from service.orchestration.projection.projector import Projector
    from service.orchestration.runs import Orchestrator
    from service.schemas import StartBigJob
    from tests.service.deploying import deploy

    stored = asyncio.Event()

    class Store(MemoryStore):
        async def save_definitions(self, definitions, *, job_id, attempt):
            await super().save_definitions(definitions, job_id=job_id, attempt=attempt)
            if not stored.is_set():
                stored.set()
                sys.setprofile(None)

    await deploy()
    starts = RateLimit("starts", burst=1, per_minute=1, total_burst=1, total_per_minute=1)
    async with Store() as store, Orchestrator() as orchestrator:
        facade = SimpleNamespace(
            store=store,
            orchestrator=orchestrator,
            projector=Projector(store, orchestrator),
            metrics=Metrics(),
        )
        body = StartBigJob(minutes=1, max_entries=1, candidates_per_round=5, words_per_round=1)
        with tracing() as trace:
            started = await start_big_job(
                facade, "api", lambda: starts.check("here"), SimpleNamespace(headers={}), body
            )
            row = await store.job(started.job_id)
            async with get_client() as client:
                run = await client.read_flow_run(started.job_id)
            with using(store=store, settings=Settings(model="lexicon", sources=("lexicon",))):
                # what the worker's process does, in this one
                job = await run_flow_async(big_learning, flow_run=run, parameters=run.parameters)
        assert row.status == "queued"
        assert (job.job_id, job.counts.stored, job.end_reason) == (started.job_id, 1, "target reached")
    here = [step for step in WORD if step.process == "server" or step.module.startswith("flows.")]
    places = [trace.place(step) for step in here]
    assert places == sorted(places), "the steps run in another order"
