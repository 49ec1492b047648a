"""URLs of Prefect: of its API, and of runs in its UI."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import UUID

_PAGE = re.compile(
    r"(?<![:/])/(?:dashboard|runs|flows|deployments|work-pools|automations|events|settings|v2)\b.*"
)
"""The path of a page of Prefect's UI."""


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
    try:
        _ = urlsplit(url if "://" in url else f"http://{url}").port
    except ValueError:
        return "Not a valid URL. Check the host, the IPv6 brackets and the port (at most 65535)."
    shown = _PAGE.sub("", without_credentials(url if "://" in url else f"http://{url}")).rstrip("/")
    path = urlsplit(shown).path
    if not url.startswith(("http://", "https://")):
        made = shown if "/api" in path else f"{shown}/api"
        return f"A URL begins with http:// or https://: try PREFECT_API_URL={made}."
    if path.endswith("/api") or "/api/" in path:
        return ""
    return f"Prefect's API is at a path that ends in /api: try PREFECT_API_URL={shown}/api."


def without_credentials(url: str) -> str:
    """A URL that is safe to show: scheme, host and path only."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2].partition("?")[0]
    if not parts.netloc:
        return url.rpartition("@")[2].partition("?")[0]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
