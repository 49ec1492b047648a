from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from store_documents import ANN, job

from flows.errors import ConfigurationError
from flows.stores import open_store
from flows.stores.firestore import Location
from flows.stores.sqlite import path_of


@pytest.mark.parametrize(
    "url", ["", "nonsense", "redis://x", "sqlite", "sqlite:/x.db", "postgresql://u:secret@h/d", "memory:"]
)
def test_unknown_url_names_the_setting_and_the_allowed_forms(url):
    with pytest.raises(ConfigurationError, match=r"LEARN_STORE.*sqlite:///.*memory://"):
        open_store(url)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("firestore://demo-project", "projects/demo-project/databases/(default)"),
        ("firestore://demo-project/", "projects/demo-project/databases/(default)"),
        ("firestore://demo-project/(default)", "projects/demo-project/databases/(default)"),
        ("firestore://demo-project/%28default%29", "projects/demo-project/databases/(default)"),
        (
            "firestore://example.com:demo-project/words-en",
            "projects/example.com:demo-project/databases/words-en",
        ),
    ],
)
def test_firestore_url_names_a_database(url, name):
    assert Location.parse(url.removeprefix("firestore://")).name == name
    assert Location.parse(open_store(url).url.removeprefix("firestore://")).name == name


@pytest.mark.parametrize(
    "url",
    [
        "firestore://",
        "firestore:///db",
        "firestore://P/db",
        "firestore://demo-project/x/y",
        "firestore://demo-project/a b",
    ],
)
def test_firestore_url_without_a_database_is_refused(url):
    with pytest.raises(ConfigurationError, match=r"LEARN_STORE.*firestore://project-id"):
        open_store(url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite://host/x.db",
        "sqlite:///:memory:",
        "sqlite:///folder/",
        "sqlite:///a%00b",
    ],
)
def test_sqlite_url_without_a_file_is_refused(url):
    with pytest.raises(ConfigurationError, match="LEARN_STORE"):
        open_store(url)


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/relative.db", Path.cwd() / "relative.db"),
        ("/folder/relative.db", Path.cwd() / "folder" / "relative.db"),
        ("//absolute/path.db", Path("/absolute/path.db")),
        ("//with%20space/%C3%A9%3F%23.db", Path("/with space/é?#.db")),
        ("//a?b#c.db", Path("/a?b#c.db")),
        ("/~/home.db", Path.home() / "home.db"),
        ("/%7E/home.db", Path.home() / "home.db"),
    ],
)
def test_url_names_a_file(location, path):
    assert path_of(location) == path


def test_home_of_nobody_is_refused():
    with pytest.raises(ConfigurationError, match="LEARN_STORE"):
        path_of("/~nobody-of-this-name/x.db")


async def test_file_and_its_folders_are_made(tmp_path):
    url = f"sqlite:///{tmp_path}/new%20folder/deeper/store.db"
    async with open_store(url) as store:
        assert store.url == url
        assert store.has_full_text
        await store.save_job(job())
    assert (tmp_path / "new folder" / "deeper" / "store.db").exists()


async def test_nothing_is_made_before_the_store_is_opened(tmp_path):
    open_store(f"sqlite:///{tmp_path}/folder/store.db")
    assert list(tmp_path.iterdir()) == []


async def test_named_memory_store_is_shared_and_an_unnamed_one_is_not():
    async with open_store("memory://test-factory") as one, open_store("memory://test-factory") as two:
        await one.put_job(job())
        assert await two.job(ANN) == job()
        assert one.url == "memory://test-factory"
        assert not one.has_full_text
    async with open_store("memory://") as one, open_store("memory://") as two:
        await one.save_job(job())
        assert await two.job(ANN) is None


def test_no_driver_is_imported_before_it_is_needed():
    code = (
        "import sys, flows.stores; flows.stores.open_store('memory://'); sys.exit(any(m in sys.modules for m"
        " in ('aiosqlite', 'grpc', 'prefect')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("url", ["firestore://demo-project", "sqlite:///{}/store.db"])
async def test_store_that_is_not_open_says_so(url, tmp_path):
    store = open_store(url.format(tmp_path))
    with pytest.raises(RuntimeError, match="async with"):
        await store.job(ANN)
    with pytest.raises(RuntimeError, match="async with"):
        await store.save_job(job())
