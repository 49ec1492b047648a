"""What we patch in Prefect because no public API does it.

Each patch has a reason, an upstream issue, a guard and a test.

The process that needs a patch applies it, and only if the patched function looks as it did when the patch was
tested. Otherwise Prefect stays as it is. `learn doctor` reports patches that do not fit.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final

BEGIN_TRANSACTION = (
    "(self, session: 'AsyncSession', with_for_update: 'bool' = False) ->"
    " 'AsyncGenerator[AsyncSessionTransaction, None]'"
)
RENEW_LEASE = (
    "(client: 'SyncPrefectClient', lease_id: uuid.UUID, lease_duration: float, stop_event: threading.Event)"
    " -> bool"
)
RENEWALS_TRIED: Final = 200
"""Up to 10 s apart, so a run's end comes first: no job lasts half an hour."""


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A patch of one function in Prefect."""

    name: str
    reason: str
    issue: str
    without: str
    """What users notice without the patch."""
    fits: Callable[[], bool]
    apply: Callable[[], None]


def _server_database() -> Any:  # noqa: ANN401  a private class of Prefect's server
    from prefect.server.database.configurations import AioSqliteConfiguration

    return AioSqliteConfiguration


def _fits_begin_transaction() -> bool:
    try:
        function = _server_database().begin_transaction
    except (ImportError, AttributeError):
        return False
    return str(inspect.signature(function)) == BEGIN_TRANSACTION


def _write_one_at_a_time() -> None:
    database = _server_database()
    original = database.begin_transaction

    def begin_transaction(
        self: Any,  # noqa: ANN401  private classes of Prefect's server
        session: Any,  # noqa: ANN401  SQLAlchemy's, of any kind
        with_for_update: bool = False,
    ) -> AbstractAsyncContextManager[Any]:
        del with_for_update
        begun: AbstractAsyncContextManager[Any] = original(self, session, with_for_update=True)
        return begun

    database.begin_transaction = begin_transaction


WRITE_ONE_AT_A_TIME = Patch(
    name="write one at a time",
    reason=(
        "Prefect's SQLite transactions begin as readers: of two concurrent writers one fails, and"
        " clients then sleep for 2, 4, 8 s"
    ),
    issue="https://github.com/PrefectHQ/prefect/issues/18934",
    without="Prefect may log `database is locked`, and jobs may take seconds to start under load",
    fits=_fits_begin_transaction,
    apply=_write_one_at_a_time,
)


def _leases() -> Any:  # noqa: ANN401  a private module of Prefect
    from prefect.concurrency import _leases

    return _leases


def _fits_lease_renewal() -> bool:
    try:
        module = _leases()
        # what is patched
        function, tried = (
            module._renew_concurrency_lease_with_retries,  # noqa: SLF001
            module._RENEWAL_MAX_ATTEMPTS,  # noqa: SLF001
        )
    except (ImportError, AttributeError):
        return False
    return isinstance(tried, int) and str(inspect.signature(function)) == RENEW_LEASE


def _renew_until_the_end() -> None:
    _leases()._RENEWAL_MAX_ATTEMPTS = RENEWALS_TRIED  # noqa: SLF001  what is patched


KEEP_THE_SLOT = Patch(
    name="keep the slot",
    reason=(
        "A run that holds a slot of its deployment's limit renews it when it begins and every 225 s; after"
        " three failures within some four seconds Prefect cancels the healthy run"
    ),
    issue="https://github.com/PrefectHQ/prefect/issues/21064",
    without="A job may end as crashed when Prefect's server is away for a few seconds",
    fits=_fits_lease_renewal,
    apply=_renew_until_the_end,
)

PATCHES = (WRITE_ONE_AT_A_TIME, KEEP_THE_SLOT)


def put_in_force(patch: Patch) -> bool:
    """Apply the patch in this process. False, without changes, if it does not fit the installed Prefect."""
    if not patch.fits():
        return False
    patch.apply()
    return True
