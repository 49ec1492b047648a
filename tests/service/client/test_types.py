"""Both clients offer the same, and a type checker sees it: `make check` runs mypy on this file too."""

from __future__ import annotations

import inspect
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, assert_type, get_args, get_origin, get_type_hints

import pytest

from flows.core.estimate import Estimate
from flows.knowledge import StoreStats
from service.client import LearningClient
from service.client.results import Results
from service.client.sync import SyncLearningClient
from service.schemas import EntryView, JobFrame, JobView, Started

if TYPE_CHECKING:
    from collections.abc import Callable

ONLY_ASYNC = {"sync"}
WRITTEN_TWICE = {"close", "watch"}


def methods(client: type[object]) -> dict[str, Callable[..., Any]]:
    return {name: found for name, found in inspect.getmembers(client, inspect.isfunction) if name[0] != "_"}


def parameters(method: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(method, eval_str=True).parameters.values())


def test_both_clients_have_the_same_methods() -> None:
    assert methods(SyncLearningClient).keys() == methods(LearningClient).keys() - ONLY_ASYNC


@pytest.mark.parametrize("name", sorted(methods(SyncLearningClient)))
def test_a_method_of_both_takes_and_returns_the_same(name: str) -> None:
    waiting, awaited = methods(SyncLearningClient)[name], methods(LearningClient)[name]
    assert name in WRITTEN_TWICE or inspect.unwrap(waiting) is awaited
    assert parameters(waiting) == parameters(awaited)
    assert not inspect.iscoroutinefunction(waiting)
    returned, expected = (get_type_hints(method)["return"] for method in (waiting, awaited))
    if get_origin(returned) is Generator:
        returned, expected = get_args(returned), get_args(expected)
    assert returned == expected
    assert all(each.annotation not in {Any, inspect.Parameter.empty} for each in parameters(waiting)[1:])
    assert waiting.__doc__


def reads(client: SyncLearningClient) -> None:
    assert_type(client.stats(), StoreStats)
    assert_type(client.knowledge(q="moss", limit=5), Results[EntryView])
    assert_type(client.search("moss", category="plant", limit=None), Results[EntryView])
    assert_type(client.jobs(status="running"), Results[JobView])
    assert_type(client.estimate("big", minutes=1), Estimate)
    client.knowledge(limit="5")  # type: ignore[arg-type]
    client.search("moss", colour="green")  # type: ignore[call-arg]
    client.estimate("big", hours=1)  # type: ignore[call-arg]
    client.fly()  # type: ignore[attr-defined]


def starts(client: SyncLearningClient) -> None:
    assert_type(client.start("quick", ["moss"]), Started)
    assert_type(client.start_big(topic="moss"), Started)
    for frame in client.watch("an id"):
        assert_type(frame, JobFrame)
    client.start("slow")  # type: ignore[arg-type]
