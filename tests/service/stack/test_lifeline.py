"""A stack after one that was killed: the processes of that one need seconds to end."""

from __future__ import annotations

import asyncio
import socket

import pytest

from flows.errors import ConfigurationError
from flows.settings import Settings
from service.settings import FacadeSettings
from service.stack.environment import prefect_home, prepare_home
from service.stack.lifeline import only_one
from service.stack.processes import facade_port


@pytest.fixture
def settings(tmp_path):
    found = Settings(home=tmp_path / "home")
    prepare_home(found)
    return found


def test_a_stack_knows_whether_the_one_before_it_was_killed(settings):
    with only_one(settings) as first:
        assert not first.has_predecessor
        with pytest.raises(ConfigurationError, match="already running"), only_one(settings):
            pass
    (prefect_home(settings) / "stack-1-1").touch()
    with only_one(settings) as after_a_kill:
        assert after_a_kill.has_predecessor
    with only_one(settings) as after_an_end:
        assert not after_an_end.has_predecessor


@pytest.mark.parametrize(("within_s", "is_found"), [(0.0, False), (30.0, True)])
async def test_the_port_of_a_server_that_is_still_ending_is_waited_for(free_port, within_s, is_found):
    said = []
    with socket.socket() as still_there:
        still_there.bind(("127.0.0.1", free_port))
        still_there.listen()
        looking = asyncio.create_task(
            facade_port(FacadeSettings(host="127.0.0.1", port=free_port), said.append, within_s=within_s)
        )
        await asyncio.sleep(0.3)
        assert looking.done() is not is_found
    assert await looking == (free_port if is_found else None)
    assert ("without the dashboard" in said[-1]) is not is_found
