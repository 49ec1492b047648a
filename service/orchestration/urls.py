"""URLs of Prefect: of its API, and of runs in its UI."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import UUID

_PAGES = (
    "dashboard|runs|flow-runs|task-runs|flow-run|task-run|flows|flow|deployments|deployment|work-pools"
    "|work-pool|work-queues|blocks|variables|automations|events|event-feed|concurrency-limits|artifacts"
    "|notifications|settings|login|docs|redoc|openapi[.]json|health|ready|version|hello|admin|v2"
)
_PAGE = re.compile(rf"(?<![:/])/(?:{_PAGES})(?=[/?#]|$).*")
"""The path of a page of Prefect's UI, or one of its API's."""
_SCHEME = re.compile(r"(https?)(?::/*|/{2,})|[a-z][a-z0-9+.-]*://", re.IGNORECASE)
"""A scheme, also one that is mistyped or another one."""
_CLOUD_PAGE = re.compile(r"https?://app\.prefect\.cloud/account/([^/?#]+)/workspace/([^/?#]+)", re.IGNORECASE)
_WORKSPACE = "https://api.prefect.cloud/api/accounts/{}/workspaces/{}"
_NO_URL = "Not a valid URL. Check the host, the IPv6 brackets and the port (at most 65535)."


def run_page(api_url: str, job_id: UUID) -> str:
    """The URL of a run's page in the Prefect UI of an API URL, without credentials."""
    return f"{run_pages(api_url)}{job_id}"


def run_pages(api_url: str, ui_url: str | None = None) -> str:
    """The URL prefix of run pages, in the Prefect UI given or in the one that belongs to an API URL."""
    if ui_url:
        return f"{without_credentials(ui_url).rstrip('/')}/runs/flow-run/"
    cloud = re.match(r"https://api\.prefect\.cloud/api/accounts/([^/]+)/workspaces/([^/]+)", api_url)
    if cloud:
        return f"https://app.prefect.cloud/account/{cloud[1]}/workspace/{cloud[2]}/runs/flow-run/"
    return f"{without_credentials(api_url).rstrip('/').removesuffix('/api')}/runs/flow-run/"


def api_advice(url: str) -> str:
    """What is wrong with the form of Prefect's API URL, as one sentence; empty if nothing is."""
    whole = _with_scheme(url.strip())
    try:
        parts = urlsplit(whole)
        if not parts.hostname or parts.port == 0 or re.search(r"\s", whole):
            return _NO_URL
    except ValueError:
        return _NO_URL
    if cloud := _CLOUD_PAGE.match(whole):
        return (
            "That is a page of Prefect Cloud, not its API: try"
            f" PREFECT_API_URL={_WORKSPACE.format(cloud[1], cloud[2])}."
        )
    given = without_credentials(whole).rstrip("/")
    shown = given if given.lower().endswith("/api") else _PAGE.sub("", given).rstrip("/")
    shown = re.sub(r"/api$", "/api", shown, flags=re.IGNORECASE)
    path = urlsplit(shown).path
    is_apis = path.endswith("/api") or "/api/" in path
    made = shown if is_apis else f"{shown}/api"
    if url != whole:
        return f"A URL begins with http:// or https://: try PREFECT_API_URL={made}."
    if is_apis and given == shown:
        return ""
    return f"Prefect's API is at a path that ends in /api: try PREFECT_API_URL={made}."


def _with_scheme(url: str) -> str:
    """A URL with its scheme in the usual form, http by default."""
    scheme = _SCHEME.match(url)
    kind, rest = (scheme[1] or "http", url[scheme.end() :]) if scheme else ("http", url)
    return f"{kind.lower()}://{rest}"


def without_credentials(url: str) -> str:
    """A URL that is safe to show: scheme, host and path only."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2].partition("?")[0]
    if not parts.netloc:
        return url.rpartition("@")[2].partition("?")[0]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
