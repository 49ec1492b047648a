"""Environments of Prefect's server and clients, and the folders they use."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import certifi

from flows.errors import ConfigurationError
from flows.knowledge import DAY_S
from flows.knowledge.events import ABANDONED
from flows.own_machine import OWN_ADDRESS, exempt_own_machine
from flows.running_server import AUTH, URL, prefect_database, prefect_folder
from flows.settings import Settings
from service.stack.password import variables_for
from service.stack.private_files import FILE_MODE, keep_private, make_folder, open_private

HEARTBEAT_S = 30
BULK_EVENTS = (
    *(f"prefect.task-run.{state}" for state in ("Pending", "Running", "Completed", ABANDONED)),
    *(f"learning.{kind}" for kind in ("job.progress", "words.learned", "word.rejected", "round.proposed")),
    "prefect.artifact.created",
    "prefect.artifact.updated",
    "prefect.artifact-collection.created",
    "prefect.artifact-collection.updated",
    "prefect.flow-run.heartbeat",
)
"""Nine tenths of Prefect's events.

They are relayed when they happen; what they say stays in its task runs and artifacts, and in our rows and
logs.
"""
BULK_EVENTS_S = 3600
"""How long they are kept. A subscriber that comes back asks for a quarter of an hour at most."""

Logged = Literal["worker", "server", "prefect-server", "jobs", "learn run"]
STACK_PARTS: tuple[Logged, ...] = ("worker", "prefect-server", "server")
_LOGS: dict[Logged, str] = {
    "worker": "worker.log",
    "server": "server.log",
    "prefect-server": "prefect-server.log",
    "jobs": "jobs.log",
    "learn run": "learn-run.log",
}


def prefect_home(settings: Settings) -> Path:
    """The folder of the embedded Prefect's database and locks."""
    return prefect_folder(settings.home)


def logs_folder(settings: Settings) -> Path:
    """The folder of all logs of the stack."""
    return settings.home / "logs"


def log_file(settings: Settings, part: Logged) -> Path:
    """The log of one part of the stack, of all jobs, or of `learn run`."""
    return logs_folder(settings) / _LOGS[part]


def prepare_home(settings: Settings) -> None:
    """Create the folders, for their owner only.

    Raises ConfigurationError if the home folder is not writable, another user's, or shared by all.
    """
    try:
        make_folder(settings.home)
        keep_private(settings.home)
        for folder in (prefect_home(settings), logs_folder(settings)):
            make_folder(folder)
            # several processes may try at once, each with its own file
            with tempfile.TemporaryFile(dir=folder):
                pass
    except OSError as error:
        raise ConfigurationError(
            f"Can't write to the home folder {settings.home} ({error.strerror or error}). Set LEARN_HOME"
            " to another folder."
        ) from error


