"""A child of the stack and the processes under it."""

import asyncio
import os
import sys

from service.stack import supervisor
from service.stack.supervisor import Child

READY = "import os, sys, time; os.write(int(sys.argv[sys.argv.index('--ready-fd') + 1]), b'ready'); "
RETIRES = READY + "import signal; signal.signal(signal.SIGUSR1, lambda *_: sys.exit()); time.sleep(60)"


async def test_the_number_of_a_group_that_has_ended_is_forgotten(tmp_path, monkeypatch):
    """Another program may get it, and would be killed in its place."""
    monkeypatch.setattr(supervisor, "FORGET_S", 0.05)
    child = Child(
        "child",
        [sys.executable, "-c", RETIRES],
        environment=os.environ,
        log=tmp_path / "log",
        folder=tmp_path,
        say=print,
    )
    await child.start()
    first = child.pid
    watching = asyncio.create_task(child.watch())
    try:
        await child.replace()
        async with asyncio.timeout(20):
            while first in child.groups:
                await asyncio.sleep(0.05)
        assert child.groups == {child.pid}
        assert child.pid != first
    finally:
        watching.cancel()
        await child.stop(within_s=2, hurry=asyncio.Event())
