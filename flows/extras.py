"""Libraries that a plain installation does not include; each comes with an extra of the package."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Literal

from flows.errors import ExtraMissing

Extra = Literal["firestore", "groq", "wikimedia"]
LIBRARIES: Mapping[Extra, str] = {
    "firestore": "google-cloud-firestore",
    "groq": "groq",
    "wikimedia": "mwparserfromhell",
}


@contextmanager
def needing(extra: Extra, *, asked_by: str, otherwise: str) -> Generator[None]:
    """Import an extra's library inside this context.

    `asked_by` names the setting that requires it, `otherwise` the alternative. Raises ExtraMissing with both
    and the install command if a library is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"flows", "service"}:
            raise  # a bug of ours
        raise ExtraMissing(
            f"{asked_by}: {LIBRARIES[extra]} is not installed. Run: pip install 'learning-pipeline[{extra}]'."
            f" {otherwise}"
        ) from error
