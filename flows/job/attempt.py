"""One attempt of a job: open, resume, run, record the true end, close."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.states import Cancelled, Completed, Crashed, Failed

from flows.core.budget import Budget
from flows.core.ending import SUPERSEDED_EXIT, WORKER_STOPPED, Facts, end_reason
from flows.core.outcomes import in_short
from flows.errors import InvalidInput, LearningError, StaleAttempt, StoreFull, TransientError, UnknownTopic
from flows.job.endings import TO_BE_RETRIED, end_as_prefect_says, is_superseded
from flows.job.logs import job_logger
from flows.job.patience import WaitingStore, patiently
from flows.job.prefect_events import Emitter, EventEmitter
from flows.job.prefect_run import PrefectRun
from flows.job.progress import ProgressTracker
from flows.job.resources import open_job_store, open_resources
from flows.job.rounds import RoundRunner, leftovers
from flows.job.stop_signals import StopSignals
from flows.job.tracking import tracking
from flows.knowledge import (
    Batch,
    Depth,
    EndReason,
    ErrorCode,
    Job,
    Mode,
    PrefectState,
    ProcessMark,
    Round,
    Verdict,
    Word,
    utc_now,
)
from flows.knowledge.events import TAG, end_message, mode_tag, starter_of
from flows.own_machine import process_of
from flows.shielding import finish
from flows.stages.candidates import CandidateSource, Proposed
from flows.stages.resources import Resources
from flows.stages.stages import Stages
from flows.stages.tasks import TaskStages
from flows.stores.base import Store
from flows.stores.settling import rows_of

FAIL_S = 20.0
"""Longest time to record a failure. If the store is unavailable for longer, the projector records it."""
SIDE_WRITE_S = 5.0
"""Longest time to try again to release claims, which expire, or to clear the stop flag."""
LAST_WAIT_S = 0.5
"""How long after the deadline a full store may still be waited for."""
TAG_S = 5.0
"""How long Prefect may take to tag the run."""

MakeCandidateSource = Callable[[Resources, "EarlierAttempts"], Awaitable[CandidateSource]]


class EarlierAttempts:
    """What earlier attempts of a job have written."""

    def __init__(
        self, rounds: tuple[Round, ...], batches: tuple[Batch, ...], waiting: list[Proposed]
    ) -> None:
        self.rounds = rounds
        self.batches = batches
        self.waiting = waiting
        """Words that were claimed or postponed and still wait for a round."""
        self.processed = frozenset(word.key for round_ in rounds for word in round_.accepted)

    def unseen(self, given: Sequence[Word]) -> list[Proposed]:
        """The given words that no round has judged yet."""
        judged = {
            c.key for round_ in self.rounds for c in round_.candidates if c.verdict is not Verdict.POSTPONED
        }
        return [(word.text, "given") for word in given if word.key not in judged]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a flow asks of its job."""

    mode: Mode
    budget: Budget
    target: Depth
    words_per_round: int
    parameters: dict[str, Any]
    make_candidate_source: MakeCandidateSource


