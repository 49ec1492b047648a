"""The empty database of Prefect's server that is made with the environment, for new homes to take."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from service.stack.prefect import empty_database
from service.stack.prefect.empty_database import must_migrate, prepare_database
from tests.prefect_database import prepare

ROOT = Path(__file__).parents[4]


@pytest.fixture
def ahead(tmp_path, monkeypatch):
    path = tmp_path / "ahead" / "prefect.db"
    path.parent.mkdir()
    path.write_bytes(b"made ahead")
    monkeypatch.setattr(empty_database, "made_ahead", lambda: path)
    return path


@pytest.fixture
def database(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home" / "prefect.db"


def test_a_new_home_takes_it_and_keeps_it_from_others(ahead, database):
    assert not must_migrate(database)
    prepare_database(database)
    assert database.read_bytes() == b"made ahead"
    assert oct(database.stat().st_mode)[-3:] == "600"
    assert [path.name for path in database.parent.iterdir()] == ["prefect.db"]


def test_a_database_that_is_there_is_left_alone(ahead, database):
    database.write_bytes(b"mine")
    prepare_database(database)
    assert database.read_bytes() == b"mine"
    assert not must_migrate(database)


def test_where_none_was_made_the_server_makes_its_own(ahead, database):
    ahead.unlink()
    assert must_migrate(database)
    prepare_database(database)
    assert list(database.parent.iterdir()) == []


def test_what_is_left_of_a_database_is_not_mixed_with_it(ahead, database):
    left = database.with_name("prefect.db-wal")
    left.write_bytes(b"log")
    prepare_database(database)
    assert list(database.parent.iterdir()) == [left]


def test_a_link_in_its_place_is_not_followed(ahead, database, tmp_path):
    from flows.errors import ConfigurationError

    (tmp_path / "victim").write_bytes(b"untouched")
    database.with_name("prefect.db.part").symlink_to(tmp_path / "victim")
    with pytest.raises(ConfigurationError, match="is a link"):
        prepare_database(database)
    assert (tmp_path / "victim").read_bytes() == b"untouched"


def _lines(sql):
    return [line.strip().rstrip(",") for line in sql.splitlines()]


def schema(path):
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").fetchall()
        # alembic writes the constraints of a table that it makes anew in any order
        tables = [(kind, name, sorted(_lines(sql or ""))) for kind, name, sql in rows]
        return tables, connection.execute("SELECT version_num FROM alembic_version").fetchall()


@pytest.mark.prefect
@pytest.mark.timeout(600)
def test_it_has_the_tables_that_prefects_own_command_makes(tmp_path):
    target = tmp_path / "odd ?#é" / "prefect-3.db"
    target.parent.mkdir()
    stale = target.with_name("prefect-0.db")
    stale.touch()
    program = f"""
        from pathlib import Path
        from service.stack.prefect import empty_database
        empty_database.made_ahead = lambda: Path({str(target)!r})
        empty_database.make()
    """
    subprocess.run(
        [sys.executable, "-c", "\n".join(line.strip() for line in program.splitlines())],
        cwd=ROOT,
        check=True,
    )
    prepare(tmp_path / "home")
    assert schema(target) == schema(tmp_path / "home" / "prefect" / "prefect.db")
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
