"""LearningClient against a real facade on a real socket; what needs Prefect has a real one."""

from __future__ import annotations

import asyncio
import csv
import json
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pandas as pd
import pytest
from api_server import TOKEN
from store_documents import ANN, START, batch, definition, entry, event, job, words

from flows.errors import InvalidInput
from flows.knowledge import Category, Counts
from service.client import LearningClient
from service.errors import AccessRefused, Conflict, FacadeUnavailable, NotFound, TooMany
from service.schemas import EntryView
from tests.service.client.client_parts import answering


@pytest.fixture
def served(serve):
    return serve()


@pytest.fixture
async def client(served):
    async with LearningClient(served.url) as client:
        yield client


def learn(served, *entries, definitions=(), job_id=ANN):
    async def write():
        begun = await served.store.begin_attempt(job(job_id))
        keys = [e.key for e in (*entries, *definitions)]
        await served.store.claim(
            words(*keys), job_id=job_id, attempt=begun.attempt, until=START + timedelta(days=9999)
        )
        outcomes = [*((e.key, e.depth) for e in entries), *((d.key, "defined") for d in definitions)]
        assert await served.store.commit_batch(
            batch(*outcomes, job_id=job_id, attempt=begun.attempt, number=begun.attempt),
            entries=entries,
            definitions=definitions,
        )

    served.do(write())


def at(minute):
    return START + timedelta(minutes=minute)


async def test_entries_come_typed_over_all_parts_and_as_a_table(served, client):
    learn(
        served,
        *(entry(f"moss {n:03}", at=at(n), category=Category.PLANT) for n in range(230)),
        definitions=[definition("fern")],
    )
    found = await client.knowledge(category="plant", limit=None)
    assert [e.key for e in found] == [f"moss {n:03}" for n in reversed(range(230))]
    assert isinstance(found[0], EntryView)
    assert found.cursor is None
    some = await client.knowledge(limit=205)
    assert len(some) == 205
    rest = await client.knowledge(cursor=some.cursor, limit=None)
    # words that are only defined come after the entries
    assert [e.key for e in rest] == [*(f"moss {n:03}" for n in reversed(range(25))), "fern"]
    frame = found.to_pandas()
    assert list(frame["key"]) == [e.key for e in found]
    assert set(EntryView.model_fields) <= set(frame.columns)
    assert [e.key for e in await client.search("moss 007")] == ["moss 007"]
    assert await client.knowledge(category=Category.ANIMAL) == []
    assert "230" in found._repr_html_()


async def test_words_of_any_shape_are_found(served, client):
    learn(
        served,
        entry("and/or"),
        entry("naïve"),
        entry("50%?"),
        entry("a #1"),
        definitions=[definition("fern")],
    )
    for key in ("and/or", "naïve", "50%?", "a #1"):
        assert (await client.entry(key)).key == key
    assert (await client.entry("fern")).depth == "defined"
    graph = await client.graph("and/or")
    assert graph.nodes[0].key == "and/or"
    assert {f.key for f in await client.frontier(limit=1000)} <= {"one", "two", "three"}
    assert (await client.stats()).entries == 4
    assert (await client.health()).store == "ok"
    with pytest.raises(NotFound) as refused:
        await client.entry("../jobs")
    assert refused.value.field == "word"


async def test_jobs_rounds_and_events_are_typed(served, client):
    served.do(served.store.begin_attempt(job(ANN, counts=Counts(stored=3))))
    for part in range(4):
        served.do(served.store.append_log(ANN, [event(part * 100 + n) for n in range(1, 101)]))
    found = await client.job(str(ANN))
    assert (found.job_id, found.counts.stored) == (ANN, 3)
    assert [j.job_id for j in await client.jobs()] == [ANN]
    events = await client.events(ANN)
    assert [e.id for e in events] == [f"1.{n}" for n in range(1, 401)]
    assert events.is_complete is False  # there is no Prefect to tell of states
    assert await client.events(ANN, after=events.cursor) == []
    assert await client.rounds(ANN) == []
    with pytest.raises(NotFound):
        await client.round(ANN, 1)
    assert (await client.estimate("big", minutes=1)).minutes <= 1


