"""Firestore's emulator for a test session: the one of FIRESTORE_EMULATOR_HOST, or the Cloud SDK's, started
here by plain Java.

It is started once, when a test first asks for it, and stopped at the end of the session. Each test works in a
project of its own, which the emulator makes at the first write.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import socket
import subprocess
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from flows.stores.firestore import FirestoreStore, Location

MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
REMEDY = (
    "Firestore's emulator is not here: install Java 17 or later and the Cloud SDK's emulator (gcloud"
    " components install cloud-firestore-emulator, or apt-get install google-cloud-cli-firestore-emulator),"
    " or set FIRESTORE_EMULATOR_HOST=host:port to one that runs"
)


class Emulator:
    """An emulator as a process of its own, that a test can kill and start again on its port; its data are in
    its memory.
    """

    def __init__(self, jar: Path) -> None:
        self._jar = jar
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self._port = int(listener.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._port}"

    def start(self, *, rules: Path | None = None, within_s: float = 60) -> None:
        """Start it and wait until it answers."""
        options = [
            "-Duser.language=en",
            "-Xms32m",
            "-Xmx1g",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            str(self._jar),
        ]
        command = [
            "java",
            *options,
            MAIN_CLASS,
            "--host=127.0.0.1",
            f"--port={self._port}",
            "--project_id=demo-session",
        ]
        command += [f"--rules={rules}"] if rules else []
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + within_s
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"Firestore's emulator does not start: {' '.join(command)}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Kill it: nothing that it holds is kept anyway."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.host}/", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def find_jar() -> Path | None:
    """The emulator in the Cloud SDK, where Java is there too."""
    gcloud = shutil.which("gcloud")
    if not gcloud or not shutil.which("java"):
        return None
    asked = subprocess.run(
        [gcloud, "info", "--format=value(installation.sdk_root)"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    jar = (
        Path(asked.stdout.strip()) / "platform" / "cloud-firestore-emulator" / "cloud-firestore-emulator.jar"
    )
    return jar if asked.returncode == 0 and jar.is_file() else None


def make_emulator() -> Emulator:
    """An emulator of one's own, not started. Skips the test where there is none to be had."""
    jar = _jar()
    if jar is None:
        pytest.skip(REMEDY)
    return Emulator(jar)


@cache
def _jar() -> Path | None:
    return find_jar()


def is_at_hand() -> bool:
    """Whether there is an emulator to be had."""
    return _GIVEN is not None or _jar() is not None


_GIVEN = os.environ.get("TEST_FIRESTORE_EMULATOR_HOST")
_running: list[Emulator] = []


@cache
def session_host() -> str:
    """The emulator of this session as host:port, started and warm.

    Skips the test where there is none to be had.
    """
    host = _GIVEN
    if host is None:
        emulator = make_emulator()
        emulator.start()
        _running.append(emulator)
        atexit.register(stop_session)
        host = emulator.host
    with ThreadPoolExecutor() as elsewhere:  # there may be an event loop at work here
        elsewhere.submit(lambda: asyncio.run(_warm_up(host))).result()
    return host


async def _warm_up(host: str) -> None:
    async with FirestoreStore(a_place(), emulator=host, patience_s=60):
        """Opening a new store writes."""


def stop_session() -> None:
    """End what this session has started."""
    while _running:
        _running.pop().stop()


def a_place() -> Location:
    """A project of one's own."""
    return Location(f"demo-{uuid.uuid4().hex[:20]}")
