from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest
from sqlalchemy.engine import make_url

from flows.errors import ConfigurationError
from flows.settings import Settings
from flows.stores.sqlite import path_of
from service.stack import prefect_server as prefect_server_module
from service.stack.environment import adopted, api_url, client_environment, server_environment
from service.stack.locks import is_locked, try_lock
from service.stack.prefect_server import is_healthy, prefect_server, server_state_file, stop_if_unused

USER = """
import asyncio, sys
from flows.settings import read_settings
from service.stack.prefect_server import prefect_server
async def main():
    async with prefect_server(read_settings(), say=print) as url:
        print("up", url, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
asyncio.run(main())
"""
SERVER = "-m service.stack.prefect_server"


async def test_parallel_writes_are_neither_refused_nor_slow(prefect_api, prefect_auth):
    async with httpx.AsyncClient(timeout=30, auth=prefect_auth) as client:
        flow = (await client.post(f"{prefect_api}/flows/", json={"name": "parallel"})).json()["id"]
        started = time.monotonic()
        answers = await asyncio.gather(
            *(
                client.post(f"{prefect_api}/flow_runs/", json={"flow_id": flow, "name": f"run-{n}"})
                for n in range(10)
            )
        )
    assert [a.status_code for a in answers] == [201] * 10
    assert time.monotonic() - started < 5


async def test_measured_settings_are_in_force(prefect_api, prefect_auth):
    async with httpx.AsyncClient(auth=prefect_auth) as client:
        server = (await client.get(f"{prefect_api}/admin/settings")).json()["server"]
    recorder, persister = server["services"]["task_run_recorder"], server["services"]["event_persister"]
    assert (recorder["batch_size"], recorder["read_batch_size"], recorder["flush_interval"]) == (100, 100, 1)
    assert (persister["batch_size"], persister["flush_interval"]) == (100, 1)
    assert server["analytics_enabled"] is False
    assert "*" not in server["api"]["cors_allowed_origins"]
    assert server["ui"]["enabled"] is True
    assert server["events"]["retention_period"] == "P7D"


async def test_client_calls_without_limit_are_understood(prefect_api):
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        assert isinstance(await client.read_flow_runs(), list)


async def test_ui_is_served(prefect_api):
    async with httpx.AsyncClient(follow_redirects=True) as client:
        page = await client.get(prefect_api.removesuffix("/api"))
    assert page.status_code == 200
    assert "<html" in page.text.lower()


def test_flush_interval_is_never_below_a_second(settings):
    environment = server_environment(settings)
    assert all(float(value) >= 1 for name, value in environment.items() if name.endswith("FLUSH_INTERVAL"))
    assert environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"].endswith(
        f"{settings.home}/prefect/prefect.db"
    )


@pytest.mark.parametrize(
    "name", ["q?x", "a#b", "a%20b%3F", "a b", 'it\'s "x"', "é東", "a@b:c", "x=1&mode=memory", ":memory:"]
)
def test_a_home_folder_of_any_name_has_its_database_inside(tmp_path, name):
    settings = Settings(home=tmp_path / name)
    url = make_url(server_environment(settings)["PREFECT_SERVER_DATABASE_CONNECTION_URL"])
    assert (url.database, dict(url.query)) == (str(tmp_path / name / "prefect" / "prefect.db"), {})
    assert ":memory:" not in server_environment(settings)["PREFECT_SERVER_DATABASE_CONNECTION_URL"]
    assert path_of(settings.store.removeprefix("sqlite://")) == tmp_path / name / "knowledge.db"


async def test_an_api_url_without_its_path_is_told_so(settings, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://anna:secret@127.0.0.1:9")
    with pytest.raises(
        ConfigurationError, match=r"/api: try PREFECT_API_URL=http://127\.0\.0\.1:9/api"
    ) as told:
        async with prefect_server(settings, say=lambda _: None):
            pass
    assert "secret" not in str(told.value)


def test_what_a_person_set_wins_in_the_client(settings, monkeypatch):
    monkeypatch.setenv("PREFECT_CLIENT_MAX_RETRIES", "2")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "internal.example")
    environment = client_environment(settings, "http://127.0.0.1:1/api")
    assert "PREFECT_CLIENT_MAX_RETRIES" not in environment
    assert environment["NO_PROXY"] == "internal.example,127.0.0.1,localhost,::1"
    assert environment["no_proxy"] == environment["NO_PROXY"]
    with adopted(environment):
        assert os.environ["PREFECT_API_URL"] == "http://127.0.0.1:1/api"
    assert os.environ.get("PREFECT_API_URL") != "http://127.0.0.1:1/api"


