"""The checks of `learn doctor`, one function each. None of them changes anything."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx

from flows.errors import LearningError
from flows.knowledge import Reason, StoreStats
from flows.own_machine import OWN_ADDRESS, is_on_own_machine
from flows.running_server import AUTH
from flows.settings import Settings
from service.cli.doctor.doctor import Check
from service.cli.doctor.jobs import bookkeeping, open_jobs
from service.orchestration.types import POOL
from service.orchestration.urls import api_advice
from service.stack.environment import adopted, api_url, client_environment, named_api, named_credentials
from service.stack.private_files import OTHERS
from service.wording import reason_text, remedy

LITTLE_BYTES, TOO_LITTLE_BYTES = 1_000_000_000, 50_000_000
TIMEOUT_S = 5.0


def configured(settings: Settings) -> Check:
    """The main settings, without secrets."""
    given = sorted(name for name in os.environ if name.startswith("LEARN_"))
    beside = f"; set: {', '.join(given)}" if given else "; all defaults"
    return Check(
        "settings",
        "ok",
        f"model {settings.model}, language {settings.language}, {settings.concurrency} batches at"
        f" once{beside}",
    )


def packages() -> Check:
    """Which versions of Prefect and FastAPI are installed."""
    try:
        finding = f"prefect {version('prefect')}, fastapi {version('fastapi')}"
    except PackageNotFoundError as error:
        return Check("packages", "fail", f"{error.name} is not installed", f"pip install {error.name}")
    return Check("packages", "ok", finding)


def home(settings: Settings) -> Check:
    """Whether the home folder is writable and has space."""
    folder = settings.home
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Check(
            "home",
            "fail",
            f"can't write to {folder} ({error.strerror})",
            "Set LEARN_HOME to another folder.",
        )
    free = shutil.disk_usage(there).free
    finding = f"{folder}, {free / 1e9:,.1f} GB free"
    if free < LITTLE_BYTES:
        return Check(
            "home",
            "fail" if free < TOO_LITTLE_BYTES else "warn",
            finding,
            "Free some space, or set LEARN_HOME to another folder.",
        )
    return Check("home", "ok", finding)


def lexicon() -> Check:
    """Whether the lexicon can be read."""
    try:
        from flows.lexicon.reader import Lexicon

        with Lexicon() as words:
            size = words.path.stat().st_size
            return Check("lexicon", "ok", f"WordNet 3.1, {size / 1e6:,.0f} MB")
    except LearningError as error:
        return Check(
            "lexicon", "fail", str(error), "Run `make setup` in a checkout, or reinstall the package."
        )


async def store(settings: Settings) -> list[Check]:
    """Whether the store opens, what it holds, and jobs in it that have stopped responding."""
    from flows.stores import open_store

    where = _without_secrets(settings.store)
    file = _file_of(settings.store)
    if file is not None and not file.exists():
        return [
            Check(
                "store",
                "ok",
                f"{where}: does not exist yet; the first job creates it",
                "Run `learn run big` to create it.",
            )
        ]
    try:
        async with (
            asyncio.timeout(TIMEOUT_S * 3),
            open_store(settings.store, language=settings.language) as opened,
        ):
            finding = f"{where}: {_totals(await opened.stats())}"
            is_open = file is not None and _is_open_to_others(file)
            if is_open:
                finding += "; other users can open the file and block jobs by locking it"
            return [
                Check("store", "warn" if is_open else "ok", finding, f"chmod go= {file}*" if is_open else ""),
                await open_jobs(opened),
                await bookkeeping(settings, opened),
            ]
    except TimeoutError:
        way_out = "Close other programs that use it, then try again."
        return [Check("store", "fail", f"{where} does not respond", way_out)]
    except LearningError as error:
        return [Check("store", "fail", f"{where}: {error}", "Set LEARN_STORE to a working store.")]


def _file_of(url: str) -> Path | None:
    """A SQLite store's file; None for other stores, and for a URL that opening the store will report as
    invalid.
    """
    if url.startswith("sqlite://"):
        from flows.stores.sqlite import path_of

        with suppress(LearningError):
            return path_of(url.removeprefix("sqlite://"))
    return None


def _is_open_to_others(file: Path) -> bool:
    """Whether other users can open a file, and so read it and lock it."""
    with suppress(OSError):
        return bool(file.stat().st_mode & OTHERS) and all(
            p.stat().st_mode & 0o011 for p in file.resolve().parents
        )
    return False


def _totals(stats: StoreStats) -> str:
    return (
        f"{stats.entries:,} entries, {stats.known:,} known words, {stats.frontier:,} on the frontier,"
        f" {stats.jobs:,} jobs"
    )


async def prefect(settings: Settings) -> list[Check]:
    """Whether a Prefect server responds, its version, and its workers."""
    named = named_api()
    url = named or api_url(settings.prefect_port)
    where = _without_secrets(url)
    try:
        async with httpx.AsyncClient(trust_env=not is_on_own_machine(url), timeout=TIMEOUT_S) as client:
            (await client.get(f"{url.rstrip('/')}/health")).raise_for_status()
            given = client_environment(settings, url).get(AUTH) or named_credentials() or ""
            user, _, password = given.partition(":")
            credentials = httpx.BasicAuth(user, password) if user else None
            answer = await client.get(f"{url.rstrip('/')}/admin/version", auth=credentials)
            server_version = str(answer.json()) if answer.is_success else "unknown"
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        if named:
            return [
                Check(
                    "prefect",
                    "fail",
                    f"can't reach PREFECT_API_URL={where} ({type(error).__name__})",
                    api_advice(named) or "Start that server, or unset PREFECT_API_URL.",
                )
            ]
        if isinstance(error, httpx.TimeoutException):
            return [
                Check(
                    "prefect",
                    "fail",
                    f"no response on port {settings.prefect_port} within {TIMEOUT_S:.0f} s",
                    "If `learn up` runs, restart it; otherwise set LEARN_PREFECT_PORT to another port.",
                )
            ]
        if _is_taken(settings.prefect_port):
            remedy = "Set LEARN_PREFECT_PORT to another port."
            return [Check("prefect", "fail", f"another program uses port {settings.prefect_port}", remedy)]
        return [
            Check(
                "prefect",
                "ok",
                f"not running; commands start it on port {settings.prefect_port}",
                "`learn up` keeps one running.",
            )
        ]
    checks = [Check("prefect", "ok", f"{where}, version {server_version}")]
    if server_version != version("prefect"):
        checks = [
            Check(
                "prefect",
                "warn",
                f"{where}, version {server_version}; version {version('prefect')} is installed here",
                "Use the same version on both sides.",
            )
        ]
    with adopted(client_environment(settings, url)):
        return [*checks, await _pool()]


async def facade() -> Check:
    """Whether the server that client commands use responds and accepts our token."""
    from service.client import LearningClient
    from service.client.http import named_url
    from service.errors import AccessRefused, FacadeUnavailable

    try:
        async with LearningClient(timeout_s=2 * TIMEOUT_S) as client:
            health = await client.health()
            await client.jobs(limit=1)
            kept = "token required" if health.needs_token else "no token required"
            return Check("server", "ok", f"{_without_secrets(client.url)}, {kept}")
    except FacadeUnavailable:
        if (named := named_url()) is not None:
            return Check(
                "server",
                "warn",
                f"can't reach LEARN_URL={_without_secrets(named)}",
                "Start the server there, or correct LEARN_URL.",
            )
        return Check("server", "ok", "not running", "`learn up` starts it; LEARN_URL names one elsewhere.")
    except AccessRefused as error:
        return Check("server", "fail", str(error), "Set LEARN_API_TOKEN to the server's token.")
    except LearningError as error:
        return Check("server", "fail", str(error))


def patches() -> list[Check]:
    """Patches that do not fit the installed Prefect."""
    from service.orchestration.patches import PATCHES

    return [
        Check("patches", "warn", f"patch {patch.name!r} does not fit this Prefect: {patch.without}")
        for patch in PATCHES
        if not patch.fits()
    ]


async def _pool() -> Check:
    from service.orchestration.pools import look_at

    try:
        async with asyncio.timeout(TIMEOUT_S):
            pool = await look_at(POOL)
    except (LearningError, TimeoutError) as error:
        finding = f"can't read the work pool from Prefect ({type(error).__name__})"
        return Check("worker", "fail", finding, "See the Prefect server's log.")
    if pool is None:
        finding = f"work pool {POOL!r} does not exist yet; `learn run` does not need it"
        return Check("worker", "warn", finding, "`learn up` creates it.")
    if pool.is_paused:
        why = Reason(code="pool_paused", params={"pool": POOL})
        return Check("worker", "warn", reason_text(why), remedy(why) or "")
    if not pool.workers:
        why = Reason(code="no_worker", params={"pool": POOL})
        finding = f"{reason_text(why)} `learn run` does not need one."
        return Check("worker", "warn", finding, remedy(why) or "")
    return Check("worker", "ok", f"{', '.join(pool.workers)} in work pool {POOL!r}")


def _is_taken(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((OWN_ADDRESS, port))
        except OSError:
            return True
    return False


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return (
        urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
        if "@" in parts.netloc
        else url
    )
