"""A Groq account: one quota per model, shared by all jobs of an event loop and saved in the store, and the
model that uses them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime
from typing import Protocol
from weakref import WeakKeyDictionary

from flows.core.quota import QuotaLimits
from flows.errors import ConfigurationError, TransientError
from flows.extras import needing
from flows.knowledge import Bound, QuotaUsage
from flows.models.chat.model import GroqModel
from flows.models.limiter import QuotaLimiter
from flows.settings import GROQ_KEYS_PAGE, Settings

SAVE_EVERY_S = 15.0
SILENCE_S = 30.0
"""Longest silence of a connection."""
WHOLE_S = 90.0
"""Longest time for a whole request, however slowly it arrives."""

_log = logging.getLogger(__name__)


class QuotaMemory(Protocol):
    """Where an account's usage outlives a process; every store can do this."""

    def now(self) -> datetime:
        """The time by the clock that dates what is saved."""
        ...

    async def quota_usage(self, model: str) -> tuple[QuotaUsage, ...]:
        """The saved usage of a model's windows."""
        ...

    async def save_quota_usage(self, usages: Iterable[QuotaUsage]) -> None:
        """Replace the saved usage of each model's window."""
        ...


class Quotas:
    """The limiters of one account in one event loop, by model."""

    def __init__(self, limits: QuotaLimits, assumed: Collection[Bound]) -> None:
        self._limits = limits
        self._assumed = frozenset(assumed)
        self._limiters: dict[str, QuotaLimiter] = {}

    def of(self, model: str) -> QuotaLimiter:
        """The limiter of a model."""
        if model not in self._limiters:
            self._limiters[model] = QuotaLimiter(model, self._limits, assumed=self._assumed)
        return self._limiters[model]

    async def recall(self, models: Collection[str], memory: QuotaMemory) -> None:
        """Deduct from new limiters what an earlier process spent."""
        for limiter in [self.of(model) for model in models]:
            usages = await memory.quota_usage(limiter.model)
            if (
                limiter.is_fresh
            ):  # check after waiting, since another job may have opened the account meanwhile
                limiter.remember(usages, now=memory.now())

    async def save(self, models: Collection[str], memory: QuotaMemory) -> None:
        """Save what was spent."""
        now = memory.now()
        await memory.save_quota_usage([usage for model in models for usage in self.of(model).spent(now=now)])


_quotas: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str, QuotaLimits], Quotas]] = (
    WeakKeyDictionary()
)


def asking(settings: Settings) -> str:
    """The setting that requires Groq."""
    return "LEARN_MODEL" if settings.model == "groq" else "GROQ_API_KEY"


@asynccontextmanager
async def open_groq(
    settings: Settings, memory: QuotaMemory, *, silence_s: float = SILENCE_S, whole_s: float = WHOLE_S
) -> AsyncGenerator[GroqModel]:
    """The configured account's model, checked, with the saved usage of its quota.

    A request may be silent for `silence_s` seconds and take `whole_s` in all. Raises ConfigurationError if
    there is no key, if Groq rejects the key or offers none of the configured models, or if Groq's client is
    not installed.
    """
    if settings.groq_api_key is None:
        raise ConfigurationError(
            f"GROQ_API_KEY: LEARN_MODEL=groq requires a key. Create one at {GROQ_KEYS_PAGE}, or set"
            " LEARN_MODEL=lexicon."
        )
    with needing("groq", asked_by=asking(settings), otherwise="Or set LEARN_MODEL=lexicon."):
        from flows.models.chat.client import GroqClient
    key, models = settings.groq_api_key.get_secret_value(), {*settings.propose_models, *settings.write_models}
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            GroqClient(api_key=key, base_url=settings.groq_base_url, silence_s=silence_s, whole_s=whole_s)
        )
        quotas = _shared(settings, key)
        await quotas.recall(models, memory)
        model = GroqModel(
            client,
            propose_models=settings.propose_models,
            write_models=settings.write_models,
            limiter_of=quotas.of,
            price_of=settings.price,
        )
        await model.check()
        await stack.enter_async_context(_saving(quotas, models, memory))
        yield model


def _shared(settings: Settings, key: str) -> Quotas:
    limits = QuotaLimits.named_by(settings)
    assumed: list[Bound] = [
        bound for bound in ("requests_per_minute", "tokens_per_day") if bound not in settings.model_fields_set
    ]
    accounts = _quotas.setdefault(asyncio.get_running_loop(), {})
    return accounts.setdefault((settings.groq_base_url, key, limits), Quotas(limits, assumed))


@asynccontextmanager
async def _saving(quotas: Quotas, models: Collection[str], memory: QuotaMemory) -> AsyncGenerator[None]:
    async def save() -> None:
        try:
            await quotas.save(models, memory)
        except TransientError as error:
            _log.warning("Could not save the quota used: %s", error)

    async def keep_saving() -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            await save()

    saving = asyncio.create_task(keep_saving(), name="quota usage")
    try:
        yield
    finally:
        saving.cancel()
        with suppress(asyncio.CancelledError):
            await saving
        await save()
