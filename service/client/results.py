"""Lists with cursors, and tables for notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from flows.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]

T = TypeVar("T", bound=BaseModel)

SHOWN = 20
LONGEST_CELL = 120
_FIRST = (
    *("word", "part_of_speech", "category", "definition", "depth", "mentioned_by"),
    *("job_id", "name", "mode", "status", "progress", "created_at", "end_reason"),
    *("number", "candidates", "accepted", "verdicts"),
    *("occurred", "kind", "text"),
)


class Results(list[T]):
    """A list. `cursor` continues after its end, and is None if there is no more.

    `is_complete` is False while Prefect does not respond, so jobs may be missing. `is_full_text` says whether
    a search covered the full text or only prefixes.
    """

    def __init__(
        self,
        items: Iterable[T] = (),
        *,
        cursor: str | None = None,
        is_complete: bool = True,
        is_full_text: bool = False,
    ) -> None:
        super().__init__(items)
        self.cursor = cursor
        self.is_complete = is_complete
        self.is_full_text = is_full_text

    def to_pandas(self) -> pd.DataFrame:
        """A data frame: a row per item, a column per field.

        Raises ConfigurationError if pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ConfigurationError("pandas is not installed: pip install pandas") from error
        return pd.DataFrame([item.model_dump(mode="python") for item in self])

    def _repr_html_(self) -> str:
        if not self:
            return "<p>nothing found</p>"
        fields = list(type(self[0]).model_fields)
        shown = [name for name in _FIRST if name in fields]
        head = "".join(f"<th style='text-align:left'>{escape(name)}</th>" for name in shown)
        rows = "".join(
            "<tr>"
            + "".join(f"<td style='text-align:left'>{_cell(getattr(item, name))}</td>" for name in shown)
            + "</tr>"
            for item in self[:SHOWN]
        )
        more = f"<caption>the first {SHOWN} of {len(self):,}</caption>" if len(self) > SHOWN else ""
        return f"<table>{more}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(value: Any) -> str:  # noqa: ANN401  any field
    if value is None:
        return ""
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return escape(text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…")
