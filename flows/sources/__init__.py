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
"""Of the 200 that Wikimedia grants whoever names an operator, over all its wikis together."""
AT_ONCE = 3


@asynccontextmanager
async def open_sources(
    settings: Settings, *, lexicon: Lexicon, cache: EvidenceCache
) -> AsyncGenerator[tuple[Source, ...]]:
    """The sources that the settings name, open until the end, in their order; the lexicon and the memory stay
    the caller's to close.

    Without a contact those of Wikimedia are left out, and the log says so. Raises ConfigurationError for a
    contact that is none, and where what reads Wiktionary's pages is not installed.
    """
    from flows.sources.lexicon import LexiconSource

    async with AsyncExitStack() as stack:
        web = await _wikimedia(
            settings, set(settings.source_names) & {"wikipedia", "wiktionary"}, cache, stack
        )
        yield (LexiconSource(lexicon), *web) if "lexicon" in settings.source_names or not web else tuple(web)


async def _wikimedia(
    settings: Settings, names: Collection[str], cache: EvidenceCache, stack: AsyncExitStack
) -> list[Source]:
    if not names:
        return []
    if not settings.wikimedia_contact:
        logging.getLogger(__name__).warning(
            "WIKIMEDIA_CONTACT: not set, so %s cannot be asked; give a mail or web address",
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
        made.append(CachedSource(Breaker(kind(await stack.enter_async_context(api))), cache))
    return made


def load_wiktionary(settings: Settings) -> type[Wiktionary]:
    """What reads Wiktionary. Raises ConfigurationError where its extra is not installed."""
    asked_by = "WIKIMEDIA_CONTACT" if "auto" in settings.sources else "LEARN_SOURCES"
    with needing(
        "wikimedia",
        asked_by=asked_by,
        otherwise="Or set LEARN_SOURCES=lexicon,wikipedia, which needs nothing.",
    ):
        from flows.sources.wikimedia.wiktionary import Wiktionary
    return Wiktionary
