"""Groq as the language model: strict JSON answers about many words at once, within the account's quota, from
the first available model.

If a model is unavailable or its day is used up, the next in the configured order takes over. The stages
decide on retries; only waiting for the minute's quota happens here.
"""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from flows.core import prompts
from flows.core.prompts import Prompt, Task
from flows.core.quota.room import Room
from flows.errors import (
    ConfigurationError,
    LearningError,
    MalformedOutput,
    QuotaExhausted,
    RateLimited,
    Refused,
    TransientError,
)
from flows.knowledge import (
    Deepening,
    DeepeningRequest,
    Definition,
    DefinitionDraft,
    Enrichment,
    Generation,
    ProposalRequest,
    QuotaLeft,
    WordEvidence,
)
from flows.models.base import Declined, Unfinished
from flows.models.chat.errors import (
    LimitReached,
    ModelGone,
    Rejected,
    RoomLimited,
    SchemaRefused,
    model_advice,
    note_failure,
)
from flows.models.chat.proposals import read_proposals
from flows.models.chat.reading import read_items
from flows.models.chat.reply import Reply, broken
from flows.models.chat.schemas import SCHEMAS
from flows.models.limiter import QuotaLimiter
from flows.settings import Price

if TYPE_CHECKING:
    from flows.models.chat.client import GroqClient

MOST_PROPOSED = 100
"""Words per request: longer lists repeat themselves."""
REFUSALS = 6
"""How often a request waits again for the minute's quota before the stage is told."""
BATCH_S = 12.0
"""Seconds that a batch takes, research included, if it need not wait for quota."""
BATCH_TOKENS = 5_500
MOST_TOKENS_PER_S = 12_000.0

_log = logging.getLogger(__name__)


