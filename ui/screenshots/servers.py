"""What pictures are taken of: a stack in a home of its own, and what can be asked of its server."""

from __future__ import annotations

import json
import signal
import socket
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT), *(str(ROOT / "tests" / folder) for folder in ("acceptance", "service"))]

from house import House, wait_for  # noqa: E402


@dataclass
class Facade:
    """What can be asked of a facade."""

    url: str

    def ask(self, path: str, body: object = None) -> Any:  # noqa: ANN401  JSON
        """Its answer."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(  # noqa: S310  our own address
            f"{self.url}{path}", data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def big(self, **plan: object) -> str:
        """The id of a new big job."""
        return str(self.ask("/jobs/start_big", plan)["job_id"])

    def on(self, mode: str, *words: str) -> str:
        """The id of a new job on these words."""
        return str(self.ask("/jobs/start", {"mode": mode, "words": words})["job_id"])

    def stop(self, job: str) -> None:
        """Let a job finish what is in flight; it may have ended by itself."""
        with suppress(HTTPError):
            self.ask(f"/jobs/{job}/cancel", {"drain": True})

    def job(self, job: str) -> Any:  # noqa: ANN401  JSON
        """The document of a job."""
        return self.ask(f"/jobs/{job}")

    def wait(self, job: str, within_s: float = 90, **wanted: object) -> None:
        """Until a job's document says all that."""
        wait_for(lambda: wanted.items() <= self.job(job).items(), within_s, f"{job} {wanted}")

    def learn(self, job: str, words: int, within_s: float = 90) -> None:
        """Until a job has learned so many words."""
        wait_for(lambda: self.job(job)["counts"]["stored"] >= words, within_s, f"{words} words of {job}")


def a_free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(house: House, environment: dict[str, str]) -> Iterator[Facade]:
    """A stack that is up."""
    port = a_free_port()
    up = house.learn("up", "--plain", store=None, under=(), **environment, LEARN_PORT=str(port))
    up.hear("Serving:", within_s=180)
    yield Facade(f"http://127.0.0.1:{port}")
    up.send(signal.SIGINT)
    up.wait(30)
