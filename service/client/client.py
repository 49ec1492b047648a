"""LearningClient: a Python client for a running server, for scripts and notebooks."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import UUID

from service.client.calls import id_of
from service.client.http import TIMEOUT_S, Connection, url_path
from service.client.jobs import JobCalls
from service.client.knowledge import KnowledgeCalls
from service.client.results import Results
from service.schemas import Health, ScheduleList, ScheduleView

if TYPE_CHECKING:
    from service.client.sync import SyncLearningClient


class LearningClient(JobCalls, KnowledgeCalls):
    """An async client of one server: `LearningClient("http://127.0.0.1:8000")`, or by default the one at
    LEARN_URL. Use it in an `async with` block.

    `token` is LEARN_API_TOKEN by default. Every call ends within `timeout_s` seconds, and raises:

    * InvalidInput for invalid input; NotFound and Conflict are subclasses
    * AccessRefused for a missing or wrong token
    * TooMany and FacadeUnavailable, when it is worth trying again after `retry_after_s`
    * UnexpectedAnswer if the response does not come from a server of this version
    """

    def __init__(
        self, url: str | None = None, *, token: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        super().__init__(Connection(url, token=token, timeout_s=timeout_s))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @classmethod
    def sync(
        cls, url: str | None = None, *, token: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> SyncLearningClient:
        """A synchronous client, for scripts. It also works inside Jupyter's running event loop."""
        from service.client.sync import SyncLearningClient

        return SyncLearningClient(url, token=token, timeout_s=timeout_s)

    @property
    def url(self) -> str:
        """The server's URL."""
        return self._connection.url

    async def close(self) -> None:
        """Close all connections."""
        await self._connection.close()

    async def health(self) -> Health:
        """Whether the server, its store and Prefect are up."""
        return await self._connection.ask(Health, "GET", "/health/ready")

    async def schedules(self) -> Results[ScheduleView]:
        """List the schedules."""
        return Results((await self._connection.ask(ScheduleList, "GET", "/schedules")).items)

    async def pause_schedule(self, schedule_id: UUID | str) -> ScheduleView:
        """Pause a schedule."""
        return await self._connection.ask(
            ScheduleView, "POST", url_path("schedules", id_of(schedule_id, "schedule_id"), "pause")
        )

    async def resume_schedule(self, schedule_id: UUID | str) -> ScheduleView:
        """Resume a schedule."""
        return await self._connection.ask(
            ScheduleView, "POST", url_path("schedules", id_of(schedule_id, "schedule_id"), "resume")
        )
