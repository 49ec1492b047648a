"""What the server says of itself: its version, and the page at /docs, which needs no other server."""

from __future__ import annotations

from importlib.metadata import version

import pytest


@pytest.fixture
def ui(tmp_path):
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "docs.html").write_text("<!doctype html><title>docs</title>")
    return folder


def test_document_says_the_version_of_the_package(serve):
    assert serve().get("/openapi.json").json()["info"]["version"] == version("learning-pipeline")


def test_page_is_served_with_a_policy_that_lets_in_nothing_from_elsewhere(serve, ui):
    page = serve(ui=ui).get("/docs")
    assert page.text == "<!doctype html><title>docs</title>"
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy


def test_page_needs_the_token_where_there_is_one(serve, ui):
    served = serve(ui=ui, token="a-token-of-sixteen-or-more")  # noqa: S106
    assert served.get("/docs").status_code == 200
    assert served.get("/docs", headers={"Authorization": ""}).status_code == 401


def test_page_that_was_not_built_says_how_to_and_where_the_document_is(serve, tmp_path):
    (tmp_path / "nothing").mkdir()
    answer = serve(ui=tmp_path / "nothing").get("/docs")
    assert answer.status_code == 404
    assert "make ui" in answer.json()["detail"]
    assert "/openapi.json" in answer.json()["detail"]
