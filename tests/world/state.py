"""Everything that the world is made of, and the settings that it is made with."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field

from flows.lexicon.reader import Lexicon
from tests.world.chat.limits import PLANS, Limiter, Limits
from tests.world.chat.models import MODELS
from tests.world.chat.tokens import PrefixCache
from tests.world.clock import Clock
from tests.world.faults import Fault, Plan
from tests.world.observer import Observer
from tests.world.wikimedia.dictionary import Dictionary
from tests.world.wikimedia.edge import Edge
from tests.world.wikimedia.encyclopaedia import Encyclopaedia
from tests.world.wikimedia.pages import Site
from tests.world.writing.proposing import Proposer, Way, by_category
from tests.world.writing.truth import Library

KEY = "gsk_world"


@dataclass(frozen=True)
class Settings:
    """How a world is. `latency` multiplies every delay: 1 is as real ones are, 0 answers at once.

    `level` is the share of a minute's limits that is there at the start, `day_level` likewise of a day's;
    `limits` replaces the plan's for single models. `cache_block` is the number of tokens in which prefixes
    are cached, 0 for no cache.
    """

    plan: str = "free"
    limits: dict[str, Limits] = field(default_factory=dict)
    level: float = 1.0
    day_level: float = 1.0
    latency: float = 0.0
    seed: int = 0
    key: str = KEY
    models: tuple[str, ...] = tuple(MODELS)
    cache_block: int = 128
    proposing: Way = "lexicon"
    obedience: float = 0.7
    faults: tuple[Fault, ...] = ()
    page_share: float = 0.8
    dictionary_share: float = 0.92
    wikimedia_per_minute: int = 200
    wikimedia_at_once: int = 3


class World:
    """One world. Lives in one event loop; whoever makes it closes it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.seed, self.key, self.latency = settings.seed, settings.key, settings.latency
        self.models = frozenset(settings.models)
        self.clock = Clock()
        self.lexicon = Lexicon()
        self.library = Library(self.lexicon)
        self.proposer = Proposer(self.lexicon, settings.seed, settings.proposing, settings.obedience)
        # Now rather than at the first request, which it would hold up.
        by_category(self.lexicon)
        self.cache = PrefixCache(self.clock, block_tokens=settings.cache_block)
        self.edge = Edge(
            self.clock, per_minute=settings.wikimedia_per_minute, at_once=settings.wikimedia_at_once
        )
        self.wikis: dict[str, Site] = {
            "wikipedia": Encyclopaedia(self.lexicon, seed=settings.seed, page_share=settings.page_share),
            "wiktionary": Dictionary(self.lexicon, seed=settings.seed, page_share=settings.dictionary_share),
        }
        self.observer = Observer()
        self.plan = Plan(settings.faults, seed=settings.seed)
        self.ending = asyncio.Event()
        self._limiters: dict[str, Limiter] = {}
        self._ids = random.Random(f"ids {settings.seed}")
        for model in settings.models:
            self.limiter(model)

    def limiter(self, model: str) -> Limiter:
        """The limits of one model, each with buckets of its own."""
        if model not in self._limiters:
            limits = self.settings.limits.get(model, PLANS[self.settings.plan])
            self._limiters[model] = Limiter(
                limits, self.clock, minute_level=self.settings.level, day_level=self.settings.day_level
            )
        return self._limiters[model]

    def limit(self, model: str, limits: Limits, *, level: float = 1.0, day_level: float = 1.0) -> None:
        """Give a model new limits with new buckets."""
        self._limiters[model] = Limiter(limits, self.clock, minute_level=level, day_level=day_level)

    def request_id(self) -> str:
        return "req_01" + "".join(self._ids.choices("0123456789abcdefghjkmnpqrstvwxyz", k=24))

    def close(self) -> None:
        self.ending.set()
        self.lexicon.close()
