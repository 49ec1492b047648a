"""Libraries that a plain installation leaves out: each comes with an extra of the package."""

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
    """Import here what an extra brings.

    `asked_by` names the setting that asks for it, `otherwise` is the way out without it. Raises
    ExtraMissing, with both and the command that installs the extra, where a library is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"flows", "service"}:
            raise  # a fault of ours
        raise ExtraMissing(
            f"{asked_by}: {LIBRARIES[extra]} is not installed. Run: pip install 'learning-pipeline[{extra}]'."
            f" {otherwise}"
        ) from error
