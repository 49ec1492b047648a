"""The password of the embedded Prefect server, and who is given it."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from flows.running_server import AUTH, KEY, URL, is_ours, known_auth_string, password_file, state_file
from flows.settings import Settings
from service.stack.environment import client_environment, prepare_home
from service.stack.locks import try_lock
from service.stack.password import make_auth_string, variables_for

PORT = 4321
OURS = f"http://127.0.0.1:{PORT}/api"


@pytest.fixture
def home(tmp_path):
    prepare_home(Settings(home=tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def live(home):
    """The home while its server lives: it keeps its state locked."""
    made = make_auth_string(home)
    lock = try_lock(state_file(home))
    lock.write(json.dumps({"pid": 1, "port": PORT}))
    lock.flush()
    yield made
    lock.close()


def test_it_is_made_once_also_by_many_at_once(home):
    together = threading.Barrier(8)

    def make(_):
        together.wait()
        return make_auth_string(home)

    with ThreadPoolExecutor(8) as pool:
        (made,) = set(pool.map(make, range(8)))
    user, _, password = made.partition(":")
    assert user == "learn" and len(password) >= 32  # noqa: PT018  one string
    assert known_auth_string(home) == make_auth_string(home) == made
    assert password_file(home).stat().st_mode & 0o777 == 0o600


def test_homes_have_different_ones(tmp_path):
    made = set()
    for name in ("a", "b", "c"):
        prepare_home(Settings(home=tmp_path / name))
        made.add(make_auth_string(tmp_path / name))
    assert len(made) == 3


@pytest.mark.parametrize(
    "kept", ["", "\n", "learn:", "learn", ":" + "x" * 30, "learn:short", "a b:" + "x" * 30]
)
def test_what_is_no_password_is_replaced(home, kept):
    password_file(home).write_text(kept)
    assert known_auth_string(home) is None
    assert make_auth_string(home).startswith("learn:")


def test_a_persons_own_choice_is_kept(home):
    password_file(home).write_text("anna:correct-horse-battery-staple\n")
    assert make_auth_string(home) == "anna:correct-horse-battery-staple"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (OURS, True),
        (f"http://localhost:{PORT}/api", True),
        (f"http://[::1]:{PORT}/api", True),
        (f"http://127.0.0.1:{PORT + 1}/api", False),
        (f"http://10.0.0.1:{PORT}/api", False),
        (f"http://127.0.0.1.evil.example:{PORT}/api", False),
        (f"http://127.0.0.1@evil.example:{PORT}/api", False),
        ("http://127.0.0.1/api", False),
        ("", False),
        ("http://[::1", False),
        ("http://127.0.0.1:99999/api", False),
    ],
)
def test_only_the_live_server_of_this_home_is_ours(home, live, url, expected):
    assert is_ours(home, url) is expected
    assert (AUTH in variables_for(home, url, {})) is expected


def test_a_server_that_ended_is_not_ours_though_its_note_is_left(home):
    make_auth_string(home)
    state_file(home).write_text(json.dumps({"pid": 1, "port": PORT}))
    # another user may have taken its port by now
    assert variables_for(home, OURS, {}) == {}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, True),
        ({URL: OURS}, True),
        ({URL: OURS, AUTH: "own:auth"}, False),
        ({URL: OURS, KEY: "pnu_key"}, False),
        # credentials without a URL are meant for no server of this machine
        ({AUTH: "own:auth"}, True),
        ({KEY: "pnu_key"}, True),
    ],
)
def test_own_credentials_of_a_named_server_are_left_alone(home, live, environ, expected):
    given = variables_for(home, OURS, environ)
    assert given.get(AUTH) == (live if expected else None)
    # Prefect would send the key first
    assert given.get(KEY) == ("" if expected and KEY in environ else None)


def test_a_named_server_elsewhere_gets_nothing_of_ours(home, live, monkeypatch):
    monkeypatch.setenv(URL, "http://prefect.internal:4200/api")
    monkeypatch.setenv(AUTH, "own:auth")
    given = client_environment(Settings(home=home), "http://prefect.internal:4200/api")
    assert live not in given.values()
    assert AUTH not in given
