from __future__ import annotations

import pytest


@pytest.fixture
def ui(tmp_path):
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>learn</title>" + "<p>moss</p>" * 200)
    (folder / "assets" / "index-B7x_9aQz.js").write_text("console.log(1);" * 200)
    (folder / "assets" / "font-D1f2g3h4.woff2").write_bytes(bytes(range(256)) * 8)
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / ".secret").write_text("hidden")
    (tmp_path / "outside.txt").write_text("outside")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    return folder


def test_page_and_files_are_served_compressed_and_cached_by_name(serve, ui):
    served = serve(ui=ui, token="a-token-of-sixteen-or-more")  # noqa: S106
    served.headers["Authorization"] = ""
    page = served.get("/")
    assert page.text.startswith("<!doctype html>")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert (page.headers["content-encoding"], page.headers["cache-control"]) == ("gzip", "no-cache")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    script = served.get("/static/assets/index-B7x_9aQz.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.text == "console.log(1);" * 200
    assert (
        "content-encoding"
        not in served.get("/static/assets/index-B7x_9aQz.js", headers={"Accept-Encoding": "identity"}).headers
    )
    font = served.get("/static/assets/font-D1f2g3h4.woff2")
    assert font.headers["content-type"] == "font/woff2"
    assert font.content == bytes(range(256)) * 8
    assert served.get("/static/favicon.svg").headers["cache-control"] == "no-cache"


def test_page_that_has_not_changed_is_not_sent_again(serve, ui):
    served = serve(ui=ui)
    etag = served.get("/").headers["etag"]
    assert served.get("/", headers={"If-None-Match": etag}).status_code == 304
    assert served.get("/", headers={"If-None-Match": f'W/{etag}, "x"'}).status_code == 304
    assert served.get("/", headers={"If-None-Match": '"x"'}).status_code == 200


def test_nothing_outside_the_built_files_is_served(serve, ui):
    served = serve(ui=ui)
    for path in (
        ".secret",
        "link.txt",
        "../outside.txt",
        "%2e%2e/outside.txt",
        "..%2foutside.txt",
        "assets/../../outside.txt",
        "/etc/passwd",
        "",
        "%00",
        "assets",
    ):
        answer = served.get(f"/static/{path}")
        assert answer.status_code == 404, path
        assert "outside" not in answer.text.replace("outside.txt", "")


def test_dashboard_that_was_not_built_says_how_to(serve, tmp_path):
    (tmp_path / "nothing").mkdir()
    answer = serve(ui=tmp_path / "nothing").get("/")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "make ui" in answer.json()["detail"]
