"""One Firestore database used by several event loops, processes and versions."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from store_documents import ANN, BOB, EVE, job

from flows.errors import ConfigurationError, SchemaTooNew
from flows.stores.firestore import FirestoreStore
from flows.stores.firestore.driver.writes import Write


@pytest.fixture
def make(emulator_host, place, clock):
    def make_one(**options):
        return FirestoreStore(place, emulator=emulator_host, clock=clock, **options)

    return make_one


@pytest_asyncio.fixture
async def firestore(make):
    async with make() as opened:
        yield opened


def test_one_store_works_in_several_event_loops(make):
    store = make()
    found = []

    def in_a_thread():
        async def work():
            await store.put_job(job(BOB))
            found.append(await store.job(BOB))

        asyncio.run(work())

    with asyncio.Runner() as first:
        first.run(store.__aenter__())
        first.run(store.put_job(job(ANN)))
        thread = threading.Thread(target=in_a_thread)
        thread.start()
        thread.join()
        with asyncio.Runner() as second:
            assert second.run(store.job(ANN)) == job(ANN)
        assert first.run(store.job(BOB)) == job(BOB)
        first.run(store.__aexit__(None, None, None))
    assert found == [job(BOB)]


async def test_closing_shuts_the_channel(make):
    async with make() as store:
        await store.save_job(job())
        channel = store._database._client().transport.grpc_channel
        assert channel.get_state() is not grpc.ChannelConnectivity.SHUTDOWN
    assert channel.get_state() is grpc.ChannelConnectivity.SHUTDOWN
    with pytest.raises(RuntimeError, match="async with"):
        await store.job(ANN)


async def test_use_after_a_fork_is_refused_rather_than_hanging(firestore, monkeypatch):
    monkeypatch.setattr("os.getpid", lambda: -1)
    with pytest.raises(RuntimeError, match="spawn"):
        await firestore.job(ANN)


CLAIMER = """
import asyncio, sys
from uuid import UUID
from store_documents import LATER_ALIVE, words
from flows.stores.firestore import FirestoreStore, Location

async def main(host, project, number):
    async with FirestoreStore(Location(project), emulator=host) as store:
        keys = [f"w{n}" for n in range(60)]
        for start in range(0, 60, 10):
            wanted = words(*keys[start:], *keys[:start])
            result = await store.claim(wanted, job_id=UUID(int=number), attempt=1, until=LATER_ALIVE)
            print(*result.new)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def test_processes_that_claim_at_once_never_share_a_word(emulator_host, place):
    code = CLAIMER.replace("LATER_ALIVE, words", "START, words").replace(
        "LATER_ALIVE", "START.replace(year=2090)"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, emulator_host, place.project]
    here = {"PYTHONPATH": f"{Path(__file__).parents[1]}:{Path(__file__).parents[4]}"}
    started = [
        subprocess.Popen([*command, str(job_id.int)], stdout=subprocess.PIPE, text=True, env=here)
        for job_id in (ANN, BOB, EVE)
    ]
    won = [process.communicate(timeout=120)[0].split() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert sorted(key for keys in won for key in keys) == sorted(f"w{n}" for n in range(60))


async def test_database_of_a_newer_version_is_refused(make):
    async with make() as store:
        await store._database.commit([Write(path="metadata/store", fields={"language": "en", "schema": 2})])
    with pytest.raises(SchemaTooNew, match="LEARN_STORE"):
        async with make():
            pass


async def test_database_of_another_program_is_refused(make):
    async with make() as store:
        await store._database.commit([Write(path="metadata/store", fields={"name": "something else"})])
    with pytest.raises(ConfigurationError, match="another program"):
        async with make():
            pass
