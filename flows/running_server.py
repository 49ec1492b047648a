"""Finds the Prefect server of `learn up` for flows that are called in a script or a notebook."""

from __future__ import annotations

import json
import os

ASK_S = 2.0
"""How long the server may take to answer; it is on this machine."""


def use_running_server() -> str | None:
    """Have this process use the Prefect server of `learn up`, if one is running and no other is configured.

    Returns its API URL, or None if nothing was changed. Call it before a flow is called; `from flows import
    big_learning` does.
    """
    from prefect.settings import get_current_settings

    if get_current_settings().api.url is not None:
        return None
    url = running_server()
    if url is None:
        return None
    os.environ["PREFECT_API_URL"] = url
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()
    return url


def running_server() -> str | None:
    """The API URL of the Prefect server that `learn up` or `learn run` keeps for this LEARN_HOME; None if
    none answers.
    """
    import httpx

    from flows.settings import read_settings

    try:
        port = json.loads((read_settings().home / "prefect" / "server.json").read_text("utf-8"))["port"]
        url = f"http://127.0.0.1:{int(port)}/api"
        # no proxy stands between a program and its own machine
        with httpx.Client(trust_env=False, timeout=ASK_S) as client:
            return url if client.get(f"{url}/health").is_success else None
    except (OSError, ValueError, TypeError, KeyError, httpx.HTTPError):
        return None
