"""Which variables each process of the stack is given: keys and tokens only where they are used."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from flows.own_machine import PROXIES
from flows.settings import Settings

LIFELINE = "LEARN_LIFELINE"
"""Names the file that a stack keeps locked while it lives."""
LEASE = "LEARN_LEASE"
"""Names the file on which everyone who needs the embedded Prefect server holds a shared lock."""
JOB_LOG = "LEARN_JOB_LOG"
"""Names the file to which runs log."""
_PLAIN = frozenset(
    {
        "HOME", "LANG", "LANGUAGE", "LOGNAME", "NO_PROXY", "PATH", "SHELL", "TEMP", "TERM", "TMP", "TMPDIR",
        "TZ", "TZDIR", "USER", "VIRTUAL_ENV", "no_proxy",
    }
)  # fmt: skip
"""What programs of any kind need."""
_PLAIN_FAMILIES = ("LC_", "LD_", "DYLD_", "PYTHON", "SSL_CERT_", "XDG_", "OTEL_", "COVERAGE_", "COV_CORE_")
_FACADE_ONLY = frozenset({"LEARN_API_TOKEN"})
_GOOGLE = ("GOOGLE_", "FIRESTORE_", "CLOUDSDK_", "GCLOUD_", "GRPC_")
_PREFECT_SERVER_OWN = ("PREFECT_LOGGING_",)


def named_file(variable: str) -> Path | None:
    """The file that the stack names to this process; None outside of a stack."""
    name = os.environ.get(variable)
    return Path(name) if name else None


def of_prefect_server(environ: Mapping[str, str]) -> dict[str, str]:
    """For Prefect's server: where its home is and how it logs. It calls nobody, so no key and no proxy."""
    return {
        name: value
        for name, value in environ.items()
        if _is_plain(name)
        or name.startswith(_PREFECT_SERVER_OWN)
        or name in {"LEARN_HOME", "LEARN_PREFECT_PORT"}
    }


def of_facade(environ: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """For our server: its own token, Prefect's, and the store's credentials, but no provider's key.

    It never calls a model; that one writes is all it needs to know for estimates.
    """
    families: tuple[str, ...] = ("LEARN_", "PREFECT_")
    if settings.store.startswith("firestore:"):
        families += _GOOGLE
    given = {
        name: value
        for name, value in environ.items()
        if _is_plain(name) or name.startswith(families) or name.lower() in PROXIES
    }
    # what `auto` means depends on a key
    return given | {"LEARN_MODEL": "groq" if settings.writes_with_groq else "lexicon"}


def of_worker(environ: Mapping[str, str]) -> dict[str, str]:
    """For the worker and its runs, which use the providers' keys: all but our server's token."""
    return {name: value for name, value in environ.items() if name not in _FACADE_ONLY}


def _is_plain(name: str) -> bool:
    return name in _PLAIN or name.startswith(_PLAIN_FAMILIES)
