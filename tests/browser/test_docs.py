"""The page at /docs in a browser: it draws the document and asks nobody but the server, within its policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from api_server import serving, without_prefect
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.smoke, pytest.mark.timeout(120)]

DIST = Path(__file__).parents[2] / "ui" / "dist"


def test_docs_are_drawn_from_the_server_alone_and_a_question_can_be_tried(chromium, tmp_path):
    context = chromium.new_context()
    page = context.new_page()
    asked, faults = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on(
        "console",
        lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    with without_prefect(), serving(tmp_path, ui=DIST) as served:
        page.goto(f"{served.url}/docs")
        expect(page.get_by_role("heading", name="learning-pipeline")).to_be_visible()
        page.get_by_role("button", name="GET /health/live", exact=False).first.click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        expect(page.get_by_text("Request duration").first).to_be_visible()
        assert all(url.startswith((served.url, "data:", "blob:")) for url in asked), asked
        assert faults == []
    context.close()
