"""Datetimes as whole numbers, exact and sortable: microseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """An aware datetime as microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(micros_: int) -> datetime:
    """The datetime in UTC of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros_)
