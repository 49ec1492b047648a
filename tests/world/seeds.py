"""Chance that depends on a world's seed and a word alone, so that the same world has the same pages each
time.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def share(seed: int, *names: object) -> float:
    """A number from 0 to 1, the same for the same names."""
    return zlib.crc32(":".join(map(str, (seed, *names))).encode()) / 0x1_0000_0000


def choice(options: Sequence[T], seed: int, *names: object) -> T:
    return options[int(share(seed, *names) * len(options))]


def chance(seed: int, *names: object) -> random.Random:
    return random.Random(":".join(map(str, (seed, *names))))
