"""Writes of a commit, each with the version that its document must have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from google.cloud.firestore_v1.types import write as types
from google.protobuf.timestamp_pb2 import Timestamp

from flows.stores.firestore.driver.values import set_fields

_Message = types.Write.pb()
T = TypeVar("T")

Version = Timestamp | None
"""When a document was last changed; None if there is no document."""
ANY = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Replaces a document, changes `only` some of its fields, or deletes it if `fields` is None.

    A field in `only` that `fields` lacks is removed. If `only` is empty, nothing is written and only the
    version is checked. Nothing in the whole commit happens if one document does not have its `version`; None
    means that the document must not exist.
    """

    path: str
    fields: Mapping[str, Any] | None
    version: Any = ANY
    only: Sequence[str] | None = None

    def message(self, root: str) -> Any:  # noqa: ANN401  a generated message
        """The write as Firestore's message."""
        message = _Message()
        name = f"{root}/{self.path}"
        if self.fields is None:
            message.delete = name
        else:
            message.update.name = name
            set_fields(message.update.fields, self.fields)
            if self.only is not None:
                message.update_mask.SetInParent()
                message.update_mask.field_paths.extend(self.only)
        if self.version is None:
            message.current_document.exists = False
        elif self.version is not ANY:
            message.current_document.update_time.CopyFrom(self.version)
        return message


def pieces(items: Iterable[T], count: int) -> Iterator[list[T]]:
    """The items in lists of at most `count`."""
    rest = iter(items)
    while piece := list(islice(rest, count)):
        yield piece
