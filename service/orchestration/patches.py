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
from typing import Any

BEGIN_TRANSACTION = (
    "(self, session: 'AsyncSession', with_for_update: 'bool' = False) ->"
    " 'AsyncGenerator[AsyncSessionTransaction, None]'"
)


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

PATCHES = (WRITE_ONE_AT_A_TIME,)


def put_in_force(patch: Patch) -> bool:
    """Apply the patch in this process. False, without changes, if it does not fit the installed Prefect."""
    if not patch.fits():
        return False
    patch.apply()
    return True
