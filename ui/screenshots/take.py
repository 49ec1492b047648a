"""Takes pictures: every screen in every state, light and dark, narrow and wide.

`.venv/bin/python ui/screenshots/take.py`, or with `--to FOLDER`; some twelve minutes. It starts what it needs
in a home of its own and stops it again: a stack that learns from the lexicon, one with a key of Groq's
stand-in (tests/world), and a server that asks for its token. Jobs fail because their process is killed or
their key is wrong. The browser itself plays what loads, what cannot be read and what is cut off.
Pictures show the whole page, 2,400 pixels of it at most, or what is on the screen where that says more.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from album import (
    ALL,
    FEW,
    Album,
    ask_to_stop,
    ask_to_stop_all,
    cut,
    fail,
    fill,
    grow_twice,
    no_schedule,
    refuse_token,
    start_wrongly,
    stay_silent,
)
from playwright.sync_api import sync_playwright
from servers import Facade, a_free_port, serving

# found by servers, which makes the tests' folders known
from house import House  # isort: skip
from own_facade import OwnFacade  # isort: skip

from tests import guardian
from tests.world.faults import Fault
from tests.world.running import in_process
from tests.world.state import Settings

TAKEN = Path(__file__).resolve().parent / "taken"
LEXICON = {"LEARN_MODEL": "lexicon", "LEARN_SOURCES": "lexicon"}


def nothing(album: Album, facade: Facade) -> None:
    """A store that knows nothing."""
    album.take("jobs-empty", f"{facade.url}/#/jobs", FEW)
    album.take("knowledge-empty", f"{facade.url}/#/knowledge", FEW)
    album.take("entry-empty", f"{facade.url}/#/entries/moss", FEW)
    album.take("schedules-empty", f"{facade.url}/#/schedules", FEW, no_schedule)


def earlier(facade: Facade, house: House) -> str:
    """Jobs that are over, and the id of the one whose process was killed."""
    done = [
        facade.big(topic="astronomy", minutes=0.3),
        facade.on("quick", "photosynthesis", "osmosis", "tide"),
    ]
    for job in done:
        facade.wait(job, status="completed")
    facade.wait(facade.on("deep", "tide"), status="completed")
    killed = facade.big(minutes=1)
    facade.learn(killed, 300)
    os.kill(house.pids("service.engine", killed)[0], signal.SIGKILL)
    facade.wait(killed, status="failed")
    return killed


def at_work(album: Album, facade: Facade, places: dict[str, str], running: str) -> None:
    """A stack that works: what shows, what is cut off, and how a job is stopped."""
    for name, place in places.items():
        album.take(name, f"{facade.url}/{place}", ALL, wait_s=4)
    album.take("job-stop", f"{facade.url}/#/jobs/{running}", FEW, after=ask_to_stop, wait_s=4, is_whole=False)
    for name, place in places.items():
        album.take(f"{name}-disconnected", f"{facade.url}/{place}", FEW, cut, wait_s=8)
    queued = [facade.big(topic=topic, minutes=1) for topic in ("music", "birds", "ships", "law")]
    album.take("job-empty", f"{facade.url}/#/jobs/{queued[-1]}", FEW, wait_s=1.5)
    album.take("jobs-queue", f"{facade.url}/#/jobs", FEW, wait_s=4)
    album.take("jobs-stop-queued", f"{facade.url}/#/jobs", FEW, after=ask_to_stop_all, is_whole=False)
    for job in reversed(queued):
        facade.stop(job)


def again(album: Album, facade: Facade, killed: str) -> None:
    """A job that failed, and how it goes on when it is run again."""
    album.take("job-failed", f"{facade.url}/#/jobs/{killed}", FEW, wait_s=4)
    album.take("jobs-failed", f"{facade.url}/#/jobs?status=failed", FEW, wait_s=4)
    words = facade.job(killed)["counts"]["stored"]
    facade.ask(f"/jobs/{killed}/retry", {})
    facade.learn(killed, words + 200)
    album.take("job-retried", f"{facade.url}/#/jobs/{killed}", FEW, wait_s=4)
    facade.stop(killed)


def at_rest(album: Album, facade: Facade, places: dict[str, str]) -> None:
    """What is the same whether or not a job runs."""
    for name, place in places.items():
        album.take(f"{name}-loading", f"{facade.url}/{place}", FEW, stay_silent, wait_s=1)
        album.take(f"{name}-error", f"{facade.url}/{place}", FEW, fail, wait_s=1)
    nothing = facade.on("quick", "osmosis", "blorptang", "tides")
    facade.wait(nothing, status="completed")
    album.take("job-nothing", f"{facade.url}/#/jobs/{nothing}", FEW)
    album.take("start-edit", f"{facade.url}/#/jobs?edit={nothing}", FEW, is_whole=False)
    album.take("frontier", f"{facade.url}/#/knowledge?show=frontier", FEW)
    album.take("start", f"{facade.url}/#/jobs", FEW, after=fill(Topic="music", Minutes="5"), is_whole=False)
    album.take("start-wrong", f"{facade.url}/#/jobs", FEW, after=start_wrongly, is_whole=False)
    album.take("entry-graph", f"{facade.url}/#/entries/{most_connected(facade)}", FEW, after=grow_twice)
    nightly = facade.ask("/schedules")["items"][0]["id"]
    facade.ask(f"/schedules/{nightly}/resume", {})
    album.take("schedules-active", f"{facade.url}/#/schedules", FEW, wait_s=12)
    facade.ask(f"/schedules/{nightly}/pause", {})


def most_connected(facade: Facade) -> str:
    """The word with the most around it, among some."""
    words = [entry["word"] for entry in facade.ask("/knowledge?limit=60")["items"]]
    return str(
        max(words, key=lambda word: len(facade.ask(f"/graph/{quote(word)}?depth=3&limit=500")["nodes"]))
    )


def rich_entry(facade: Facade) -> str:
    """A word whose entry names many concepts."""
    found = (
        entry
        for q in ("mountain", "garden", "music", "a")
        for entry in facade.ask(f"/knowledge?q={q}")["items"]
    )
    return str(next(entry["word"] for entry in found if len(entry["related_concepts"]) > 4))


def guarded(album: Album, house: House) -> None:
    """A facade that asks for its token."""
    port, store = a_free_port(), f"sqlite:///{house.store.path}"
    facade: Any = OwnFacade(
        house.home,
        port,
        store,
        PREFECT_API_URL=house.api,
        PREFECT_API_AUTH_STRING=house.auth_string,
        LEARN_API_TOKEN="a-token-of-sixteen-or-more",  # noqa: S106
    )  # type: ignore[no-untyped-call]
    facade.start()
    try:
        album.take("sign-in", facade.url, FEW)
        album.take("sign-in-refused", facade.url, FEW, after=refuse_token)
    finally:
        facade.stop(signal.SIGTERM)


def from_lexicon(album: Album, house: House) -> None:
    """All that needs no key."""
    with serving(house, LEXICON) as facade:
        nothing(album, facade)
        killed = earlier(facade, house)
        running = facade.big(minutes=8)
        facade.learn(running, 1_000)
        entry = f"#/entries/{rich_entry(facade)}"
        places = {
            "jobs": "#/jobs",
            "job": f"#/jobs/{running}",
            "knowledge": "#/knowledge",
            "entry": entry,
            "schedules": "#/schedules",
        }
        at_work(album, facade, places, running)
        again(album, facade, killed)
        facade.stop(running)
        album.take("job-ended", f"{facade.url}/#/jobs/{running}?round=1", FEW, wait_s=6)
        at_rest(album, facade, places)
        guarded(album, house)


def from_groq(album: Album, house: House) -> None:
    """What a key brings: money, tokens, quota, and a key that is refused."""
    with in_process(Settings(plan="free", latency=1.0)) as world, serving(house, world.environment) as facade:
        album.take(
            "start-groq", f"{facade.url}/#/jobs", FEW, after=fill(Topic="music", Minutes="5"), is_whole=False
        )
        running = facade.big(minutes=6)
        facade.learn(running, 40)
        album.take("job-groq", f"{facade.url}/#/jobs/{running}", FEW, wait_s=6)
        album.take("jobs-groq", f"{facade.url}/#/jobs", FEW, wait_s=6)
        facade.stop(running)
        facade.wait(running, status="completed")
        album.take("job-groq-ended", f"{facade.url}/#/jobs/{running}", FEW)
        world.plan(Fault(kind="unauthorized", route="chat"), Fault(kind="unauthorized", route="models"))
        refused = facade.big(minutes=1)
        facade.wait(refused, status="failed")
        album.take("job-refused", f"{facade.url}/#/jobs/{refused}", FEW)


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--to", type=Path, default=TAKEN, help="the folder that the pictures go to")
    folder: Path = parser.parse_args().to
    folder.mkdir(parents=True, exist_ok=True)
    guardian.begin()
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="learning-pictures-") as temporary,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--enable-unsafe-swiftshader"]
        )
        album = Album(browser, folder)
        for name, take in {"lexicon": from_lexicon, "groq": from_groq}.items():
            house = House(Path(temporary) / name, a_free_port())
            try:
                take(album, house)
            finally:
                house.end()
        browser.close()
    sys.stdout.write(f"Taken in {time.monotonic() - began:.0f} s: {folder}\n")


if __name__ == "__main__":
    main()
