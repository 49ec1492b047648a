"""What a job works with, opened once and closed at its end: store, model, sources, lexicon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Coroutine, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from flows.errors import LearningError
from flows.knowledge import QuotaLeft
from flows.lexicon.morphology import Morphology
from flows.lexicon.reader import Lexicon
from flows.models.base import LanguageModel, Paced
from flows.settings import Settings, read_settings
from flows.sources import open_sources
from flows.sources.base import Source
from flows.stores import open_store
from flows.stores.base import Store

T = TypeVar("T")


class DeadlineReached(LearningError):
    """The time of the job is up, so this call was abandoned; nothing of it was stored."""


class Deadline:
    """The moment at which calls in flight are abandoned.

    It can be moved to an earlier time, never to a later one.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reached = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_reached(self) -> bool:
        """Whether the moment has come."""
        return self._reached.is_set()

    def arm(self, after_s: float) -> None:
        """Fire in so many seconds, unless it fires sooner anyway."""
        when = self._loop.time() + max(0.0, after_s)
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._reached.set)

    def reach(self) -> None:
        """Fire now."""
        self._reached.set()

    def close(self) -> None:
        """Forget the timer."""
        if self._timer is not None:
            self._timer.cancel()

    async def wait(self) -> None:
        """Return when it has fired."""
        await self._reached.wait()

    async def guard(self, call: Coroutine[Any, Any, T]) -> T:
        """The result of a call that may be abandoned at any moment without harm. Raises DeadlineReached."""
        if self.is_reached:
            call.close()
            raise DeadlineReached("the job's time is up")
        work = asyncio.ensure_future(call)
        alarm = asyncio.ensure_future(self._reached.wait())
        try:
            await asyncio.wait({work, alarm}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            raise DeadlineReached("the job's time is up")
        finally:
            alarm.cancel()
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)


class Resources:
    """The open resources of one job.

    Not a dataclass, so that Prefect does not walk through it when it is passed to a task.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        model: LanguageModel,
        sources: Sequence[Source],
        lexicon: Lexicon,
        deadline: Deadline,
    ) -> None:
        self.settings = settings
        self.store = store
        self.model = model
        self.sources = tuple(sources)
        self.lexicon = lexicon
        self.morphology = Morphology(lexicon)
        self.deadline = deadline
        self._paced = model if isinstance(model, Paced) else None

    @property
    def quota_left(self) -> tuple[QuotaLeft, ...]:
        """What is left of the model's quota; nothing where none holds it back."""
        return self._paced.quota_left if self._paced is not None else ()


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
async def open_resources() -> AsyncGenerator[Resources]:
    """Open what the settings name, and close it at the end.

    Raises ConfigurationError and StoreUnavailable.
    """
    given = _override.get() or _Override(None, None, None, None)
    settings = given.settings or read_settings()
    async with AsyncExitStack() as stack:
        store: Store = (
            given.store
            if given.store is not None
            else await stack.enter_async_context(open_store(settings.store, language=settings.language))
        )
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
        return (await store.taken(keys, job_id=nobody)).keys()

    return LexiconModel(lexicon, taken=taken)
