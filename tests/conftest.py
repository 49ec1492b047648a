"""What all tests share: an environment of their own, and one real Prefect server for the whole session."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import guardian

guardian.begin()
if "FIRESTORE_EMULATOR_HOST" in os.environ:  # for tests/flows/stores/emulator.py alone
    os.environ["TEST_FIRESTORE_EMULATOR_HOST"] = os.environ["FIRESTORE_EMULATOR_HOST"]
for name in [
    n
    for n in os.environ
    if n.startswith(("LEARN_", "PREFECT_", "GROQ_", "GOOGLE_", "FIRESTORE_", "WIKIMEDIA_"))
]:
    del os.environ[name]

HOME = Path(tempfile.mkdtemp(prefix="learning-tests-"))
(HOME / "default" / "prefect").mkdir(parents=True)
# before anything imports Prefect, which reads its home then
os.environ |= {
    "LEARN_HOME": str(HOME / "default"),
    "PREFECT_HOME": str(HOME / "default" / "prefect"),
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
}


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


def a_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def free_port():
    return a_free_port()


@pytest.fixture(scope="session")
def prefect_api():
    """Address of a real Prefect server, in force for this process; one for the whole session."""
    from prefect.logging.handlers import APILogHandler

    from flows.settings import Settings
    from service.stack.environment import adopted, client_environment
    from service.stack.prefect_server import ensure_server, stop_if_unused, take_lease

    settings = Settings(home=HOME / "session", prefect_port=a_free_port())
    lease = asyncio.run(take_lease(settings))
    try:
        url = asyncio.run(ensure_server(settings, say=print))
        with adopted(client_environment(settings, url) | {"PREFECT_HOME": str(settings.home / "prefect")}):
            yield url
    finally:
        # what is not sent yet would be complained about after the last line
        APILogHandler().flush()
        lease.close()
        deadline = time.monotonic() + 20
        # a process of the last test may still be giving up its lease
        while not asyncio.run(stop_if_unused(settings, within_s=20)) and time.monotonic() < deadline:
            time.sleep(0.2)
