"""How many tokens to reserve for an answer: what such answers needed, plus a margin that grows with their
variation.

Reserved but unused room still limits how many requests run at once; too little room cuts the answer off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

GAIN = 0.2
DEVIATIONS = 3.0
REASONING = 220
"""Tokens for hidden reasoning, which do not grow with the number of words."""
LEAST_WORDS = 5
"""Answers about fewer words say little about the need per word."""


@dataclass(frozen=True)
class Room:
    """Mean and mean deviation of the answer tokens per word."""

    a_word: float
    deviation: float

    def tokens(self, words: int, factor: float = 1.0) -> int:
        """Tokens to reserve for an answer about this many words."""
        return math.ceil(factor * (REASONING + words * (self.a_word + DEVIATIONS * self.deviation)))

    def seen(self, words: int, tokens: int) -> Room:
        """After a complete answer of this many tokens, reasoning included."""
        if words < LEAST_WORDS:
            return self
        off = tokens / words - self.a_word
        return Room(self.a_word + GAIN * off, self.deviation + GAIN * (abs(off) - self.deviation))

    def fell_short(self) -> Room:
        """After an answer that was cut off."""
        return replace(self, deviation=self.deviation + self.a_word / 10)
