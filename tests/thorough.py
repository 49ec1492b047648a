"""How much the tests look at: a part on every run, all of it with TEST_THOROUGH=1, as the weekly run does."""

from __future__ import annotations

import os

IS_THOROUGH = os.environ.get("TEST_THOROUGH") == "1"


def amount(usual: int, *, thorough: int) -> int:
    """How many examples, cases or steps to try."""
    return thorough if IS_THOROUGH else usual
