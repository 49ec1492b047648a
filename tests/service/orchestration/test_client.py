from __future__ import annotations

import asyncio
import base64
import time
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from flows.errors import ConfigurationError
from service.errors import PrefectUnavailable
from service.orchestration.runs import Orchestrator
from service.orchestration.urls import run_page
from service.stack.environment import adopted

RUN = UUID(int=7)


@asynccontextmanager
async def answering(text, *, heard):
    """A server that answers each request with the same bytes, or never."""

    async def serve(reader, writer):
        try:
            heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
            if text is None:
                await asyncio.sleep(60)
            writer.write(text)
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def answer(status, body=b"{}"):
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection:"
        " close\r\n\r\n"
    )
    return head.encode() + body


async def refusal(url, **environment):
    with adopted({"PREFECT_API_URL": url, **environment}):
        async with Orchestrator(timeout_s=2.0) as orchestrator:
            with pytest.raises((PrefectUnavailable, ConfigurationError)) as caught:
                await orchestrator.run(RUN)
    return caught.value


async def test_credentials_of_every_kind_are_sent_and_their_refusal_names_the_variable():
    for environment, wanted in (
        ({"PREFECT_API_AUTH_STRING": "admin:secret"}, "Basic " + base64.b64encode(b"admin:secret").decode()),
        ({"PREFECT_API_AUTH_STRING": "", "PREFECT_API_KEY": "pnu_key"}, "Bearer pnu_key"),
    ):
        heard = []
        async with answering(answer("401 Unauthorized"), heard=heard) as port:
            error = await refusal(f"http://127.0.0.1:{port}/api/accounts/a/workspaces/w", **environment)
        assert isinstance(error, ConfigurationError)
        assert "PREFECT_API_AUTH_STRING" in str(error)
        assert "secret" not in str(error)
        assert heard[0].startswith(f"GET /api/accounts/a/workspaces/w/flow_runs/{RUN} ")
        assert f"authorization: {wanted}" in heard[0].replace("Authorization", "authorization")


async def test_server_that_is_gone_silent_or_broken_is_told_in_time(free_port):
    began = time.monotonic()
    assert isinstance(await refusal(f"http://127.0.0.1:{free_port}/api"), PrefectUnavailable)
    assert time.monotonic() - began < 1.5
    for text in (
        None,
        b"nonsense\r\n\r\n",
        answer("500 Internal Server Error"),
        answer("503 Service Unavailable"),
    ):
        heard = []
        began = time.monotonic()
        async with answering(text, heard=heard) as port:
            error = await refusal(f"http://127.0.0.1:{port}/api")
        assert isinstance(error, PrefectUnavailable), text
        assert time.monotonic() - began < 8
        assert heard


async def test_busy_database_is_asked_again_at_once():
    heard = []
    async with answering(answer("503 Service Unavailable"), heard=heard) as port:
        await refusal(f"http://127.0.0.1:{port}/api")
    # Prefect's own client would sleep two seconds after the first
    assert len(heard) >= 4


async def test_server_of_another_kind_is_told_from_prefect():
    heard = []
    async with answering(answer("200 OK", b"<html>"), heard=heard) as port:
        error = await refusal(f"http://127.0.0.1:{port}/api")
    assert isinstance(error, ConfigurationError)
    assert "not a compatible Prefect API" in str(error)


async def test_failure_to_connect_is_remembered_for_a_moment_only(free_port, monkeypatch):
    monkeypatch.setattr("service.orchestration.client.REST_S", 0.3)
    heard = []
    with adopted({"PREFECT_API_URL": f"http://127.0.0.1:{free_port}/api"}):
        async with Orchestrator(timeout_s=2.0) as orchestrator:
            assert not await orchestrator.is_up()

            async def serve(reader, writer):
                heard.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer("404 Not Found") if b"csrf" in heard[-1] else answer("200 OK", b"[]"))
                await writer.drain()
                writer.close()

            async with await asyncio.start_server(serve, "127.0.0.1", free_port):
                assert not await orchestrator.is_up()
                assert heard == []
                await asyncio.sleep(0.35)
                assert await orchestrator.is_up()


