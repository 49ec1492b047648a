"""The home folder and its files are their owner's alone, however they came to be."""

from __future__ import annotations

import os
import stat

import pytest

from flows.errors import ConfigurationError
from flows.settings import Settings
from flows.stores import open_store
from service.stack import private_files
from service.stack.environment import client_environment, open_log, prepare_home
from service.stack.locks import try_lock
from service.stack.private_files import keep_private, make_folder, open_private

APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT


@pytest.fixture(params=[0o022, 0o000, 0o077], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def open_to_others(folder):
    """The paths that `find FOLDER -perm /077` prints."""
    return [path for path in (folder, *folder.rglob("*")) if mode(path) & 0o077 and not path.is_symlink()]


async def test_what_the_product_creates_is_its_owners_alone(tmp_path, umask):
    settings = Settings(home=tmp_path / "above" / "home")
    prepare_home(settings)
    client_environment(settings, "http://127.0.0.1:1/api")
    os.close(open_log(settings.home / "logs" / "x.log"))
    try_lock(settings.home / "prefect" / "lease", shared=True).close()
    async with open_store(settings.store, language="en"):
        assert not open_to_others(tmp_path / "above")
        assert (settings.home / "knowledge.db-wal").exists()
    assert mode(settings.home) == 0o700


async def test_a_store_elsewhere_is_private_too_and_its_folder_is_left_alone(tmp_path, umask):
    folder = tmp_path / "given"
    folder.mkdir(mode=0o755)
    before = mode(folder)
    async with open_store(f"sqlite:///{folder}/words.db", language="en"):
        assert not [path for path in folder.iterdir() if mode(path) & 0o077]
    assert mode(folder) == before


def test_an_old_home_is_closed_with_all_that_is_in_it(tmp_path):
    home = tmp_path / "home"
    (home / "prefect" / "storage").mkdir(parents=True)
    for name in ("knowledge.db", "prefect/prefect.db", "prefect/storage/result"):
        (home / name).write_text("x")
        (home / name).chmod(0o644)
    for folder in (home / "prefect" / "storage", home / "prefect", home):
        folder.chmod(0o755)
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    (home / "link").symlink_to(outside)
    prepare_home(Settings(home=home))
    assert not open_to_others(home)
    assert mode(outside) == 0o644


@pytest.mark.parametrize("name", ["logs/jobs.log", "prefect/lease", "prefect/start", "prefect/password"])
def test_a_planted_link_is_not_followed(tmp_path, name):
    target = tmp_path / "target"
    target.write_text("mine")
    path = tmp_path / "home" / name
    path.parent.mkdir(parents=True)
    path.symlink_to(target)
    for opening in (lambda: open_log(path), lambda: try_lock(path), lambda: open_private(path, APPEND)):
        with pytest.raises(ConfigurationError, match="is a link"):
            opening()
    assert target.read_text() == "mine"


def test_a_folder_that_all_users_share_is_no_home(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(ConfigurationError, match="All users share"):
        prepare_home(Settings(home=shared))
    assert mode(shared) == 0o1777
    prepare_home(Settings(home=shared / "mine"))
    assert mode(shared / "mine") == 0o700


def test_what_another_user_made_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "home"
    make_folder(folder)
    (folder / "lock").write_text("")
    stranger = os.geteuid() + 1
    monkeypatch.setattr(private_files.os, "geteuid", lambda: stranger)
    with pytest.raises(ConfigurationError, match="another user"):
        keep_private(folder)
    with pytest.raises(ConfigurationError, match="another user"):
        open_private(folder / "lock", APPEND)
