"""Asking a language model for many words at once, where each word stands or falls alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from flows.errors import OutputError, RequestTooLarge
from flows.knowledge import Generation, Usage

Item = TypeVar("Item")
Draft = TypeVar("Draft")
Made = TypeVar("Made")

AGAIN = 2
"""How often a word is asked for again when its answer is missing or invalid."""


class Asked(Generic[Made]):
    """What came of asking: what was made by key, what was given up and why, and the bill."""

    def __init__(self) -> None:
        self.made: dict[str, Made] = {}
        self.failed: dict[str, str] = {}
        self.usage = Usage()


async def ask(
    items: Sequence[Item],
    *,
    key: Callable[[Item], str],
    call: Callable[[Sequence[Item]], Awaitable[Generation[Mapping[str, Draft]]]],
    accept: Callable[[Item, Draft, Generation[Mapping[str, Draft]]], tuple[Made | None, Sequence[str]]],
) -> Asked[Made]:
    """Ask for all items in one call; ask again, in halves, for those whose answer was missing or not accepted; then give up.

    `accept` makes the final value of a draft or names what is wrong with it. A request that is too large is halved without
    counting as a try. Transient errors, QuotaExhausted and CutOff pass through.
    """
    asked: Asked[Made] = Asked()
    todo: list[tuple[Sequence[Item], int]] = [(items, 0)] if items else []
    while todo:
        batch, tries = todo.pop(0)
        try:
            generation = await call(batch)
        except RequestTooLarge as error:
            if len(batch) == 1:
                asked.failed[key(batch[0])] = str(error)
            else:
                todo[:0] = [(half, tries) for half in _halves(batch)]
            continue
        except OutputError as error:
            reasons = {key(item): str(error) for item in batch}
        else:
            asked.usage += generation.usage
            reasons = {}
            for item in batch:
                draft = generation.value.get(key(item))
                made, problems = (None, ("no answer",)) if draft is None else accept(item, draft, generation)
                if made is None:
                    reasons[key(item)] = "; ".join(problems)
                else:
                    asked.made[key(item)] = made
                    asked.failed.pop(key(item), None)
        asked.failed |= reasons
        again = [item for item in batch if key(item) in reasons]
        if again and tries < AGAIN:
            todo += [(half, tries + 1) for half in _halves(again)]
    return asked


def _halves(batch: Sequence[Item]) -> list[Sequence[Item]]:
    if len(batch) == 1:
        return [batch]
    middle = (len(batch) + 1) // 2
    return [batch[:middle], batch[middle:]]
