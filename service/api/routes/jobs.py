"""Jobs over HTTP: start, list, read, stop and retry them, and read their events."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Header, Path, Query, Response

from flows.core.estimate import Estimate
from flows.errors import TransientError
from flows.knowledge import Job, JobStatus, Mode, StartedBy, limits
from service import estimating
from service.api.deps import AppResources, CountStart, Facade, Starter, cursor_query
from service.api.problems import answers
from service.errors import IDEMPOTENCY_KEY, MUST_FAIL_AGAIN, Conflict, NotFound, run_deleted, unknown_job
from service.live.log_pages import page_after, page_before
from service.live.topic import LogPosition, events_of
from service.orchestration.types import Run
from service.schemas import (
    CancelJob,
    History,
    JobList,
    JobView,
    Moment,
    PlannedJob,
    StartBigJob,
    Started,
    StartJob,
    Stopping,
)
from service.wording import START_ANEW

_START_ANSWERS = answers(408, 409, 413, 422, 429)
_Did = Literal["draining", "cancelling", "cancelled", "ended"]
router = APIRouter(prefix="/jobs", tags=["jobs"])

JobIdInPath = Annotated[UUID, Path(description="The job's id, which is also its flow run's id")]
EventCursor = Annotated[str | None, cursor_query("event-cursor")]
OlderCursor = Annotated[
    str | None, cursor_query("event-cursor", "`older` of the previous page: read the newest events before it")
]
Newest = Annotated[bool, Query(description="Read the newest events instead of the oldest")]
JobCursor = Annotated[str | None, cursor_query("job-cursor")]
PageLimit = Annotated[int, Query(ge=1, le=limits.MAX_PAGE)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=IDEMPOTENCY_KEY,
        pattern=rf"^[!-~]{{1,{limits.MAX_KEY_LENGTH}}}$",
        description=(
            "The same request with the same key returns the same job. Any other request with it, also for"
            " another kind of job, gets 409 and starts nothing"
        ),
        json_schema_extra={"examples": ["2f1e6d9c-1"]},
    ),
]


@router.post("/start", status_code=202, response_model_exclude_defaults=True, responses=_START_ANSWERS)
async def start_job(  # noqa: PLR0917  FastAPI passes them by name
    facade: Facade,
    starter: Starter,
    count: CountStart,
    body: StartJob,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> Started:
    """Start a quick or a deep job."""
    count()
    return await _start(facade, body.mode, body.parameters(), idempotency_key, response, by=starter)


@router.post("/start_big", status_code=202, response_model_exclude_defaults=True, responses=_START_ANSWERS)
async def start_big_job(  # noqa: PLR0917  FastAPI passes them by name
    facade: Facade,
    starter: Starter,
    count: CountStart,
    response: Response,
    body: Annotated[StartBigJob | None, Body()] = None,
    idempotency_key: IdempotencyKey = None,
) -> Started:
    """Start a big learning job. Without a body it runs for ten minutes and starts with the most common
    words.
    """
    count()
    return await _start(
        facade, "big", (body or StartBigJob()).parameters(), idempotency_key, response, by=starter
    )


@router.post("/estimate", responses=answers(408, 413, 422))
async def estimate_job(facade: Facade, body: PlannedJob) -> Estimate:
    """Estimate what a job would learn and cost, and what limits it.

    Does not call the language model.
    """
    return await estimating.job_estimate(facade.store, facade.settings, body.mode, body.parameters())


@router.get("", responses=answers(422))
async def read_jobs(
    facade: Facade,
    *,
    status: Annotated[list[JobStatus] | None, Query(max_length=6, description="One or more statuses")] = None,
    mode: Annotated[Mode | None, Query()] = None,
    since: Annotated[
        Moment | None, Query(description="Only jobs created at or after this time; needs a time zone")
    ] = None,
    cursor: JobCursor = None,
    limit: PageLimit = 50,
) -> JobList:
    """List all jobs, newest first, however they were started."""
    page = await facade.store.jobs(statuses=status or (), mode=mode, since=since, cursor=cursor, limit=limit)
    return JobList(
        items=tuple(_view(facade, row) for row in page.items),
        cursor=page.cursor,
        is_complete=facade.projector.is_in_contact,
    )


@router.get("/{job_id:uuid}", responses=answers(404, 422))
async def read_job(job_id: JobIdInPath, facade: Facade) -> JobView:
    """Read one job."""
    row = await find(facade, job_id)
    is_stopping = not row.is_final and await facade.store.stop_requested(job_id)
    return _view(facade, row, is_stopping=is_stopping)


@router.post("/{job_id:uuid}/cancel", status_code=202, responses=answers(404, 408, 409, 413, 422))
async def cancel_job(
    job_id: JobIdInPath, facade: Facade, body: Annotated[CancelJob | None, Body()] = None
) -> Stopping:
    """Stop a job. By default it finishes the work in flight; `{"drain": false}` stops it immediately.

    Repeating the request has no effect. If Prefect no longer knows the run, a process that may still work can
    only be drained: to stop it immediately is refused with the code `run_deleted`.
    """
    drain = (body or CancelJob()).drain
    row = await find(facade, job_id)
    did: _Did | None = None
    if row.is_final:
        raise Conflict("job_id", f"is already {row.status}", "There is nothing to stop.")
    if drain and row.status == "running" and (row.state is None or row.state.type != "PAUSED"):
        did = "draining"
    elif row.status != "cancelling":
        # a job that has not begun has nothing in flight
        try:
            await _note(facade, await facade.orchestrator.cancel_now(job_id))
        except NotFound:
            if await facade.orchestrator.knows(job_id):
                raise
            did = await _cancelled_without_run(facade, row, drain=drain)
    if did == "draining":
        await facade.store.request_stop(job_id)
        facade.relay.refresh(job_id)
    return Stopping(job_id=job_id, drain=drain, did=did or await _ended(facade, row))


@router.post("/{job_id:uuid}/retry", status_code=202, responses=answers(404, 409, 422, 429))
async def retry_job(job_id: JobIdInPath, facade: Facade, count: CountStart, response: Response) -> Started:
    """Run a failed, crashed or cancelled job again under the same id, from where it stopped.

    A job that is waiting, or that a worker took but has not started, is put back into the queue. A job that
    failed because of its own parameters (`error_code`) is refused with the code `must_fail_again`, one whose
    run Prefect no longer knows with `run_deleted`.
    """
    count()
    row = await find(facade, job_id)
    if row.status == "running":
        await facade.projector.look_at(job_id)
        row = await find(facade, job_id)
    if row.status in {"completed", "running"}:
        remedy = {
            "completed": "Start a new job; it builds on what is already known.",
            "running": "Only a job that is not running can be retried.",
        }
        verb = "is already completed" if row.status == "completed" else "is running"
        raise Conflict("job_id", verb, remedy[row.status])
    if row.must_fail_again:
        raise Conflict(
            "job_id",
            "failed because of its own parameters and would fail again",
            "Start a new job with other parameters; GET /jobs/{job_id} shows those of this one.",
            code=MUST_FAIL_AGAIN,
            params={"error_code": row.error_code, "mode": row.mode},
        )
    was_stopping = await facade.store.stop_requested(job_id)
    await facade.store.clear_stop(job_id)
    try:
        run, did = await facade.orchestrator.retry(job_id)
    except BaseException as error:
        if was_stopping:
            await facade.store.request_stop(job_id)
        if isinstance(error, NotFound) and not await facade.orchestrator.knows(job_id):
            raise run_deleted(START_ANEW) from error
        raise
    await _note(facade, run)
    response.headers["Location"] = f"/jobs/{job_id}"
    return Started(job_id=job_id, did=did)


@router.get("/{job_id:uuid}/events", responses=answers(404, 422))
async def read_events(  # noqa: PLR0917  FastAPI passes them by name
    job_id: JobIdInPath,
    facade: Facade,
    after: EventCursor = None,
    before: OlderCursor = None,
    newest: Newest = False,
    limit: PageLimit = limits.MAX_PAGE,
) -> History:
    """Read a page of a job's events, oldest first: the oldest, or the `newest`.

    `after` and `before` say between which positions; with `before` they are the newest. `cursor` is always
    set; use it to read what happens next.
    """
    begin, end = LogPosition.of(after), LogPosition.of(before) if before is not None else None
    if newest or end is not None:
        page = await page_before(facade.store, job_id, end, limit, after=begin)
    else:
        page = await page_after(facade.store, job_id, begin, limit)
    if not page.lines:
        await find(facade, job_id)
    return History(
        items=events_of(page.lines),
        cursor=page.end.cursor,
        older=page.older.cursor if page.older is not None else None,
        has_more=page.has_more,
        is_complete=facade.projector.is_in_contact,
    )


async def find(facade: AppResources, job_id: UUID) -> Job:
    """A job's row.

    Raises NotFound, or PrefectUnavailable if there is no row and Prefect cannot be asked.
    """
    row = await facade.store.job(job_id) or await facade.projector.look_up(job_id)
    if row is None:
        raise unknown_job(job_id)
    return row


def _view(facade: AppResources, row: Job, *, is_stopping: bool = False) -> JobView:
    return JobView.of(
        row,
        prefect_url=facade.orchestrator.page_of(row.job_id),
        confirmed_at=facade.projector.confirmed_at(row),
        is_stopping=is_stopping,
        now=facade.store.now(),
    )


async def _note(facade: AppResources, run: Run) -> None:
    """Update the row to match what was asked of Prefect. If the store is unavailable, the next poll
    does it.
    """
    with suppress(TransientError):
        await facade.projector.note(run)


async def _cancelled_without_run(facade: AppResources, before: Job, *, drain: bool) -> _Did:
    """Cancel a job whose run was deleted. Raises Conflict if its process may work: only Prefect could
    cancel it.
    """
    await facade.projector.cancel_deleted(before.job_id)
    if (did := await _ended(facade, before)) != "cancelling":
        return did
    if not drain:
        drain_it = 'drain it: send {"drain": true}, or run `learn cancel` without --now.'
        raise run_deleted(f"Its process may still work; {drain_it}")
    return "draining"


async def _ended(facade: AppResources, before: Job) -> _Did:
    """What became of a job that was to be cancelled: it may have no process left that could end it."""
    await facade.projector.look_at(before.job_id)
    row = await find(facade, before.job_id)
    if not row.is_final:
        return "cancelling"
    return "cancelled" if before.status == "queued" else "ended"


async def _start(
    facade: AppResources,
    mode: Mode,
    parameters: dict[str, Any],
    key: str | None,
    response: Response,
    *,
    by: StartedBy,
) -> Started:
    if parameters.get("topic"):
        await estimating.check_topic_of(parameters, facade.settings)
    count = facade.metrics.starts.labels(mode).inc
    run = await facade.orchestrator.start(mode, parameters, idempotency_key=key, by=by, on_start=count)
    await _note(facade, run)
    response.headers["Location"] = f"/jobs/{run.job_id}"
    return Started(job_id=run.job_id)
