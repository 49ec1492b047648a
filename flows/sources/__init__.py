"""Research sources: one file each."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from flows.extras import needing
from flows.settings import Settings
from flows.sources.base import Source

if TYPE_CHECKING:
    from flows.lexicon.reader import Lexicon
    from flows.sources.cached import EvidenceCache
    from flows.sources.wikimedia.wiktionary import Wiktionary

REQUESTS_PER_MINUTE = 150
"""Wikimedia grants 200, across all its wikis, to a client that names an operator."""
AT_ONCE = 3


@asynccontextmanager
async def open_sources(
    settings: Settings, *, lexicon: Lexicon, cache: EvidenceCache
) -> AsyncGenerator[tuple[Source, ...]]:
    """The configured sources in their order, open inside the context; the caller closes the lexicon and the
    cache.

    Without a contact, Wikimedia's sources are skipped with a warning. Raises ConfigurationError for an
    invalid contact, and if Wiktionary's parser is not installed.
    """
    from flows.sources.lexicon import LexiconSource

    async with AsyncExitStack() as stack:
        web = await _wikimedia(
            settings, set(settings.source_names) & {"wikipedia", "wiktionary"}, cache, stack
        )
        yield (
            (LexiconSource(lexicon, clock=cache.now), *web)
            if "lexicon" in settings.source_names or not web
            else tuple(web)
        )


async def _wikimedia(
    settings: Settings, names: Collection[str], cache: EvidenceCache, stack: AsyncExitStack
) -> list[Source]:
    if not names:
        return []
    if not settings.wikimedia_contact:
        logging.getLogger(__name__).warning(
            "WIKIMEDIA_CONTACT: not set, so %s will not be used. Set it to an e-mail address or URL",
            " and ".join(sorted(names)),
        )
        return []
    from flows.sources.breaker import Breaker
    from flows.sources.cached import CachedSource
    from flows.sources.wikimedia.action_api import ActionApi
    from flows.sources.wikimedia.pace import Pace
    from flows.sources.wikimedia.wikipedia import Wikipedia

    pace = Pace(per_minute=REQUESTS_PER_MINUTE, at_once=AT_ONCE)
    made: list[Source] = []
    kinds: list[tuple[type[Wikipedia | Wiktionary], str]] = []
    if "wikipedia" in names:
        kinds.append((Wikipedia, settings.wikipedia_url))
    if "wiktionary" in names:
        kinds.append((load_wiktionary(settings), settings.wiktionary_url))
    for kind, url in kinds:
        api = ActionApi(url, name=kind.__name__, contact=settings.wikimedia_contact, pace=pace)
        made.append(CachedSource(Breaker(kind(await stack.enter_async_context(api), clock=cache.now)), cache))
    return made


def load_wiktionary(settings: Settings) -> type[Wiktionary]:
    """The Wiktionary source. Raises ConfigurationError if its extra is not installed."""
    asked_by = "WIKIMEDIA_CONTACT" if "auto" in settings.sources else "LEARN_SOURCES"
    with needing(
        "wikimedia",
        asked_by=asked_by,
        otherwise="Or set LEARN_SOURCES=lexicon,wikipedia, which needs no extra library.",
    ):
        from flows.sources.wikimedia.wiktionary import Wiktionary
    return Wiktionary
