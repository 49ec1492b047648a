"""The four stages as Prefect tasks: a task run is a batch of words. Only transient errors are retried."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.states import Completed
from prefect.tasks import Task, exponential_backoff

from flows.errors import TransientError
from flows.knowledge.events import ABANDONED
from flows.stages.deadline import DeadlineReached
from flows.stages.proposing import propose_round
from flows.stages.stages import enrich_entries, research_words, synthesize_definitions

P = ParamSpec("P")
T = TypeVar("T")

RETRIES = 4
TIMEOUT_S = 600


async def is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether a failed stage may be tried again: only after a transient error."""
    try:
        await state.aresult()
    except TransientError:
        return True
    except BaseException:  # noqa: BLE001  whatever else ended the task is not for retrying
        return False
    return False


def stage(
    name: str, run_name: str
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T | None]]]:
    """Make a task of a stage.

    When the job's time is up the task run ends as completed, named "CutOff", and answers None.
    """

    def make(body: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T | None]]:
        @wraps(body)
        async def run(*args: P.args, **kwargs: P.kwargs) -> T | State[Any]:
            try:
                return await body(*args, **kwargs)
            except DeadlineReached as end:
                return Completed(name=ABANDONED, message=str(end))

        made = cast(
            Callable[P, Awaitable[T | State[Any]]],
            task(
                name=name,
                task_run_name=run_name,
                retries=RETRIES,
                retry_delay_seconds=exponential_backoff(backoff_factor=1),
                retry_jitter_factor=0.5,
                retry_condition_fn=is_transient,
                timeout_seconds=TIMEOUT_S,
                cache_policy=NO_CACHE,
                persist_result=False,
            )(run),
        )

        @wraps(body)
        async def answer(*args: P.args, **kwargs: P.kwargs) -> T | None:
            answered = await made(*args, **kwargs)
            # a body that returns a state is answered by that state, not by what is in it
            return None if isinstance(answered, State) else answered

        return answer

    return make


class TaskStages:
    """The stages, each call a task run of the current flow run."""

    propose = staticmethod(stage("propose round", "propose round {number}")(propose_round))
    research = staticmethod(stage("research", "research {work.label}")(research_words))
    synthesize = staticmethod(stage("synthesize", "synthesize {work.label}")(synthesize_definitions))
    enrich = staticmethod(stage("enrich", "enrich {work.label}")(enrich_entries))
