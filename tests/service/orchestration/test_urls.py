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
    ],
)
def test_a_url_that_is_no_apis_is_told_with_a_better_one(url, better):
    assert api_advice(url).endswith(f"try PREFECT_API_URL={better}.")
    assert "secret" not in api_advice(url) + without_credentials(url)
    assert api_advice(better) == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4200/api",
        "http://127.0.0.1:4200/api/",
        "https://example.org/prefect/api",
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
        "http://user:secret@[::1/api",
    ],
)
async def test_what_is_no_url_is_told_and_breaks_nothing(url):
    assert "Not a valid URL" in api_advice(url)
    assert "secret" not in without_credentials(url)
    assert not await is_healthy(url, timeout_s=1.0)
