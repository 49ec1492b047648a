"""Takes the pictures in this folder: every screen in every state, light and dark, narrow and wide.

`python ui/screenshots/take.py FULL EMPTY`: the addresses of a facade whose store is full and whose stack is up, and of one that knows nothing.
What is loading, wrong or cut off is brought about in the browser. Pictures of the whole page, 2,400 pixels high at most.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from playwright.sync_api import Browser, Page, Route, sync_playwright

HERE = Path(__file__).parent
API = re.compile(r"https?://[^/]+/(jobs|knowledge|entries|graph|frontier|schedules)([/?].*)?$")
VIEWS = [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)]
FEW = [("light", 1280), ("dark", 360)]
MOST_HIGH = 2400
PROBLEM = {
    "title": "Service Unavailable",
    "status": 503,
    "detail": "The store does not answer. Look whether another program holds it.",
    "retry_after_s": 5,
}


def ask(url: str, body: object = None) -> Any:  # noqa: ANN401  JSON
    """The facade's answer."""
    request = urllib.request.Request(url, json.dumps(body).encode() if body is not None else None, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  the address is the caller's
        return json.load(answer)


def stay_silent(page: Page) -> None:
    """Leave every question open."""
    page.route(API, lambda _route: None)


def fail(page: Page) -> None:
    """Answer every question with a problem."""

    def answer(route: Route) -> None:
        route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(PROBLEM))

    page.route(API, answer)


def cut(page: Page) -> None:
    """Break every live line."""
    page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close(code=1012))


def no_job(page: Page) -> None:
    """Have no job."""
    page.route(re.compile(r"/jobs\?"), lambda route: route.fulfill(json={"items": [], "cursor": None, "is_complete": True}))


def no_schedule(page: Page) -> None:
    """Have no schedule."""
    page.route(re.compile(r"/schedules$"), lambda route: route.fulfill(json={"items": []}))


def take(
    browser: Browser, name: str, url: str, views: list[tuple[str, int]], prepare: Callable[[Page], None] | None = None, *, wait_s: float = 2.5
) -> None:
    """One screen in some views."""
    for scheme, width in views:
        page = browser.new_page(viewport={"width": width, "height": 900 if width > 500 else 780}, color_scheme=scheme)
        if prepare:
            prepare(page)
        page.goto(url)
        page.wait_for_timeout(wait_s * 1000)
        high = min(MOST_HIGH, page.evaluate("document.documentElement.scrollHeight"))
        if name.startswith("jobs"):
            # only rows that show are drawn
            page.set_viewport_size({"width": width, "height": high})
            page.wait_for_timeout(300)
        page.screenshot(path=HERE / f"{name}-{scheme}-{width}.png", full_page=True, clip={"x": 0, "y": 0, "width": width, "height": high})
        page.close()


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("full")
    parser.add_argument("empty")
    given = parser.parse_args()
    running = ask(f"{given.full}/jobs/start_big", {"minutes": 6})["job_id"]
    time.sleep(20)
    found = (
        entry["word"]
        for q in ("mountain", "garden", "music", "a")
        for entry in ask(f"{given.full}/knowledge?q={q}")["items"]
        if len(entry["related_concepts"]) > 4
    )
    word = next(found)
    places = {"jobs": "#/jobs", "job": f"#/jobs/{running}", "knowledge": "#/knowledge", "entry": f"#/entries/{word}", "schedules": "#/schedules"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--enable-unsafe-swiftshader"])
        for name, place in places.items():
            take(browser, name, f"{given.full}/{place}", VIEWS, wait_s=4)
        for name, place in places.items():
            take(browser, f"{name}-disconnected", f"{given.full}/{place}", FEW, cut, wait_s=8)
        queued = ask(f"{given.full}/jobs/start_big", {"minutes": 1})["job_id"]
        take(browser, "job-empty", f"{given.full}/#/jobs/{queued}", FEW, wait_s=1.5)
        for job in (running, queued):
            # it may have ended by itself
            with suppress(HTTPError):
                ask(f"{given.full}/jobs/{job}/cancel", {"drain": True})
        take(browser, "job-ended", f"{given.full}/#/jobs/{running}?round=1", FEW, wait_s=6)
        for name, place in places.items():
            take(browser, f"{name}-loading", f"{given.full}/{place}", FEW, stay_silent, wait_s=1)
            take(browser, f"{name}-error", f"{given.full}/{place}", FEW, fail, wait_s=1)
        take(browser, "jobs-empty", f"{given.empty}/#/jobs", FEW, no_job)
        take(browser, "knowledge-empty", f"{given.empty}/#/knowledge", FEW)
        take(browser, "entry-empty", f"{given.empty}/#/entries/moss", FEW)
        take(browser, "schedules-empty", f"{given.full}/#/schedules", FEW, no_schedule)
        browser.close()


if __name__ == "__main__":
    main()