@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet"])
async def test_an_export_is_whole_or_not_there(served, client, tmp_path, format_):
    learn(served, *(entry(f"moss {n}") for n in range(700)))
    file = tmp_path / f"all.{format_}"
    assert await client.export(file, format_) == file.stat().st_size
    if format_ == "jsonl":
        found = [json.loads(line)["key"] for line in file.read_text().splitlines()]
    elif format_ == "csv":
        with file.open(newline="") as lines:
            found = [row["key"] for row in csv.DictReader(lines)]
    else:
        found = list(pd.read_parquet(file)["key"])
    assert sorted(found) == sorted(f"moss {n}" for n in range(700))
    with pytest.raises(InvalidInput, match="already exists"):
        await client.export(file, format_)
    assert await client.export(file, format_, may_overwrite=True) == file.stat().st_size


async def test_an_export_that_is_cut_short_leaves_no_file(tmp_path):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\nword,key\r\n"
    async with answering(head) as url, LearningClient(url) as client:
        with pytest.raises(FacadeUnavailable):
            await client.export(tmp_path / "all.csv", "csv")
    assert list(tmp_path.iterdir()) == []


async def test_errors_are_ours_and_name_the_field(served, client):
    with pytest.raises(InvalidInput) as refused:
        await client.start_big(minutes=11)
    assert refused.value.field == "minutes"
    with pytest.raises(InvalidInput, match="words"):
        await client.start("quick", ["<b>"])
    with pytest.raises(InvalidInput, match="job_id"):
        await client.job("../health")
    with pytest.raises(FacadeUnavailable, match="Prefect") as unavailable:
        await client.start_big(minutes=1)
    assert unavailable.value.retry_after_s >= 1
    served.do(served.store.begin_attempt(job(ANN)))
    served.do(served.store.put_job(job(ANN, attempt=1, status="completed", finished_at=START)))
    with pytest.raises(Conflict, match="completed"):
        await client.cancel(ANN)


async def test_the_token_comes_from_the_argument_or_the_environment(serve, monkeypatch):
    served = serve(token=TOKEN)
    for token in (None, "another-token-of-sixteen"):
        async with LearningClient(served.url, token=token) as client:
            with pytest.raises(AccessRefused, match="LEARN_API_TOKEN"):
                await client.jobs()
            with pytest.raises(AccessRefused):
                await anext(client.watch(uuid4()))
    async with LearningClient(served.url, token=TOKEN) as client:
        assert await client.jobs() == []
    monkeypatch.setenv("LEARN_API_TOKEN", TOKEN)
    monkeypatch.setenv("LEARN_URL", served.url)
    async with LearningClient() as client:
        assert await client.jobs() == []
        with pytest.raises(NotFound):
            await client.entry("moss")


async def test_a_flood_of_starts_is_told_when_there_is_room(serve):
    served = serve(starts_burst=1, starts_per_minute=1)
    async with LearningClient(served.url) as client:
        with pytest.raises(FacadeUnavailable):
            await client.start_big()
        with pytest.raises(TooMany) as refused:
            await client.start_big()
    assert 1 <= refused.value.retry_after_s <= 60


def test_the_sync_shell_does_the_same(served):
    learn(served, entry("moss"))
    with LearningClient.sync(served.url) as client:
        assert [e.key for e in client.knowledge()] == ["moss"]
        assert client.url == served.url
        assert {"watch", "start_big", "knowledge"} <= set(dir(client))
        with pytest.raises(NotFound):
            client.entry("fern")
        watching = client.watch(ANN)
        assert next(watching).job_id == ANN
        with pytest.raises(AttributeError):
            client.fly()
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.jobs()
    assert not [t for t in threading.enumerate() if t.name == "learning client"]


@pytest.mark.parametrize("call", ["start", "estimate"])
async def test_one_text_is_not_taken_for_a_list_of_letters(free_port, call):
    url = f"http://127.0.0.1:{free_port}"
    with LearningClient.sync(url) as waiting, pytest.raises(InvalidInput, match=r"^words: .*\['moss'\]"):
        getattr(waiting, call)("quick", words="moss")
    async with LearningClient(url) as client:
        with pytest.raises(InvalidInput, match=r"^words: .*\['moss'\]"):
            await getattr(client, call)("quick", "moss")


async def test_the_sync_shell_works_inside_a_running_loop(served):
    learn(served, entry("moss"))

    def cell():
        with LearningClient.sync(served.url) as client:
            return client.entry("moss").key

    assert await asyncio.to_thread(cell) == "moss"


def test_it_loads_neither_prefect_nor_the_facade():
    code = "import sys, service.client.client, service.client.sync; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    ).stdout.split()
    assert not {
        "prefect",
        "fastapi",
        "starlette",
        "typer",
        "aiosqlite",
        "pandas",
        "flows.big",
        "service.api.app",
    } & set(loaded)
