"""Pictures of a page, and what brings a page into a state: hooks that prepare it, and hooks that use it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, Route

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


def ask_to_stop_all(page: Page) -> None:
    """Open the dialog that asks whether to stop all queued jobs."""
    page.get_by_role("button", name="Stop all queued").click()


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
            page.screenshot(
                path=self.folder / f"{name}-{scheme}-{width}.png",
                full_page=is_whole,
                **clip,  # type: ignore[arg-type]
            )
            page.close()

    def _height(self, page: Page, width: int) -> int:
        """The page's height with all its rows drawn: the dashboard draws only those that show."""
        high = min(MOST_HIGH, int(page.evaluate("document.documentElement.scrollHeight")))
        page.set_viewport_size({"width": width, "height": high})
        page.wait_for_timeout(500)
        return high