async def test_port_in_use_is_named(settings, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.prefect_port))
        other.listen()
        with pytest.raises(
            ConfigurationError,
            match=f"uses port {settings.prefect_port}. Set LEARN_PREFECT_PORT",
        ):
            async with prefect_server(settings, say=print):
                pass


def test_a_starting_server_disowns_what_the_last_one_wrote(settings):
    """Else one who stops it meanwhile kills a stranger, and one who waits for it may find another server."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        state = server_state_file(settings)
        state.parent.mkdir(parents=True)
        state.write_text(json.dumps({"pid": stranger.pid, "port": 4200}))
        # somebody looks whether a server runs while this one starts
        looking = try_lock(state, shared=True)
        environment = os.environ | {"LEARN_HOME": str(settings.home)}
        command = [
            sys.executable,
            "-P",
            "-m",
            "service.stack.prefect_server",
            "--port",
            str(settings.prefect_port),
        ]
        with subprocess.Popen(command, env=environment) as server:
            try:
                time.sleep(1)
                looking.close()
                deadline = time.monotonic() + 30
                while not is_locked(state) and server.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.05)
                time.sleep(0.1)
                assert server.poll() is None
                assert json.loads(state.read_text()) == {"pid": server.pid, "port": settings.prefect_port}
                is_ready = asyncio.run(is_healthy(api_url(settings.prefect_port), timeout_s=0.2))
                assert not is_ready, "it was looked at too late"
            finally:
                server.kill()
                stranger.kill()


async def test_a_connection_to_the_server_sends_small_pieces_at_once(free_port):
    """Else each answer waits 40 ms for the acknowledgement of its headers."""
    told = []
    with prefect_server_module._bind(free_port) as listener:
        server = await asyncio.start_server(lambda _reader, writer: told.append(writer), sock=listener)
        async with server:
            _, writer = await asyncio.open_connection("127.0.0.1", free_port)
            while not told:
                await asyncio.sleep(0.01)
            accepted = told[0].get_extra_info("socket")
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            writer.close()
            told[0].close()


async def test_the_port_of_a_starting_server_is_named_to_another_home(settings, processes, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    processes.run(USER)
    state = server_state_file(settings)
    processes.wait_until(lambda: state.exists() and state.read_text(), within_s=30)
    other = settings.model_copy(update={"home": settings.home.with_name("other")})
    with pytest.raises(ConfigurationError, match=f"Another program uses port {settings.prefect_port}"):
        async with prefect_server(other, say=print):
            pass


@pytest.mark.acceptance
def test_server_ends_when_its_home_is_removed(processes, hear, tmp_path):
    user = processes.run(USER)
    hear(user, "up http")
    (tmp_path / "home").rename(tmp_path / "gone")
    processes.wait_until(lambda: not processes.named(SERVER), within_s=12)
    user.communicate("\n")


async def test_unwritable_home_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"Can't write to the home folder .*/file/home .*LEARN_HOME"):
        async with prefect_server(Settings(home=tmp_path / "file" / "home"), say=print):
            pass


async def test_named_server_that_is_away_is_named(settings, monkeypatch, free_port):
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port}/api")
    with pytest.raises(ConfigurationError, match=f"PREFECT_API_URL=http://127.0.0.1:{free_port}/api"):
        async with prefect_server(settings, say=print):
            pass


async def test_named_server_is_used(settings, prefect_api):
    async with prefect_server(settings, say=print) as url:
        assert url == prefect_api
    assert not settings.home.exists()


@pytest.mark.acceptance
def test_two_users_at_once_share_one_server_that_ends_after_the_last(processes, hear):
    users = [processes.run(USER), processes.run(USER)]
    addresses = {hear(user, "up http") for user in users}
    assert len(addresses) == 1
    assert len(processes.named(SERVER)) == 1
    users[0].communicate("\n")
    time.sleep(7)
    assert len(processes.named(SERVER)) == 1
    users[1].communicate("\n")
    processes.wait_until(lambda: not processes.alive(), within_s=12)


@pytest.mark.acceptance
def test_server_ends_though_its_last_user_was_killed(processes, hear):
    user = processes.run(USER)
    hear(user, "up http")
    os.kill(user.pid, signal.SIGKILL)
    processes.wait_until(lambda: not processes.alive(), within_s=12)


@pytest.mark.acceptance
async def test_unused_server_is_stopped_and_one_in_use_is_not(settings, processes, hear, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    user = processes.run(USER)
    url = hear(user, "up http").split()[1]
    assert not await stop_if_unused(settings, within_s=1)
    assert await is_healthy(url, timeout_s=2)
    user.communicate("\n")
    assert await stop_if_unused(settings, within_s=3)
    assert not processes.alive()
