"""The stores under test, and a clock that tests set."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest
import pytest_asyncio

sys.path += [str(Path(__file__).parent / room) for room in ("", "firestore", "protocols")]

from emulator import REMEDY, a_place, is_at_hand, session_host, stop_session
from store_documents import START

from flows.stores.firestore import FirestoreStore
from flows.stores.memory import MemoryStore
from flows.stores.sqlite import SqliteStore

pytest.register_assert_rewrite(
    *(
        f"contract_{part}"
        for part in (
            "bookkeeping",
            "claims",
            "contents",
            "jobs",
            "learning",
            "mending",
            "reading",
            "rivals",
            "rows",
        )
    )
)

KINDS = ["memory", "sqlite", "firestore"]


class Clock:
    """Tells the time that a test says it is."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


def pytest_generate_tests(metafunc):
    if "store_kind" in metafunc.fixturenames:
        metafunc.parametrize("store_kind", KINDS)


@pytest.hookimpl(trylast=True)  # after -m: gcloud takes a second to say that there is none
def pytest_collection_modifyitems(items):
    """Where there is no emulator, one skip stands for all tests that need it."""
    of_emulator = [
        item for item in items if "emulator_host" in item.fixturenames or _kind_of(item) == "firestore"
    ]
    if of_emulator and not is_at_hand():
        of_emulator[0].add_marker(pytest.mark.skip(reason=REMEDY))
        gone = {id(item) for item in of_emulator[1:]}
        items[:] = [item for item in items if id(item) not in gone]


def _kind_of(item):
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("store_kind") if callspec else None


@pytest.fixture(scope="session")
def emulator_host():
    """Firestore's emulator as host:port, one for the whole session."""
    yield session_host()
    stop_session()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def place():
    """A Firestore project of this test's own."""
    return a_place()


@pytest.fixture(scope="session")
def new_file(tmp_path_factory):
    """A file of SQLite as the store makes it, to copy: making one is most of the work of a short test."""

    async def make(path):
        async with SqliteStore(path):
            return path

    return asyncio.run(make(tmp_path_factory.mktemp("new") / "store.db"))


@pytest.fixture
def make_store(request, store_kind, tmp_path, clock, place):
    """Makes unopened stores that share their contents, one after the other or at once."""
    host = request.getfixturevalue("emulator_host") if store_kind == "firestore" else None
    if store_kind == "sqlite":
        shutil.copy(request.getfixturevalue("new_file"), tmp_path / "store.db")

    def make(**options):
        if store_kind == "memory":
            return MemoryStore(str(tmp_path), clock=clock, **options)
        if store_kind == "sqlite":
            return SqliteStore(tmp_path / "store.db", clock=clock, **options)
        return FirestoreStore(place, emulator=host, clock=clock, **options)

    return make


@pytest.fixture
def many(store_kind):
    """A large number of words; the emulator stands for Firestore, not for its speed."""
    return 10_000 if store_kind == "firestore" else 40_000


@pytest_asyncio.fixture
async def store(make_store):
    async with make_store() as opened:
        yield opened


@pytest_asyncio.fixture
async def sqlite(tmp_path, clock, new_file):
    shutil.copy(new_file, tmp_path / "store.db")
    async with SqliteStore(tmp_path / "store.db", clock=clock, busy_timeout_s=0.3) as opened:
        yield opened