def open_log(path: Path, *, at_most_bytes: int = 5_000_000) -> int:
    """Open a log for appending, after rotating it if it is too long. Returns a file descriptor."""
    set_aside(path, at_most_bytes=at_most_bytes)
    return open_private(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def set_aside(log: Path, *, at_most_bytes: int = 5_000_000) -> None:
    """Rotate a log that is too long; only one old log is kept."""
    # several processes may do this at once
    with suppress(FileNotFoundError):
        if log.stat().st_size > at_most_bytes:
            log.replace(log.with_suffix(".log.1"))


def last_line(path: Path, begin: int) -> str:
    """The last line written after this position; empty if there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(begin)
        lines = log.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""


def named_api() -> str | None:
    """The Prefect server that PREFECT_API_URL names; None if the embedded one is to be used."""
    return os.environ.get(URL) or None


def named_credentials() -> str | None:
    """The user and password that the environment names for it."""
    return os.environ.get(AUTH) or None


def server_environment(settings: Settings, port: int | None = None) -> dict[str, str]:
    """The environment of the embedded Prefect server. See the README, "Why it is like this", for
    measurements.
    """
    port = port or settings.prefect_port
    home = prefect_home(settings)
    services = "PREFECT_SERVER_SERVICES_"
    return {
        "PREFECT_HOME": str(home),
        URL: api_url(port),
        "PREFECT_SERVER_API_HOST": OWN_ADDRESS,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": _database_url(prefect_database(settings.home)),
        # writing one row at a time costs 67 ms of CPU per task run and minutes of delay; below 1 s the
        # interval becomes 0, a busy loop
        f"{services}TASK_RUN_RECORDER_BATCH_SIZE": "100",
        f"{services}TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
        f"{services}TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
        f"{services}EVENT_PERSISTER_BATCH_SIZE": "100",
        f"{services}EVENT_PERSISTER_READ_BATCH_SIZE": "100",
        f"{services}EVENT_PERSISTER_FLUSH_INTERVAL": "1",
        f"{services}DB_VACUUM_ENABLED": "events,flow_runs" if settings.keep_jobs_days else "events",
        f"{services}DB_VACUUM_RETENTION_PERIOD": str((settings.keep_jobs_days or 90) * int(DAY_S)),
        f"{services}DB_VACUUM_LOOP_SECONDS": "900",
        f"{services}DB_VACUUM_EVENT_RETENTION_OVERRIDES": json.dumps(
            dict.fromkeys(BULK_EVENTS, BULK_EVENTS_S)
        ),
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P7D",
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "10",
        # in memory, a restart of the server would forget who holds a deployment's slots: they would stay
        # taken, and runs that lost their lease would end
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://{OWN_ADDRESS}:{port},http://localhost:{port}",
        "PREFECT_SERVER_UI_ENABLED": "true",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_S),
        **_SILENT,
    }


def _database_url(file: Path) -> str:
    """SQLAlchemy's URL of a SQLite file, whatever characters its path contains."""
    from sqlalchemy.engine import URL, make_url

    url = URL.create("sqlite+aiosqlite", database=str(file)).render_as_string()
    # SQLAlchemy 2.0 does not quote; the server runs in the folder of the file
    return url if make_url(url).database == str(file) else f"sqlite+aiosqlite:///{file.name}"


def client_environment(settings: Settings, url: str) -> dict[str, str]:
    """The environment of every process that talks to the Prefect at `url`, or to one whose URL is not known
    yet. Set it before importing `prefect`.

    Variables that are already set win, except the URL, and the password where it is our own server's.
    """
    proxies = dict(os.environ)
    exempt_own_machine(proxies, url=url)
    wishes = {
        "PREFECT_CLIENT_MAX_RETRIES": "8",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_S),
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        # otherwise each of a job's thousands of stages logs that it completed; warnings remain
        "PREFECT_LOGGING_LOGGERS_PREFECT_TASK_RUNS_LEVEL": "WARNING",
        **_SILENT,
    }
    if named_api() is None:
        wishes["PREFECT_HOME"] = str(prefect_home(settings))
    if url.startswith("http://"):
        wishes |= _few_certificates(settings)
    fixed = variables_for(settings.home, url, os.environ) | {
        **({URL: url} if url else {}),
        "NO_PROXY": proxies["NO_PROXY"],
        "no_proxy": proxies["no_proxy"],
    }
    return {name: value for name, value in wishes.items() if not os.environ.get(name)} | fixed


def _few_certificates(settings: Settings) -> dict[str, str]:
    """Give Prefect's clients one certificate instead of all. A run creates a dozen clients, each of which
    takes 14 ms to read them all, and http needs none.
    """
    file = prefect_home(settings) / "certificate.pem"
    try:
        if not file.exists():
            end = "-----END CERTIFICATE-----\n"
            first = Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end
            make_folder(file.parent)
            written = file.with_name(f"{file.name}-{os.getpid()}")
            written.touch(FILE_MODE)
            written.write_text(first, encoding="utf-8")
            written.replace(file)
    except OSError:
        return {}
    return {"PREFECT_API_SSL_CERT_FILE": str(file)}


@contextmanager
def adopted(environment: Mapping[str, str]) -> Generator[None]:
    """Apply the environment to this process for the length of the block, even if `prefect` is already
    imported.
    """
    before = {name: os.environ.get(name) for name in environment}
    was_imported = "prefect.context" in sys.modules
    adopt(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if was_imported:
            # otherwise Prefect is not in use outside, and would create its folder in the user's home
            _refresh()


def adopt(environment: Mapping[str, str]) -> None:
    """Apply the environment to this process."""
    os.environ.update(environment)
    _refresh()


def _refresh() -> None:
    if "prefect.context" in sys.modules:
        from prefect.context import refresh_global_settings_context

        refresh_global_settings_context()


def api_url(port: int) -> str:
    """The API URL of a Prefect server on this machine."""
    return f"http://{OWN_ADDRESS}:{port}/api"


_SILENT = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
