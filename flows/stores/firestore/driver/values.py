"""Converts our values to Firestore's and back.

Datetimes become timestamps, exact to the microsecond; tuples become lists; UUIDs and enums become strings.
Apart from the order of maps, nothing else is lost. The generated message classes are used directly, since
their `proto-plus` wrappers take ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from google.cloud.firestore_v1.types import document
from google.protobuf.struct_pb2 import NULL_VALUE
from google.protobuf.timestamp_pb2 import Timestamp

from flows.stores.times import micros, moment_of

_Value = document.Value.pb()
_MICROS = 1_000_000


def encode(value: Any) -> Any:  # noqa: ANN401  a value of any of Firestore's types
    """A value as Firestore's message. Raises TypeError for an unsupported type."""
    if value is None:
        return _Value(null_value=NULL_VALUE)
    if isinstance(value, bool):
        return _Value(boolean_value=value)
    if isinstance(value, Enum):
        return encode(value.value)
    if isinstance(value, str):
        return _Value(string_value=value)
    if isinstance(value, int):
        return _Value(integer_value=value)
    if isinstance(value, float):
        return _Value(double_value=value)
    if isinstance(value, datetime):
        return _Value(timestamp_value=stamp(value))
    if isinstance(value, UUID):
        return _Value(string_value=str(value))
    if isinstance(value, Mapping):
        message = _Value()
        message.map_value.SetInParent()
        set_fields(message.map_value.fields, value)
        return message
    if isinstance(value, Iterable):
        message = _Value()
        message.array_value.SetInParent()
        message.array_value.values.extend(encode(item) for item in value)
        return message
    raise TypeError(f"Firestore cannot store a {type(value).__name__}")


# `target` may also be the map of a generated message
def set_fields(target: Any, values: Mapping[str, Any]) -> None:  # noqa: ANN401
    """Put values into the fields of a document or a map."""
    for name, value in values.items():
        target[name].CopyFrom(encode(value))


def decode(value: Any) -> Any:  # noqa: ANN401  a value of any of Firestore's types
    """The value in one of Firestore's messages."""
    kind = value.WhichOneof("value_type")
    if kind == "map_value":
        return decode_fields(value.map_value.fields)
    if kind == "array_value":
        return [decode(item) for item in value.array_value.values]
    if kind == "timestamp_value":
        return moment(value.timestamp_value)
    return None if kind in {None, "null_value"} else getattr(value, kind)


def decode_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values in a document's fields."""
    return {name: decode(value) for name, value in fields.items()}


def stamp(moment: datetime) -> Timestamp:
    """A datetime as Firestore's timestamp."""
    seconds, rest = divmod(micros(moment), _MICROS)
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def moment(stamp: Timestamp) -> datetime:
    """A timestamp as a datetime in UTC, to the microsecond."""
    return moment_of(stamp.seconds * _MICROS + stamp.nanos // 1000)
