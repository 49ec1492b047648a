"""What all client calls share: the connection, paging and parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from flows.errors import InvalidInput
from flows.knowledge.limits import MAX_PAGE
from service.client.http import Connection

T = TypeVar("T", bound=BaseModel)
JobId = UUID | str


class Calls:
    """Base of the client's calls: one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def _page(
        self, type_: type[T], path: str, given: dict[str, Any], *, cursor: str | None = None, limit: int
    ) -> T:
        params = given_of({**given, "cursor": cursor, "limit": min(MAX_PAGE, limit)})
        return await self._connection.ask(type_, "GET", path, params=params)


def given_of(values: dict[str, Any]) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def list_of(values: Iterable[str] | None, field: str) -> list[str] | None:
    """Texts as a list; None stays None. Raises InvalidInput for a single text, which would be its letters."""
    if isinstance(values, str):
        raise InvalidInput(field, "is one text, not a list", f"Use [{values!r}].", code="list_type")
    return None if values is None else list(values)


def id_of(value: UUID | str, field: str = "job_id") -> str:
    """An id as text. Raises InvalidInput."""
    try:
        return str(value if isinstance(value, UUID) else UUID(value))
    except ValueError:
        raise InvalidInput(
            field, f"{value!r} is not an id", "Use an id from `jobs()` or `schedules()`."
        ) from None
