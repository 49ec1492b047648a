"""What Prefect calls when a run has failed, crashed or been cancelled: the job row hears of it, also
without a server of ours.
"""

from __future__ import annotations

from typing import Any, cast

from prefect import Flow, State
from prefect.client.schemas.objects import FlowRun
from prefect.logging.loggers import flow_run_logger

from flows.core.ending import reason_of_end
from flows.core.status import is_told, line_of
from flows.errors import LearningError
from flows.knowledge import Job, Mode, PrefectState
from flows.settings import read_settings
from flows.stores import open_store
from flows.stores.settling import settle


async def record_end(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Write the state to the job row, if the run's process did not report its end itself."""
    settings = read_settings()
    last = PrefectState.of(state)
    try:
        async with open_store(settings.store, language=settings.language) as store:
            stored = await store.job(flow_run.id)
            seen = Job(
                job_id=flow_run.id,
                mode=cast(Mode, flow.name.removesuffix("-learning")),
                name=flow_run.name,
                parameters=flow_run.parameters,
                created_at=PrefectState.plain(flow_run.created) if flow_run.created else store.now(),
                state=last,
                reason=reason_of_end(last, None),
                confirmed_at=store.now(),
                is_settled=False,
            )
            row = (await store.project(seen, [line_of(last, 0)] if is_told(stored, last) else ())).job
            if not row.is_settled:
                await settle(store, row)
    except LearningError as error:
        # the runner, too, calls this, where there is no run to log for
        flow_run_logger(flow_run, flow).warning("Could not write the end to the job row: %s", error)
