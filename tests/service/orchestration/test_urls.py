"""Prefect's URLs: what is wrong with one, and what may be shown of it."""

import pytest

from service.orchestration.urls import api_advice, without_credentials
from service.stack.prefect.health import is_healthy


@pytest.mark.parametrize(
    ("url", "better"),
    [
        ("http://127.0.0.1:4200", "http://127.0.0.1:4200/api"),
        ("http://127.0.0.1:4200/", "http://127.0.0.1:4200/api"),
        ("http://127.0.0.1:4200/runs", "http://127.0.0.1:4200/api"),
        ("http://127.0.0.1:4200/v2/runs/flow-run/5", "http://127.0.0.1:4200/api"),
        ("https://example.org/prefect", "https://example.org/prefect/api"),
        ("https://anna:secret@example.org/", "https://example.org/api"),
        ("localhost:4200", "http://localhost:4200/api"),
        ("localhost:4200/api", "http://localhost:4200/api"),
        ("anna:secret@localhost:4200/api/", "http://localhost:4200/api"),
        ("http:/h:4200/api", "http://h:4200/api"),
        ("http:h:4200/api", "http://h:4200/api"),
        ("https:///h:4200/api", "https://h:4200/api"),
        ("http//h:4200", "http://h:4200/api"),
        ("HTTP://h:4200/api", "http://h:4200/api"),
        (" http://h:4200/api", "http://h:4200/api"),
        ("ftp://h/api", "http://h/api"),
        ("http.example.org:4200", "http://http.example.org:4200/api"),
        ("http://h:4200/API", "http://h:4200/api"),
        ("http://h:4200/docs", "http://h:4200/api"),
        ("http://h:4200/blocks", "http://h:4200/api"),
        ("http://h:4200/variables", "http://h:4200/api"),
        ("http://h:4200/concurrency-limits", "http://h:4200/api"),
        ("http://h:4200/flow-runs/flow-run/5?tab=logs", "http://h:4200/api"),
        ("http://h:4200/api/docs", "http://h:4200/api"),
        ("http://h:4200/api/health", "http://h:4200/api"),
        ("http://h:4200/api/admin/version", "http://h:4200/api"),
        ("https://h/prefect/dashboard", "https://h/prefect/api"),
        ("https://h/documents", "https://h/documents/api"),
    ],
)
def test_a_url_that_is_no_apis_is_told_with_a_better_one(url, better):
    assert api_advice(url).endswith(f"try PREFECT_API_URL={better}.")
    assert "secret" not in api_advice(url) + without_credentials(url)
    assert api_advice(better) == ""


@pytest.mark.parametrize("page", ["", "/dashboard", "/runs/flow-run/5", "/"])
def test_a_page_of_prefect_cloud_leads_to_its_api(page):
    better = "https://api.prefect.cloud/api/accounts/5/workspaces/6"
    told = api_advice(f"https://app.prefect.cloud/account/5/workspace/6{page}")
    assert told.endswith(f"try PREFECT_API_URL={better}.")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4200/api",
        "http://127.0.0.1:4200/api/",
        "https://example.org/prefect/api",
        "https://example.org/docs.example/api",
        "https://example.org/events/api",
        "http://höst:4200/api",
        "http://h:4200/api?x=1",
        "https://api.prefect.cloud/api/accounts/5/workspaces/6",
    ],
)
def test_nothing_is_wrong_with_an_apis_url(url):
    assert api_advice(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:99999/api",
        "http://[::1/api",
        "http://[bad]:1/api",
        "http://127.0.0.1:port/api",
        "http://",
        "http://h h/api",
        "http://user:secret@[::1/api",
    ],
)
async def test_what_is_no_url_is_told_and_breaks_nothing(url):
    assert "Not a valid URL" in api_advice(url)
    assert "secret" not in without_credentials(url)
    assert not await is_healthy(url, timeout_s=1.0)
