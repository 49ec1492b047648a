"""What a job reads from Prefect about its own flow run, and writes to it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from prefect import State
from prefect.client.orchestration import get_client


class PrefectRun:
    """The flow run of a job, as Prefect's server has it. Raises what Prefect's client raises."""

    def __init__(self, job_id: UUID) -> None:
        self._job_id = job_id

    async def state(self) -> State[Any] | None:
        """The state that the server has."""
        async with get_client() as client:
            return (await client.read_flow_run(self._job_id)).state

    async def tag(self, tags: Collection[str]) -> None:
        """Add the tags that are missing."""
        async with get_client() as client:
            run = await client.read_flow_run(self._job_id)
            if not set(tags) <= set(run.tags):
                await client.update_flow_run(self._job_id, tags=sorted({*run.tags, *tags}))