class GroqModel:
    """Writes with Groq's models. The caller closes the client."""

    invents = True

    def __init__(
        self,
        client: GroqClient,
        *,
        propose_models: Sequence[str],
        write_models: Sequence[str],
        limiter_of: Callable[[str], QuotaLimiter],
        price_of: Callable[[str], Price],
    ) -> None:
        self.name = write_models[0]
        self._client = client
        self._models: Mapping[Task, Sequence[str]] = {
            "propose": tuple(propose_models),
            "define": tuple(write_models),
            "enrich": tuple(write_models),
            "deepen": tuple(write_models),
        }
        self._limiter_of = limiter_of
        self._price_of = price_of
        self._gone: dict[str, str] = {}
        self._takes: set[str] = set()
        """Models that have answered."""
        self._not_strict: set[tuple[str, Task]] = set()
        self._most_room: dict[str, int] = {}
        self._rooms: dict[Task, Room] = {
            "propose": Room(5, 1),
            "define": Room(60, 8),
            "enrich": Room(85, 10),
            "deepen": Room(230, 30),
        }
        self._factor = 1.0

    @property
    def batches_at_once(self) -> int:
        """Enough batches to use the tokens of each minute at the usual batch size and duration, plus two that
        wait.
        """
        models = self._models["define"]
        first = next((model for model in models if model not in self._gone), models[0])
        tokens_per_s = self._limiter_of(first).state.minute_tokens.capacity / 60
        return 2 + math.ceil(min(tokens_per_s, MOST_TOKENS_PER_S) * BATCH_S / BATCH_TOKENS)

    @property
    def quota_left(self) -> tuple[QuotaLeft, ...]:
        """What is left of the limits of each model that has answered."""
        models = dict.fromkeys(model for names in self._models.values() for model in names)
        return tuple(left for model in models for left in self._limiter_of(model).left)

    def with_room(self, factor: float) -> Self:
        """The same model with this many times the room for its answers."""
        roomier = copy.copy(self)
        roomier.__dict__["_factor"] = self._factor * factor
        return roomier

    async def check(self) -> None:
        """Skip the configured models that Groq does not offer.

        Raises ConfigurationError if none is left or the key is rejected. If Groq does not answer now, the
        requests will show it.
        """
        try:
            offered = await self._client.models()
        except TransientError as error:
            _log.warning("Could not list the models of %s: %s", self._client.server, error)
            return
        for model in {name for names in self._models.values() for name in names} - offered:
            self._leave_out(model, f"not offered by {self._client.server}")
        for task in self._models:
            self._usable(task)

    async def propose(self, request: ProposalRequest) -> Generation[tuple[str, ...]]:
        """At most a hundred words; if the answer was cut off, those before the cut."""
        asked = request.model_copy(update={"count": min(request.count, MOST_PROPOSED)})
        prompt = prompts.propose(asked)
        model, reply = await self._send(prompt, words=asked.count)
        problem, words = reply.problem, tuple[str, ...]()
        try:
            words = read_proposals(reply.text, is_cut=reply.problem is not None)
        except ValueError as error:
            problem = problem or f"the answer {error}"
        generation = self._generation(words[: asked.count], model, prompt, reply)
        if problem and not words:
            raise _unfinished(problem, reply, generation)
        return generation

    async def define(self, batch: Sequence[WordEvidence]) -> Generation[Mapping[str, DefinitionDraft]]:
        """A definition for each word, in one request."""
        return await self._about(prompts.define(batch))

    async def enrich(self, batch: Sequence[Definition]) -> Generation[Mapping[str, Enrichment]]:
        """Related concepts, relations and examples for each word, in one request."""
        return await self._about(prompts.enrich(batch))

    async def deepen(self, batch: Sequence[DeepeningRequest]) -> Generation[Mapping[str, Deepening]]:
        """A longer text about each word, in one request."""
        return await self._about(prompts.deepen(batch))

    async def _about(self, prompt: Prompt) -> Generation[Mapping[str, Any]]:
        model, reply = await self._send(prompt, words=len(prompt.keys))
        drafts, is_whole = read_items(prompt.task, reply.text, prompt.keys)
        generation = self._generation(drafts, model, prompt, reply)
        if reply.problem or not is_whole:
            problem = f"{model}: {reply.problem or 'answer does not match the schema'}"
            raise _unfinished(problem, reply, generation)
        return generation

    async def _send(self, prompt: Prompt, *, words: int) -> tuple[str, Reply]:
        exhausted: QuotaExhausted | None = None
        for model in self._usable(prompt.task):
            try:
                return model, await self._send_to(model, prompt, words)
            except ModelGone as error:
                self._leave_out(model, str(error))
            except QuotaExhausted as error:
                exhausted = _earlier(exhausted, error)
        if exhausted is not None:
            raise exhausted
        raise self._none_left(prompt.task)

    async def _send_to(self, model: str, prompt: Prompt, words: int) -> Reply:
        limiter, refusal = self._limiter_of(model), RateLimited(f"{model} has no quota left right now")
        characters = prompt.characters + len(str(SCHEMAS[prompt.task]))
        for _ in range(REFUSALS):
            room = self._rooms[prompt.task].tokens(words, self._factor)
            room = min(room, self._most_room.get(model, room))
            is_strict = (model, prompt.task) not in self._not_strict
            async with limiter.slot(prompt.task, characters=characters, answer_tokens=room) as slot:
                try:
                    reply = await self._client.complete(model, prompt, max_tokens=room, is_strict=is_strict)
                except LimitReached as error:
                    slot.refused(error.seen)
                    refusal = error
                    continue
                except SchemaRefused as error:
                    slot.failed(0)
                    if not is_strict:
                        raise self._not_taken(error) from error
                    self._not_strict.add((model, prompt.task))
                    _log.warning(
                        "%s no longer accepts a strict schema; falling back to plain JSON: %s", model, error
                    )
                    continue
                except RoomLimited as error:
                    slot.failed(0)
                    if error.limit >= room:
                        raise
                    self._most_room[model] = error.limit
                    continue
                except MalformedOutput as error:
                    reply = broken(error, tokens_in=limiter.prompt_tokens(characters), room=room)
                    slot.failed(reply.tokens_in + reply.tokens_out)
                except LearningError as error:
                    note_failure(slot, error)
                    if isinstance(error, Rejected) and model in self._takes:
                        raise Refused(
                            str(error.__cause__ or error)
                        ) from error  # these words, not the settings
                    raise
                else:
                    slot.answered(reply.usage, reply.seen)
                    self._takes.add(model)
            self._learn(prompt.task, words, reply, room)
            return reply
        raise refusal

    def _learn(self, task: Task, words: int, reply: Reply, given: int) -> None:
        room = self._rooms[task]
        if reply.problem is None:
            self._rooms[task] = room.seen(words, reply.tokens_out)
        elif reply.tokens_out >= given:
            self._rooms[task] = room.fell_short()

    def _generation(
        self,
        value: Any,  # noqa: ANN401  of any task
        model: str,
        prompt: Prompt,
        reply: Reply,
    ) -> Generation[Any]:
        return Generation(
            value=value,
            usage=reply.bill(self._price_of(model)),
            model=model,
            prompt_version=prompt.version,
            request_id=reply.request_id,
        )

    def _usable(self, task: Task) -> list[str]:
        usable = [model for model in self._models[task] if model not in self._gone]
        if not usable:
            raise self._none_left(task)
        return usable

    def _leave_out(self, model: str, reason: str) -> None:
        if model not in self._gone:
            self._gone[model] = reason
            _log.warning("Skipping model %s: %s", model, reason)

    def _none_left(self, task: Task) -> ConfigurationError:
        variable = "LEARN_PROPOSE_MODELS" if task == "propose" else "LEARN_WRITE_MODELS"
        reasons = "; ".join(
            f"{model}: {self._gone[model]}" for model in self._models[task] if model in self._gone
        )
        return ConfigurationError(
            f"{variable}: none of these models is available ({reasons}). {model_advice(self._client.server)}."
        )

    def _not_taken(self, error: SchemaRefused) -> ConfigurationError:
        return ConfigurationError(
            f"LEARN_WRITE_MODELS, LEARN_PROPOSE_MODELS: this model does not support JSON answers: {error}."
            " Choose another."
        )


def _unfinished(problem: str, reply: Reply, generation: Generation[Any]) -> Unfinished:
    kind = Declined if reply.is_refused else Unfinished
    return kind(problem, generation=generation, salvage=reply.text)


def _earlier(one: QuotaExhausted | None, other: QuotaExhausted) -> QuotaExhausted:
    if one is None or (other.until is not None and (one.until is None or other.until < one.until)):
        return other
    return one
