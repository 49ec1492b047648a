"""Takes the pictures in this folder: every screen in every state, light and dark, narrow and wide.

`.venv/bin/python ui/screenshots/take.py`, or with `--to FOLDER`; some twelve minutes. It starts what it needs
in a home of its own and stops it again: a stack that learns from the lexicon, one with a key of Groq's
stand-in (tests/world), and a facade that asks for its token. Jobs fail because their process is killed or
their key refused. What loads, what cannot be read and what is cut off is brought about in the browser.
Pictures show the whole page, 2,400 pixels of it at most, or what is on the screen where that says more.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.error import HTTPError
from urllib.parse import quote

from playwright.sync_api import Browser, Page, Route, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path += [str(ROOT), *(str(ROOT / "tests" / folder) for folder in ("acceptance", "service"))]

from house import House, wait_for  # noqa: E402
from own_facade import OwnFacade  # noqa: E402

from tests.world.faults import Fault  # noqa: E402
from tests.world.running import in_process  # noqa: E402
from tests.world.state import Settings  # noqa: E402

View = tuple[Literal["light", "dark"], int]
Hook = Callable[[Page], None]
API = re.compile(r"https?://[^/]+/(jobs|knowledge|entries|graph|frontier|schedules)([/?].*)?$")
FEW: list[View] = [("light", 1280), ("dark", 360)]
ALL: list[View] = [*FEW, ("dark", 1280), ("light", 360)]
MOST_HIGH = 2400
PROBLEM = {
    "title": "Service Unavailable",
    "status": 503,
    "detail": "Can't reach the store. Check whether another process is using it.",
    "retry_after_s": 5,
}
LEXICON = {"LEARN_MODEL": "lexicon", "LEARN_SOURCES": "lexicon"}


def stay_silent(page: Page) -> None:
    """Leave every question open.

    A route that is never answered would do too, and Playwright complains of each when the page closes.
    """
    page.add_init_script(f"""
        const ask = fetch, kept = new RegExp({json.dumps(API.pattern)});
        const isKept = (to) => kept.test(new URL(to, location));
        window.fetch = (to, ...more) => isKept(to) ? new Promise(() => {{}}) : ask(to, ...more);
    """)


def fail(page: Page) -> None:
    """Answer every question with a problem."""

    def answer(route: Route) -> None:
        route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(PROBLEM))

    page.route(API, answer)


def cut(page: Page) -> None:
    """Break every live line."""
    page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close(code=1012))


def no_schedule(page: Page) -> None:
    """Have no schedule."""
    page.route(re.compile(r"/schedules$"), lambda route: route.fulfill(json={"items": []}))


def ask_to_stop(page: Page) -> None:
    """Open the dialog that asks how to stop."""
    page.get_by_role("button", name="Stop", exact=False).first.click()


def fill(**fields: str) -> Hook:
    """Fill in the form for a new job."""

    def go(page: Page) -> None:
        for label, value in fields.items():
            page.get_by_label(label, exact=False).first.fill(value)

    return go


def start_wrongly(page: Page) -> None:
    """Try to start a job that is too long."""
    fill(Topic="music", Minutes="60")(page)
    page.get_by_role("button", name="Start Big Learning Job").click()


def grow_twice(page: Page) -> None:
    """Widen the graph as far as it goes, and look at it."""
    for _ in range(2):
        page.get_by_role("button", name="Expand graph").click()
        page.wait_for_timeout(4_000)
    page.get_by_role("heading", name="Concept graph").scroll_into_view_if_needed()


def refuse_token(page: Page) -> None:
    """Sign in with what is not the token."""
    page.get_by_label("Token").fill("another-token-of-some-length")
    page.get_by_role("button", name="Sign in").click()


@dataclass
class Facade:
    """What can be asked of a facade."""

    url: str

    def ask(self, path: str, body: object = None) -> Any:  # noqa: ANN401  JSON
        """Its answer."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}{path}", data, {"Content-Type": "application/json"})  # noqa: S310  our own address
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


@dataclass
class Album:
    """Where pictures go."""

    browser: Browser
    folder: Path

    def take(
        self,
        name: str,
        url: str,
        views: list[View],
        before: Hook | None = None,
        after: Hook | None = None,
        *,
        wait_s: float = 2.5,
        is_whole: bool = True,
    ) -> None:
        """One screen in some views: `before` prepares the page, `after` uses it."""
        for scheme, width in views:
            page = self.browser.new_page(
                viewport={"width": width, "height": 900 if width > 500 else 780}, color_scheme=scheme
            )
            if before:
                before(page)
            page.goto(url)
            page.wait_for_timeout(wait_s * 1000)
            if after:
                after(page)
                page.wait_for_timeout(2_000)
            high = self._height(page, width) if is_whole else 0
            clip = {"clip": {"x": 0, "y": 0, "width": width, "height": high}} if is_whole else {}
            page.screenshot(path=self.folder / f"{name}-{scheme}-{width}.png", full_page=is_whole, **clip)  # type: ignore[arg-type]
            page.close()

    def _height(self, page: Page, width: int) -> int:
        """As high as the page is, with all the rows on it drawn: only those that show are."""
        high = min(MOST_HIGH, int(page.evaluate("document.documentElement.scrollHeight")))
        page.set_viewport_size({"width": width, "height": high})
        page.wait_for_timeout(500)
        return high


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
    queued = facade.big(minutes=1)
    album.take("job-empty", f"{facade.url}/#/jobs/{queued}", FEW, wait_s=1.5)
    facade.stop(queued)


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
    album.take("frontier", f"{facade.url}/#/knowledge?show=frontier", FEW)
    album.take("start", f"{facade.url}/#/jobs", FEW, after=fill(Topic="music", Minutes="5"), is_whole=False)
    album.take("start-wrong", f"{facade.url}/#/jobs", FEW, after=start_wrongly, is_whole=False)
    album.take("entry-graph", f"{facade.url}/#/entries/{most_connected(facade)}", FEW, after=grow_twice)
    nightly = facade.ask("/schedules")["items"][0]["id"]
    facade.ask(f"/schedules/{nightly}/resume", {})
    album.take("schedules-active", f"{facade.url}/#/schedules", FEW, wait_s=12)
    facade.ask(f"/schedules/{nightly}/pause", {})


def most_connected(facade: Facade) -> str:
    """Of some words the one with most around it."""
    words = [entry["word"] for entry in facade.ask("/knowledge?limit=60")["items"]]
    return str(
        max(words, key=lambda word: len(facade.ask(f"/graph/{quote(word)}?depth=3&limit=500")["nodes"]))
    )


def rich_entry(facade: Facade) -> str:
    """A word of which much is told."""
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
    parser.add_argument("--to", type=Path, default=HERE, help="the folder that the pictures go to")
    folder: Path = parser.parse_args().to
    folder.mkdir(parents=True, exist_ok=True)
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
