"""What the client says where nobody answers, or somebody else."""

from __future__ import annotations

from uuid import uuid4

import pytest

from flows.errors import InvalidInput
from service.client import LearningClient
from service.errors import FacadeUnavailable, UnexpectedAnswer
from tests.service.client.client_parts import answering


@pytest.fixture
def served(serve):
    return serve()


async def test_nobody_there_or_silent_is_said_in_time(free_port):
    async with LearningClient(f"http://127.0.0.1:{free_port}") as client:
        with pytest.raises(FacadeUnavailable, match=rf"{free_port}.*learn up"):
            await client.jobs()
        with pytest.raises(FacadeUnavailable, match="learn up"):
            await anext(client.watch(uuid4()))
    async with answering() as url, LearningClient(url, timeout_s=0.3) as client:
        with pytest.raises(FacadeUnavailable, match="in time"):
            await client.jobs()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>", UnexpectedAnswer),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", UnexpectedAnswer),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
            UnexpectedAnswer,
        ),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", UnexpectedAnswer),
        (b"HTTP/1.1 502 Bad Gateway\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", FacadeUnavailable),
        (b"nonsense\r\n\r\n", FacadeUnavailable),
    ],
)
async def test_what_is_no_facade_is_told_apart(answer, kind):
    async with answering(answer) as url, LearningClient(url) as client:
        with pytest.raises(kind):
            await client.jobs()


async def test_a_broken_connection_is_tried_again():
    good = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"items":[]}'
    async with answering(b"", good) as url, LearningClient(url) as client:
        assert await client.schedules() == []


async def test_a_newer_facade_may_say_more():
    body = b'{"items":[],"mood":"good"}'
    good = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    async with answering(good) as url, LearningClient(url) as client:
        assert await client.schedules() == []


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "ftp://x", "http://", "http://u:p@x", "http://x:y", "http://x/?token=1"]
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(InvalidInput):
        LearningClient(url)
