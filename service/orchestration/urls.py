"""URLs of runs in Prefect's UI."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import UUID


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


def without_credentials(url: str) -> str:
    """A URL that is safe to show: scheme, host and path only."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
