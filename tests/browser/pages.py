"""The dashboard as people use it: by what is written on it."""

from __future__ import annotations

import re
from contextlib import contextmanager

import httpx
from playwright.sync_api import expect

expect.set_options(timeout=20_000)
EXPECTED = (
    "Failed to load resource",
    "WebSocket connection to",
    "The Cross-Origin-Opener-Policy header has been ignored",
)
"""What a browser itself says of answers that are no success, of a server that is gone, and of plain HTTP from
another machine.
"""


class Watched:
    """A page, and what went wrong in it."""

    def __init__(self, page):
        self.page = page
        self.faults = []
        self.requests = []
        page.on("pageerror", lambda error: self.faults.append(f"raised: {error}"))
        page.on("console", self._hear)
        page.on("request", lambda request: self.requests.append(request.url))

    def _hear(self, line):
        if line.type == "error" and not line.text.startswith(EXPECTED):
            self.faults.append(f"console: {line.text}")

    def __getattr__(self, name):
        return getattr(self.page, name)

    @property
    def hash(self):
        return self.page.evaluate("location.hash")

    def at(self, hash_):
        """Go to another place in the same page, as a link does."""
        self.page.evaluate("hash => { location.hash = hash }", hash_)
        return self

    def heading(self, name, **options):
        return self.page.get_by_role("heading", name=name, **options)

    def sees(self, text, **options):
        expect(self.page.get_by_text(text, **options).first).to_be_visible()

    def figure(self, name):
        """The number above a name, such as that of the words learned."""
        text = (
            self.page.locator("dl div", has=self.page.get_by_text(name, exact=True))
            .first.locator("dd")
            .first.inner_text()
        )
        return int(re.sub(r"\D", "", text) or 0)


def status(page, word):
    """Wait until the page's job has a status."""
    expect(page.locator("main header .badge")).to_contain_text(word, timeout=60_000)


def start_big(url, **body):
    answer = httpx.post(f"{url}/jobs/start_big", json=body, timeout=30)
    return answer.raise_for_status().json()["job_id"]


@contextmanager
def big_job(url, **body):
    """A big job that is stopped at the end, whatever happens: two of them at once leave no room for a
    third.
    """
    job_id = start_big(url, minutes=5, **body)
    try:
        yield job_id
    finally:
        httpx.post(f"{url}/jobs/{job_id}/cancel", json={"drain": False}, timeout=30)


def job(url, job_id):
    return httpx.get(f"{url}/jobs/{job_id}", timeout=30).raise_for_status().json()


def events(url, job_id):
    """All of a job's log."""
    found, after = [], None
    while True:
        part = httpx.get(
            f"{url}/jobs/{job_id}/events",
            params={"limit": 200} | ({"after": after} if after else {}),
            timeout=30,
        ).json()
        found += part["items"]
        after = part["cursor"]
        if not part["has_more"]:
            return found