async def learn(plan: Plan) -> Job:
    """Run the job of the current flow run to its end and return its final document.

    The flow run ends COMPLETED, with the end reason as its message; CANCELLED if Prefect was asked to cancel
    it; or CRASHED with the name `WorkerStopped`. If another process has taken over the run, this one reports
    nothing to Prefect. Raises the error that made it impossible to continue, after recording it in the
    document.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise LearningError("A job needs a flow run: call the flow, not its function")
    run = context.flow_run
    starter = starter_of(
        run.tags, is_scheduled=bool(run.auto_scheduled), has_deployment=run.deployment_id is not None
    )
    job = Job(
        job_id=run.id,
        mode=plan.mode,
        name=run.name,
        parameters=plan.parameters,
        created_at=_created(run),
        started_by=starter,
        running_since=PrefectState.plain(run.state.timestamp) if run.state is not None else None,
        process=ProcessMark(**here._asdict()) if (here := process_of()) is not None else None,
    )
    prefect_run = PrefectRun(run.id)
    try:
        ended = await attempt(job, plan, stages=TaskStages(), run=prefect_run, emitter=EventEmitter())
    except LearningError as error:
        ended = error  # of a store that cannot be opened: there is no row yet that could say so
    # never in a process of somebody else, such as a notebook
    is_own_process = os.environ.get("PREFECT__FLOW_RUN_ID") == str(run.id)
    if is_own_process and (isinstance(ended, StaleAttempt) or await is_superseded(prefect_run)):
        job_logger().warning("Another process took over this run; this one ends")
        # any way back through Prefect's engine would write this process's state over the other's
        os._exit(SUPERSEDED_EXIT)
    if isinstance(ended, LearningError):
        # as a state, for Prefect's own would hold its words around ours; the caller gets the error
        return cast(Job, Failed(message=str(ended), data=ended))
    short = in_short(ended)
    if ended.end_reason == "worker stopped":
        message = end_message("The worker was stopped", ended.counts.stored, not_learned=short)
        return cast(Job, Crashed(name=WORKER_STOPPED, message=message))
    if ended.status == "cancelled":
        return cast(Job, Cancelled(message=end_message("Stopped", ended.counts.stored, not_learned=short)))
    reason = ended.end_reason or ended.status
    return cast(
        Job, Completed(message=end_message(reason, ended.counts.stored, not_learned=short), data=ended)
    )


async def attempt(
    job: Job, plan: Plan, *, stages: Stages, run: PrefectRun, emitter: Emitter
) -> Job | LearningError:
    """Run one attempt of a job to its end. Returns the final document, or the error that ended the attempt,
    which the document records too.

    Raises the store's error if the attempt cannot begin, and anything that is not a LearningError, such as a
    cancellation, after recording it in the document.
    """
    signals = StopSignals(run, has_worker=job.started_by not in {None, "process"})
    with signals.listening():
        async with (
            open_job_store() as store,
            tracking(
                job, store=store, budget=plan.budget, emitter=emitter, on_tick=partial(signals.tick, store)
            ) as tracker,
        ):
            try:
                # after the row is there, so that a model or a source that cannot be opened is told in it
                waiting = WaitingStore.of(
                    store,
                    # at the deadline the rounds end what still waits
                    has_time=lambda: (
                        tracker.is_at_work and tracker.active_s < plan.budget.limit_s + LAST_WAIT_S
                    ),
                    tell=tracker.problem,
                )
                async with open_resources(waiting) as resources:
                    tracker.quota = lambda: resources.quota_left
                    model = resources.model
                    tracker.written_by(model.name, "language_model" if model.invents else "lexicon")
                    resources.troubles.resume(tracker.job.troubles)
                    resources.troubles.on_first = tracker.trouble
                    tracker.troubles = lambda: resources.troubles.rows
                    return await _attempt(
                        plan, resources, tracker, signals, stages=stages, run=run, emitter=emitter
                    )
            except BaseException as error:
                with suppress(TimeoutError):
                    await finish(_fail(store, tracker, error, run), within_s=FAIL_S)
                if isinstance(error, LearningError):
                    return error
                raise


def _created(run: FlowRun) -> datetime:
    """When the run was requested; for a run that a schedule created long before, when it was due."""
    moments = [moment for moment in (run.created, run.expected_start_time) if moment is not None]
    return max(map(PrefectState.plain, moments)) if moments else utc_now()


async def _attempt(
    plan: Plan,
    resources: Resources,
    tracker: ProgressTracker,
    signals: StopSignals,
    *,
    stages: Stages,
    run: PrefectRun,
    emitter: Emitter,
) -> Job:
    store = resources.store
    await _tag(run, plan.mode, within_s=min(TAG_S, plan.budget.remaining_s(tracker.active_s)))
    history = await _history(resources, tracker.job.job_id)
    tracker.recount(history.rounds, history.batches)
    runner = RoundRunner(
        resources=resources,
        stages=stages,
        tracker=tracker,
        emitter=emitter,
        candidate_source=await plan.make_candidate_source(resources, history),
        budget=plan.budget,
        target=plan.target,
        words_per_round=plan.words_per_round,
        rounds=history.rounds,
        batches=history.batches,
    )
    signals.attach(runner)
    reason: EndReason = await runner.run()
    if reason == "worker stopped":
        await signals.hear_out()
        reason = runner.reason
    await _give_up_claims(store, tracker)
    await _lower_the_flag(store, tracker)
    if reason == "worker stopped":
        ended = await tracker.end("failed", reason, TO_BE_RETRIED)
    elif runner.is_aborted:
        ended = await end_as_prefect_says(tracker, run, otherwise="completed", reason=reason)
    else:
        ended = await tracker.end("completed", reason)
    emitter.summarize(ended, newest=runner.newest)
    return ended


async def _history(resources: Resources, job_id: UUID) -> EarlierAttempts:
    rounds, batches = await rows_of(resources.store, job_id)
    claims = await resources.store.claims(job_id)
    waiting: list[Proposed] = [(word.text, "leftover") for word in leftovers(claims, rounds)]
    return EarlierAttempts(rounds, batches, waiting)


async def _tag(run: PrefectRun, mode: Mode, *, within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            await run.tag({TAG, mode_tag(mode)})
    except Exception as error:  # noqa: BLE001  a missing tag must not end a job
        job_logger().warning("Could not tag the run: %s", str(error) or type(error).__name__)


async def _give_up_claims(store: Store, tracker: ProgressTracker) -> None:
    try:
        for_s = min(SIDE_WRITE_S, tracker.left_to_end_s)
        await patiently(lambda: store.release_all(tracker.job.job_id), for_s=for_s)
    except (TransientError, StoreFull) as error:
        tracker.problem(f"Could not release claims; they will expire: {error}")
        tracker.holds_claims = True


async def _lower_the_flag(store: Store, tracker: ProgressTracker) -> None:
    """Clear the stop flag, so that the next attempt is not stopped at once. A failure here never ends the
    job.
    """
    try:
        for_s = min(SIDE_WRITE_S, tracker.left_to_end_s)
        await patiently(lambda: store.clear_stop(tracker.job.job_id), for_s=for_s)
    except (TransientError, StoreFull) as error:
        tracker.problem(f"Could not clear the job's stop flag: {error}")


async def _fail(store: Store, tracker: ProgressTracker, error: BaseException, run: PrefectRun) -> None:
    tracker.stop_clock()
    try:
        await _give_up_claims(store, tracker)
        if isinstance(error, asyncio.CancelledError):
            await end_as_prefect_says(tracker, run, otherwise="failed", reason="failed")
        else:
            text = str(error) or type(error).__name__
            reason = end_reason(Facts(is_failed=True))
            await tracker.end("failed", reason, text, error_code=_code_of(error))
    except LearningError as unwritten:
        job_logger().warning("Could not write the end to the job row: %s", unwritten)


def _code_of(error: BaseException) -> ErrorCode | None:
    if isinstance(error, UnknownTopic):
        return "unknown_topic"
    return "invalid_input" if isinstance(error, InvalidInput) else None
