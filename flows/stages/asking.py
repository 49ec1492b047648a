"""Asking a language model for many words at once, where each word stands or falls alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from flows.boundary.text import clean_text
from flows.errors import (
    LearningError,
    MalformedOutput,
    ModelUnavailable,
    OutputError,
    QuotaExhausted,
    RequestTooLarge,
    TransientError,
)
from flows.knowledge import Document, Failure, Generation, ProposalRequest, Usage
from flows.models.base import WORD_CHARACTERS, Budgeted, LanguageModel, Unfinished
from flows.stages.failures import NO_ANSWER, failure_of, unreadable
from flows.stages.troubles import Troubles

Item = TypeVar("Item")
Draft = TypeVar("Draft")
Made = TypeVar("Made", bound=Document)

AskCall = Callable[[Sequence[Item]], Awaitable[Generation[Mapping[str, Draft]]]]

AGAIN = 2
"""How often a word is asked for again when its answer is missing or invalid."""
MORE_ROOM = 2.0
"""Room of the one answer that is asked for again because it broke off."""


class Asked(Generic[Made]):
    """The result of asking: values by key, words given up with the reason, and the usage.

    `interruption` is the error that ended the asking early; words neither made nor given up still have to be
    asked for.
    """

    def __init__(self) -> None:
        self.made: dict[str, Made] = {}
        self.failed: dict[str, Failure] = {}
        self.usage = Usage()
        self.interruption: LearningError | None = None

    def go_on(self) -> None:
        """Raise the interruption, if there was one."""
        if self.interruption is not None:
            raise self.interruption


@dataclass(frozen=True)
class _Part(Generic[Item]):
    """Some words to ask for; with `has_room`, their last answer was cut off, so they get more room."""

    items: Sequence[Item]
    tries: int = 0
    has_room: bool = False
    is_broken: bool = False

    def smaller(self, items: Sequence[Item], *, is_broken: bool = False) -> list[_Part[Item]]:
        """The next try for some of the words: halves, and single words when the answer broke twice."""
        pieces = [[item] for item in items] if is_broken and self.is_broken else _halves(items)
        return [_Part(piece, self.tries + 1, self.has_room, is_broken) for piece in pieces]


async def ask(
    items: Sequence[Item],
    *,
    key: Callable[[Item], str],
    call: AskCall[Item, Draft],
    accept: Callable[[Item, Draft, Generation[Mapping[str, Draft]]], tuple[Made | None, Sequence[str]]],
    call_with_room: AskCall[Item, Draft] | None = None,
    ends_early: tuple[type[LearningError], ...] = (TransientError, QuotaExhausted),
    missing: Failure = NO_ANSWER,
    at_once: int | None = None,
    tell: Callable[[int], None] = lambda _made: None,
) -> Asked[Made]:
    """Ask for all items in one call, or in calls of `at_once`; ask again, in smaller calls, for those
    whose answer was missing or not accepted; then give up.

    `accept` makes the final value of a draft or names what is wrong with it. An answer that broke off is used
    as far as it goes; for the rest `call_with_room`, where given, is tried once, then halves, then single
    words. `missing` is why a word without an answer is given up. A request that is too large is halved
    without counting as a try. `tell` hears after each answer how many were made so far. Errors that end the
    asking early are kept in the answer, so that what was paid for is not lost; others pass through.
    """
    asked: Asked[Made] = Asked()
    todo: list[_Part[Item]] = [_Part(piece) for piece in _pieces(items, at_once or len(items))]

    def take(part: _Part[Item], generation: Generation[Mapping[str, Draft]]) -> list[Item]:
        """Accept what can be accepted; says which words are left."""
        asked.usage += generation.usage
        left = []
        for item in part.items:
            draft = generation.value.get(key(item))
            made, failure = None, missing
            if draft is not None:
                try:
                    made, problems = accept(item, draft, generation)
                    failure = Failure(code="not_accepted", text="; ".join(problems))
                except Exception as error:  # noqa: BLE001  what one answer holds may not end the others
                    failure = unreadable(error)
            if made is None:
                asked.failed[key(item)] = failure
                left.append(item)
            else:
                asked.made[key(item)] = made
                asked.failed.pop(key(item), None)
        tell(len(asked.made))
        return left

    while todo:
        part = todo.pop(0)
        try:
            send = call_with_room if part.has_room and call_with_room else call
            left, is_broken = take(part, await send(part.items)), False
        except ends_early as error:
            asked.interruption = error
            for waiting in (part, *todo):
                for item in waiting.items:
                    asked.failed.pop(key(item), None)
            return asked
        except RequestTooLarge as error:
            if len(part.items) > 1:
                todo[:0] = [
                    _Part(half, part.tries, part.has_room, part.is_broken) for half in _halves(part.items)
                ]
            else:
                asked.failed[key(part.items[0])] = failure_of(error)
            continue
        except OutputError as error:
            left = (
                take(part, cast("Generation[Mapping[str, Draft]]", error.generation))
                if isinstance(error, Unfinished)
                else list(part.items)
            )
            asked.failed |= {
                key(item): failure_of(error)
                for item in left
                if asked.failed.get(key(item), missing) == missing
            }
            is_broken = isinstance(error, MalformedOutput)
        except LearningError:
            raise
        # an answer that nobody can read is no answer, and ends no job
        except Exception as error:  # noqa: BLE001
            left, is_broken = list(part.items), True
            asked.failed |= {key(item): unreadable(error) for item in left}
        if is_broken and left and call_with_room and not part.has_room:
            todo.append(_Part(left, part.tries, has_room=True))
        elif left and part.tries < AGAIN:
            todo += part.smaller(left, is_broken=is_broken)
    return asked


async def ask_for_words(
    model: LanguageModel, request: ProposalRequest, troubles: Troubles
) -> Generation[tuple[str, ...]]:
    """Words from a model; asked for once more, with more room, when the answer cannot be used.

    The words are clean. Each request that fails is noted as trouble. Raises what `propose` does, but no
    OutputError.
    """
    generation = await _asked_for_words(model, request, troubles)
    words = tuple(clean_text(word, limit=WORD_CHARACTERS) for word in generation.value)
    return generation if words == generation.value else generation.model_copy(update={"value": words})


async def _asked_for_words(
    model: LanguageModel, request: ProposalRequest, troubles: Troubles
) -> Generation[tuple[str, ...]]:
    try:
        return await troubles.told(model.name, model.propose(request))
    except OutputError as error:
        spent = error.generation.usage if isinstance(error, Unfinished) else Usage()
    except LearningError:
        raise
    except Exception as error:  # noqa: BLE001  an answer that nobody can read is no answer, and ends no job
        unreadable(error)
        spent = Usage()
    roomier = model.with_room(MORE_ROOM) if isinstance(model, Budgeted) else model
    try:
        generation = await troubles.told(model.name, roomier.propose(request))
    except OutputError as error:
        raise ModelUnavailable(f"The model's answer lists no words: {error}") from error
    except LearningError:
        raise
    except Exception as error:
        raise ModelUnavailable(f"The model's list of words: {unreadable(error).text}") from error
    return generation.model_copy(update={"usage": generation.usage + spent})


def _pieces(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)] if items else []


def _halves(batch: Sequence[Item]) -> list[Sequence[Item]]:
    if len(batch) == 1:
        return [batch]
    middle = (len(batch) + 1) // 2
    return [batch[:middle], batch[middle:]]
