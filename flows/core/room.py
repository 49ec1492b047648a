"""How many tokens an answer is given: what such answers needed, and more the more they varied.

Room that is set aside and not used still limits how many requests may run at once, and too little breaks the
answer off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

GAIN = 0.2
DEVIATIONS = 3.0
REASONING = 220
"""Tokens for hidden reasoning, which does not grow with the words."""
LEAST_WORDS = 5
"""Answers about fewer words tell little of what a word needs."""


@dataclass(frozen=True)
class Room:
    """Mean and mean deviation of the tokens that a word of an answer needs."""

    a_word: float
    deviation: float

    def tokens(self, words: int, factor: float = 1.0) -> int:
        """Tokens for an answer about so many words."""
        return math.ceil(factor * (REASONING + words * (self.a_word + DEVIATIONS * self.deviation)))

    def seen(self, words: int, tokens: int) -> Room:
        """After a whole answer of so many tokens, reasoning included."""
        if words < LEAST_WORDS:
            return self
        off = tokens / words - self.a_word
        return Room(self.a_word + GAIN * off, self.deviation + GAIN * (abs(off) - self.deviation))

    def fell_short(self) -> Room:
        """After an answer that did not fit."""
        return replace(self, deviation=self.deviation + self.a_word / 10)