@asynccontextmanager
async def prefect_by_turns(monkeypatch, *, slow=(), timeout_s=0.3):
    """A connection to a Prefect that lets the asked-for questions, counted from 0, go unanswered; the list of
    what was asked.
    """
    monkeypatch.setattr("service.orchestration.client.REST_S", 0.0)
    monkeypatch.setattr("service.orchestration.runs.REST_S", 0.0)
    heard = []
    unanswered = set()

    async def serve(reader, writer):
        question = await reader.readuntil(b"\r\n\r\n")
        if b"csrf" in question:
            writer.write(answer("404 Not Found"))
        else:
            heard.append(question)
            if len(heard) - 1 in slow:
                unanswered.add(writer)
                return
            writer.write(answer("200 OK", b"[]"))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with adopted({"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}):
            async with Orchestrator(timeout_s=timeout_s) as orchestrator:
                yield orchestrator, heard
        for writer in unanswered:
            writer.close()


async def test_one_late_answer_does_not_mean_that_prefect_is_away_and_two_in_a_row_do(monkeypatch):
    async with prefect_by_turns(monkeypatch, slow={1, 3, 4}) as (orchestrator, heard):
        assert [await orchestrator.is_up() for _ in range(6)] == [True, True, True, True, False, True]
        assert len(heard) == 6


async def test_answers_that_are_late_at_the_same_moment_are_one(monkeypatch):
    async with prefect_by_turns(monkeypatch, slow={1, 2, 3}) as (orchestrator, _):
        assert await orchestrator.is_up()
        assert await asyncio.gather(*(orchestrator.is_up() for _ in range(3))) == [True, True, True]


@pytest.mark.parametrize(("slow", "is_up"), [({0}, True), ({0, 1}, False)])
async def test_a_prefect_that_was_not_heard_of_lately_is_asked_twice_before_it_is_called_away(
    monkeypatch, slow, is_up
):
    async with prefect_by_turns(monkeypatch, slow=slow) as (orchestrator, heard):
        assert await orchestrator.is_up() is is_up
        assert len(heard) == 2


async def test_what_answered_long_ago_is_not_taken_for_there(monkeypatch):
    async with prefect_by_turns(monkeypatch, slow={1, 2}) as (orchestrator, _):
        assert await orchestrator.is_up()
        monkeypatch.setattr("service.orchestration.client.REMEMBERED_S", 0.0)
        assert not await orchestrator.is_up()


async def test_a_refused_connection_is_believed_at_once(monkeypatch):
    async with prefect_by_turns(monkeypatch) as (orchestrator, _):
        assert await orchestrator.is_up()
        monkeypatch.setattr(orchestrator._api._client._client, "base_url", "http://127.0.0.1:9/api")
        began = time.monotonic()
        assert not await orchestrator.is_up()
        assert time.monotonic() - began < 0.3


async def test_without_an_address_the_way_out_is_named():
    with adopted({"PREFECT_API_URL": ""}), pytest.raises(ConfigurationError, match="PREFECT_API_URL"):
        async with Orchestrator():
            raise AssertionError


@pytest.mark.parametrize(
    ("api_url", "page"),
    [
        ("http://127.0.0.1:4200/api", f"http://127.0.0.1:4200/runs/flow-run/{RUN}"),
        ("https://u:p@prefect.example/base/api/", f"https://prefect.example/base/runs/flow-run/{RUN}"),
        (
            "https://api.prefect.cloud/api/accounts/a-1/workspaces/w-2",
            f"https://app.prefect.cloud/account/a-1/workspace/w-2/runs/flow-run/{RUN}",
        ),
    ],
)
def test_page_of_a_run_is_found_for_every_form_of_address(api_url, page):
    assert run_page(api_url, RUN) == page


async def test_address_of_the_ui_may_be_another():
    with adopted(
        {"PREFECT_API_URL": "http://10.0.0.1:4200/api", "PREFECT_UI_URL": "https://prefect.example"}
    ):
        async with Orchestrator() as orchestrator:
            assert orchestrator.page_of(RUN) == f"https://prefect.example/runs/flow-run/{RUN}"
