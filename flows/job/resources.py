"""What a job works with, opened once and closed at its end: store, model, sources, lexicon."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar

from flows.job.patience import patiently
from flows.lexicon.reader import Lexicon
from flows.models.base import LanguageModel
from flows.own_machine import exempt_own_machine
from flows.settings import Settings, read_settings
from flows.sources import open_sources
from flows.sources.base import Source
from flows.stages.deadline import Deadline
from flows.stages.resources import Resources
from flows.stores import open_store
from flows.stores.base import Store

OPEN_S = 30.0
"""How long a store that cannot be opened just now is tried again."""


class _Override:
    def __init__(
        self,
        settings: Settings | None,
        store: Store | None,
        model: LanguageModel | None,
        sources: Sequence[Source] | None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.model = model
        self.sources = sources


_NOTHING = _Override(None, None, None, None)
_override: ContextVar[_Override | None] = ContextVar("learning_resources", default=None)


@contextmanager
def using(
    *,
    settings: Settings | None = None,
    store: Store | None = None,
    model: LanguageModel | None = None,
    sources: Sequence[Source] | None = None,
) -> Generator[None]:
    """Run flows of this context on these parts instead of the configured ones.

    What is given stays open: its owner closes it.
    """
    token = _override.set(_Override(settings, store, model, sources))
    try:
        yield
    finally:
        _override.reset(token)


@asynccontextmanager
async def open_job_store() -> AsyncGenerator[Store]:
    """The store that the settings name, open until the end. One that is full or held by others is waited for,
    half a minute at most.

    Raises ConfigurationError, StoreUnavailable and StoreFull.
    """
    given = _override.get() or _NOTHING
    if given.store is not None:
        yield given.store
        return
    settings = given.settings or read_settings()
    exempt_own_machine()  # an emulator or a model may run here, also without our command line
    async with AsyncExitStack() as stack:
        opened: list[Store] = []

        async def open_it() -> None:
            opened.append(
                await stack.enter_async_context(open_store(settings.store, language=settings.language))
            )

        await patiently(open_it, for_s=OPEN_S)
        yield opened[0]


@asynccontextmanager
async def open_resources(store: Store) -> AsyncGenerator[Resources]:
    """Open what the settings name, and close it at the end.

    Raises ConfigurationError and StoreUnavailable.
    """
    given = _override.get() or _NOTHING
    settings = given.settings or read_settings()
    async with AsyncExitStack() as stack:
        lexicon = stack.enter_context(Lexicon())
        deadline = Deadline()
        stack.callback(deadline.close)
        model = given.model or await _configured_model(stack, settings, store, lexicon)
        sources = (
            given.sources
            if given.sources is not None
            else await stack.enter_async_context(open_sources(settings, lexicon=lexicon, cache=store))
        )
        yield Resources(
            settings=settings, store=store, model=model, sources=sources, lexicon=lexicon, deadline=deadline
        )


async def _configured_model(
    stack: AsyncExitStack, settings: Settings, store: Store, lexicon: Lexicon
) -> LanguageModel:
    if settings.writes_with_groq:
        from flows.models.chat.account import open_groq

        return await stack.enter_async_context(open_groq(settings, store))

    from uuid import UUID

    from flows.models.lexicon import LexiconModel

    nobody = UUID(int=0)

    async def taken(keys: Collection[str]) -> Collection[str]:
        return await store.taken(keys, job_id=nobody)

    return LexiconModel(lexicon, taken=taken)
