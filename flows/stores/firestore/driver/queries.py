"""Queries: conditions, an order, and where to continue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from google.cloud.firestore_v1.types import query as types

from flows.stores.firestore.driver.values import encode

_Structured = types.StructuredQuery.pb()
_FIELD = types.StructuredQuery.FieldFilter.Operator
_OPERATORS = {
    "==": _FIELD.EQUAL,
    ">": _FIELD.GREATER_THAN,
    ">=": _FIELD.GREATER_THAN_OR_EQUAL,
    "<": _FIELD.LESS_THAN,
    "<=": _FIELD.LESS_THAN_OR_EQUAL,
}
_DIRECTIONS = {
    "ASC": types.StructuredQuery.Direction.ASCENDING,
    "DESC": types.StructuredQuery.Direction.DESCENDING,
}

Condition = tuple[str, Literal["==", ">", ">=", "<", "<=", "in"], Any]
Order = tuple[str, Literal["ASC", "DESC"]]

DOCUMENTS_AT_ONCE = 200
"""Documents that one call reads or writes where many are gone through."""
BY_KEY: Sequence[Order] = (("key", "ASC"),)


@dataclass(frozen=True, kw_only=True)
class Query:
    """Documents of one collection under `parent`, a path that is empty at the top; with `is_group`, of all
    collections with that name.

    `after` holds the order values of the last document seen. `fields` are those to fetch; all if empty. Each
    shape of query needs its index in `firestore.indexes.json`; a test compares them.
    """

    collection: str
    parent: str = ""
    is_group: bool = False
    where: Sequence[Condition] = ()
    order: Sequence[Order] = ()
    after: Sequence[Any] = ()
    limit: int | None = None
    fields: Sequence[str] = ()

    def message(self) -> Any:  # noqa: ANN401  a generated message
        """The query as Firestore's message."""
        query = _Structured()
        query.from_.add(collection_id=self.collection, all_descendants=self.is_group)
        if len(self.where) > 1:
            query.where.composite_filter.op = types.StructuredQuery.CompositeFilter.Operator.AND
        for path, operator, value in self.where:
            target = query.where.composite_filter.filters.add() if len(self.where) > 1 else query.where
            target.field_filter.field.field_path = path
            target.field_filter.op = _FIELD.IN if operator == "in" else _OPERATORS[operator]
            target.field_filter.value.CopyFrom(encode(value))
        for path, direction in self.order:
            query.order_by.add(direction=_DIRECTIONS[direction]).field.field_path = path
        if self.after:
            query.start_at.values.extend(encode(value) for value in self.after)
        if self.limit is not None:
            query.limit.value = self.limit
        for path in self.fields:
            query.select.fields.add(field_path=path)
        return query
