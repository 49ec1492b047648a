"""Starts runs of our deployments, one for each idempotency key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

import httpx
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from flows.errors import ConfigurationError, InvalidInput
from flows.knowledge import Mode, StartedBy
from flows.knowledge.events import starter_tag
from service.errors import IDEMPOTENCY_KEY, Conflict, NotFound, PrefectUnavailable
from service.orchestration.client import PrefectApi
from service.orchestration.flows import OurFlows, flow_name
from service.orchestration.reading import RunReader
from service.orchestration.types import Run, given_labels

REQUEST = "learning.request"
"""The context of a run holds the id of the request that made it under this name."""


class Starts:
    """Starts runs, for each key one after the other.

    Prefect keeps a key once per flow; here it belongs to one request of any kind. The oldest run under a key
    is the one that counts. The others are cancelled at once, or with the next request under the key.
    `cancel` cancels a run.
    """

    def __init__(
        self, reader: RunReader, api: PrefectApi, flows: OurFlows, cancel: Callable[[UUID], Awaitable[object]]
    ) -> None:
        self._reader = reader
        self._api = api
        self._flows = flows
        self._cancel = cancel
        self._deployment_ids: dict[Mode, UUID] = {}
        self._starting = asyncio.Lock()
        """Prefect on SQLite takes one write at a time."""
        self._of_key: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """The lock of each key, for as long as somebody holds it or waits for it."""

    async def start(
        self,
        mode: Mode,
        parameters: Mapping[str, Any],
        *,
        idempotency_key: str | None,
        by: StartedBy,
        on_start: Callable[[], None],
    ) -> Run:
        """Start a run, or return the run that the same request started under this key.

        Calls `on_start` as soon as Prefect has made a run for this call, whatever fails afterwards.

        Raises Conflict, InvalidInput, ConfigurationError.
        """
        given = {name: value for name, value in parameters.items() if value is not None}
        if idempotency_key is None:
            return await self._create(mode, given, f"start {uuid4()}", by, on_start)
        async with self._of_key.setdefault(idempotency_key, asyncio.Lock()):
            earlier = await self._reader.runs_of_key(idempotency_key)
            if earlier:
                known = earlier
            else:
                run = await self._create(mode, given, idempotency_key, by, on_start)
                # another server may have started one of another kind under the key meanwhile
                known = await self._reader.runs_of_key(idempotency_key) or [run]
            await self._withdraw(known[1:])
            await self._check_same(known[0], mode, given)
            return known[0]

    async def _withdraw(self, runs: Sequence[Run]) -> None:
        for run in runs:
            if not run.state.is_final:
                with suppress(NotFound):
                    await self._cancel(run.job_id)

    async def _check_same(self, run: Run, mode: Mode, given: Mapping[str, Any]) -> None:
        if run.mode != mode:
            raise _used(run, f", a {run.mode} job")
        if run.given == given:
            return
        defaults = await self._defaults(mode)
        first, second = {**defaults, **run.given}, {**defaults, **given}
        different = [name for name in first | second if first.get(name) != second.get(name)]
        if different:
            names = ", ".join(f"`{name}`" for name in different)
            raise _used(run, f" with a different {names}")

    async def _defaults(self, mode: Mode) -> dict[str, Any]:
        """The values of a deployment's parameters that are not given: its own, or else its flow's."""
        try:
            deployment = await self._api.ask(
                lambda client: client.read_deployment_by_name(f"{flow_name(mode)}/{mode}")
            )
        except ObjectNotFound:
            return {}
        properties = (deployment.parameter_openapi_schema or {}).get("properties", {})
        return {name: about.get("default") for name, about in properties.items()} | deployment.parameters

    async def _deployment_id(self, mode: Mode) -> UUID:
        if mode not in self._deployment_ids:
            deployment = await self._api.ask(
                lambda client: client.read_deployment_by_name(f"{flow_name(mode)}/{mode}")
            )
            self._deployment_ids[mode] = deployment.id
            self._flows.note(deployment.flow_id, mode)
        return self._deployment_ids[mode]

    async def _create(
        self, mode: Mode, given: Mapping[str, Any], key: str, by: StartedBy, on_start: Callable[[], None]
    ) -> Run:
        request = str(uuid4())
        try:
            deployment_id = await self._deployment_id(mode)
            async with self._starting:
                run = await self._api.ask(
                    lambda client: client.create_flow_run_from_deployment(
                        deployment_id,
                        parameters=dict(given),
                        context={REQUEST: request},
                        idempotency_key=key,
                        tags=[starter_tag(by)],
                        labels=dict(given_labels(given)),
                    )
                )
        except ObjectNotFound as error:
            raise _missing(mode) from error
        except PrefectHTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                self._deployment_ids.pop(mode, None)
                raise _missing(mode) from error
            if error.response.status_code in {400, 409, 422}:
                raise InvalidInput("parameters", _detail(error), "See `learn start --help`.") from error
            raise
        # Prefect's answer looks the same if it had the run already, from another server
        if run.context.get(REQUEST) == request:
            on_start()
        found = await self._reader.known(run)
        if found is None:
            raise PrefectUnavailable(f"Prefect started run {run.id} but does not report its flow")
        return found


def _used(run: Run, about: str) -> Conflict:
    return Conflict(
        IDEMPOTENCY_KEY,
        f"already started job {run.job_id}{about}",
        "Use a new key for a new job.",
    )


def _missing(mode: Mode) -> ConfigurationError:
    return ConfigurationError(
        f"Prefect has no deployment {mode!r}. Create it with `learn up` or `prefect deploy --all`."
    )


def _detail(error: PrefectHTTPStatusError) -> str:
    try:
        detail = error.response.json().get("detail") or error.response.json().get("exception_detail")
    except ValueError:
        detail = None
    return str(detail or error).strip().rstrip(".")
